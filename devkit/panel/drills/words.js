/* What verdicts are called, and their colours. */

export const VERDICTS = {
  passed: { label: "passed", tone: "good" },
  failed: { label: "failed", tone: "bad" },
  inconclusive: { label: "inconclusive", tone: "warn" },
  running: { label: "under way", tone: "accent" },
};

/** A drill in a word: its state while it runs, its verdict afterwards. */
export function stateOf({ state, verdict }) {
  const key = state === "running" ? "running" : verdict;
  return VERDICTS[key]?.label ?? key.replaceAll("_", " ");
}
