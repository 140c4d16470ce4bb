/* The scenario that is being written: kept for this tab, so that a reload loses nothing. */

const KEY = "devkit-draft";

export function keepDraft(scenario) {
  sessionStorage.setItem(KEY, JSON.stringify(scenario));
}

export function keptDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function dropDraft() {
  sessionStorage.removeItem(KEY);
}

export const fresh = () => ({
  name: "my-scenario",
  title: "What goes wrong",
  rules: [{ id: "break", match: { operation: ["tasks.list"] }, when: { times: 3 }, fault: { type: "http.abort", status: 503 } }],
});
