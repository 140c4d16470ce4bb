/* The overview: status, credentials, reset. */

import { call, keepToken, onSandbox } from "./api.js";
import { clearMailbox, showMailbox } from "./mailbox.js";

const EVERY_MS = 4000;
const byId = (id) => document.getElementById(id);
const shown = new Map();

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}

/** Fill a description list, and leave it alone while it would stay the same: focus and selection survive. */
function fill(list, pairs, copyable) {
  const key = JSON.stringify(pairs);
  if (shown.get(list) === key) return;
  shown.set(list, key);
  list.replaceChildren(
    ...pairs.map(([label, value]) => {
      const row = element("div", "");
      const detail = element("dd", "");
      detail.append(element(list.className === "figures" ? "span" : "code", String(value)));
      row.append(element("dt", label), detail);
      if (copyable) {
        const button = element("button", "Copy", { className: "small" });
        button.setAttribute("aria-label", `Copy: ${label}`);
        button.addEventListener("click", () => copy(value, button));
        const cell = element("dd", "");
        cell.append(button);
        row.append(cell);
      }
      return row;
    }),
  );
}

export async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy by hand";
  }
  setTimeout(() => (button.textContent = label), 1500);
}

function uptime(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function pulse(state, text) {
  const line = byId("pulse");
  line.dataset.state = state;
  if (line.textContent !== text) line.textContent = text;
}

function showStatus(status) {
  pulse("up", `Live · ${status.sandbox} · devkit ${status.version}`);
  byId("token-form").hidden = true;
  byId("stale").hidden = !status.seed.stale;
  byId("url").textContent = status.url || location.origin;
  const names = { users: "Users", tasks: "Tasks", uploads: "Uploads", sockets: "Sockets", mails: "Mails", journal: "Journal" };
  fill(byId("figures"), Object.entries(names).map(([name, label]) => [label, status.counts[name].toLocaleString("en")]));
  const { email, password } = status.test_user;
  const key = status.api_key ? [["API key", status.api_key]] : [];
  fill(byId("credentials"), [["Email", email], ["Password", password], ...key], true);
  fill(byId("server"), [
    ["Dialects", status.dialects.join(", ")],
    ["Database", status.database],
    ["Seed", `${status.seed.number}${status.seed.stale ? " (changed since)" : ""}`],
    ["Running", `${uptime(status.uptime_seconds)}, process ${status.pid}`],
  ]);
}

async function refresh() {
  try {
    const [status, mails] = await Promise.all([call("GET", "/status"), call("GET", "/mail?limit=50")]);
    showStatus(status);
    showMailbox(mails);
  } catch (error) {
    if (error.code === "control_token_required") {
      pulse("waiting", "Locked");
      byId("token-form").hidden = false;
    } else {
      pulse("down", error.message);
    }
  }
}

async function reset() {
  const button = byId("reset");
  button.disabled = true;
  byId("reset-said").textContent = "Resetting…";
  try {
    const done = await call("POST", "/reset");
    byId("reset-said").textContent = `Reset in ${done.seconds.toFixed(2)} s.`;
  } catch (error) {
    byId("reset-said").textContent = error.message;
  }
  button.disabled = false;
  button.focus();
  await refresh();
}

byId("reset").addEventListener("click", () => byId("confirm").showModal());
byId("confirm-no").addEventListener("click", () => byId("confirm").close());
byId("confirm-yes").addEventListener("click", () => {
  byId("confirm").close();
  reset();
});
byId("mail-clear").addEventListener("click", async () => {
  await clearMailbox();
  await refresh();
});
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(byId("token").value.trim());
  refresh();
});
document.querySelector("[data-copy=url]").addEventListener("click", (event) => copy(byId("url").textContent, event.target));
for (const link of document.querySelectorAll("a[data-page]")) link.href = onSandbox(link.getAttribute("href"));
document.addEventListener("visibilitychange", () => document.hidden || refresh());

refresh();
setInterval(() => document.hidden || refresh(), EVERY_MS);
