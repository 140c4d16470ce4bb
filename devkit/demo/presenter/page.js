/** The page for a second screen: large, without anything to press but the light, and never in need of a reload. */

import { h, keyed, say } from "../views/dom.js";
import { Watch } from "./watch.js";

const STATES = {
  connecting: "Connecting …",
  live: "Live",
  waiting: "The backend does not answer. Waiting for it …",
  locked: "This server wants a token: open this page on the machine that it runs on.",
};
const DIRECTIONS = { open: "opened", close: "closed", refused: "refused", struck: "struck", lost: "lost a frame" };
/** What the journal has where an answer did not arrive. */
const UNANSWERED = 499;
const SCHEME = "devkit-demo-scheme";

const place = (id) => document.getElementById(id);
const watch = new Watch();
watch.addEventListener("change", show);
show();
watch.start();
setInterval(show, 1000);

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (localStorage.getItem(SCHEME) ?? (dark.matches ? "dark" : "light")) === "dark";
function light() {
  document.documentElement.style.colorScheme = localStorage.getItem(SCHEME) ?? "";
  say(place("scheme"), isDark() ? "Light" : "Dark");
}
place("scheme").addEventListener("click", () => {
  localStorage.setItem(SCHEME, isDark() ? "light" : "dark");
  light();
});
dark.addEventListener("change", light);
light();

function show() {
  const { state, active, entries } = watch;
  place("pulse").dataset.state = state === "locked" ? "lost" : state;
  say(place("pulse"), STATES[state]);
  place("nothing").hidden = state === "connecting" || active.length > 0;
  keyed(place("on"), active, ({ name, since }) => `${name} ${since}`, made, tell);
  place("quiet").hidden = entries.length > 0;
  keyed(place("asked"), entries, ({ number, at }) => `${number} ${at}`, lineOf, () => {});
}

function made({ name, title }) {
  return h("li", {}, h("strong", {}, title || name), h("p", {}, h("code", {}, name), " ", h("span", { class: "struck", "aria-live": "off" })));
}

function tell(element, { rules, until }) {
  const times = rules.reduce((sum, { struck }) => sum + struck, 0);
  const rest = until ? Math.max(0, Math.ceil((Date.parse(until) - Date.now()) / 1000)) : null;
  const left = rest === null ? "" : `, ${rest} s more at the most`;
  say(element.querySelector(".struck"), `${times ? `struck ${times === 1 ? "once" : `${times} times`}` : "not struck yet"}${left}`);
}

function lineOf(entry) {
  const { what, said, bad } = told(entry);
  return h(
    "li",
    { class: entry.faults.length ? "struck" : "" },
    h("time", { datetime: entry.at }, new Date(entry.at).toLocaleTimeString(undefined, { hour12: false })),
    h("code", {}, what),
    h("strong", { class: bad ? "bad" : "" }, said),
    entry.faults.length ? h("p", { class: "faults" }, struckBy(entry.faults), entry.repeats ? " (repeated by the browser itself)" : "") : null,
  );
}

/** `maintenance: http.maintenance`, each scenario with its kinds. */
function struckBy(faults) {
  const kinds = new Map();
  for (const { rule, kind } of faults) {
    const [scenario] = rule.split("/");
    kinds.set(scenario, new Set([...(kinds.get(scenario) ?? []), kind]));
  }
  return [...kinds].map(([scenario, found]) => `${scenario}: ${[...found].join(", ")}`).join(" · ");
}

function told(entry) {
  if (entry.type === "request") {
    return { what: `${entry.method} ${entry.path}`, said: entry.status === UNANSWERED ? "no answer" : String(entry.status), bad: entry.status >= 400 };
  }
  if (entry.type === "mail") return { what: `Mail to ${entry.to}: ${entry.subject}`, said: "sent", bad: false };
  const word = DIRECTIONS[entry.direction] ?? `${entry.direction}: ${entry.frame ?? "a frame"}`;
  return { what: `WebSocket ${word}`, said: entry.code ? String(entry.code) : "", bad: entry.direction === "refused" };
}
