/* The panel put together: header, views, keys. */

import { keepToken, namedSandbox, onSandbox } from "./core/api.js";
import { NARROW, fill, h, icon, text } from "./core/dom.js";
import { dateTime, plural } from "./core/format.js";
import { onKey } from "./core/keys.js";
import { address, go, route, switchSandbox } from "./core/router.js";
import { store } from "./core/store.js";
import { openPalette } from "./palette.js";
import { showKeys } from "./parts/dialogs.js";
import "./contract/view.js";
import "./drills/view.js";
import "./overview/view.js";
import "./scenarios/view.js";
import "./state/view.js";
import "./traffic/view.js";
import "./verify/view.js";
import { journal } from "./traffic/journal.js";

const VIEWS = [
  ["overview", "Overview", "dk-overview"],
  ["scenarios", "Scenarios", "dk-scenarios"],
  ["traffic", "Traffic", "dk-traffic"],
  ["state", "State", "dk-state"],
  ["contract", "Reference", "dk-contract"],
  ["drills", "Drills", "dk-drills"],
  ["verify", "Verify", "dk-verify"],
];
const byId = (id) => document.getElementById(id);
const main = byId("main");
const made = new Map();

function drawNavigation() {
  fill(byId("views"), VIEWS.map(([id, label], at) => h("a", { href: address(id), data: { view: id }, title: `${label} (${at + 1})` }, icon(id), h("span", {}, label))));
}

async function drawView() {
  const found = route();
  const [id, label, tag] = VIEWS.find(([known]) => known === found.view) ?? VIEWS[0];
  // A view keeps what was typed and scrolled while another one is looked at.
  if (!made.has(id)) made.set(id, document.createElement(tag));
  const view = made.get(id);
  if (main.firstElementChild !== view) main.replaceChildren(view);
  main.dataset.view = id;
  document.title = `${label} · devkit`;
  text(byId("title"), label);
  for (const link of byId("views").children) {
    if (link.dataset.view === id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    await view.show?.(found);
  } catch (error) {
    if (!error.code) throw error;
  }
}

const WORDS = { up: "Live", waiting: "Asking…", locked: "Locked", gone: "No such sandbox", down: "No answer" };

function drawHeader() {
  const pulse = byId("pulse");
  pulse.dataset.state = store.state;
  text(pulse, WORDS[store.state]);
  byId("token-form").hidden = store.state !== "locked";
  byId("gone").hidden = store.state !== "gone";
  // A cookie may have named it.
  byId("gone-name").textContent = namedSandbox() ?? /'(.+?)'/.exec(store.trouble)?.[1] ?? "";
  const on = store.active.length;
  byId("breaking").hidden = !on;
  text(byId("breaking-text"), NARROW.matches ? `${on} on` : on === 1 ? store.active[0].name : plural(on, "scenario"));
  const { clock } = store;
  const turned = clock && (clock.frozen || clock.rate !== 1 || Math.abs(clock.offset) > 1000);
  byId("clock").hidden = !turned;
  if (turned) text(byId("clock-text"), `${dateTime(store.now())}${clock.frozen ? " frozen" : clock.rate === 1 ? "" : ` × ${clock.rate}`}`);
  drawSandboxes();
}

function drawSandboxes() {
  const select = byId("sandbox");
  const ids = store.sandboxes.map((sandbox) => sandbox.id);
  const current = store.state === "gone" ? namedSandbox() : store.status?.sandbox;
  if (!current || document.activeElement === select) return;
  const wanted = ids.includes(current) ? ids : [current, ...ids];
  const key = `${current} ${wanted.join()}`;
  if (select.dataset.key === key) return;
  select.dataset.key = key;
  fill(select, wanted.map((id) => h("option", { value: id, selected: id === current }, id)));
}

function keys() {
  VIEWS.forEach(([id, label], at) => onKey(String(at + 1), label, () => go(id), "Views"));
  onKey("?", "These keys", showKeys);
  onKey("t", "Light or dark", () => window.devkitTheme.toggle());
  onKey("m", "Mailbox", () => go("state", "mail"), "Views");
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      openPalette();
    }
  });
}

byId("sandbox").addEventListener("change", (event) => switchSandbox(event.target.value));
byId("theme").addEventListener("click", () => window.devkitTheme.toggle());
byId("help").addEventListener("click", () => showKeys());
byId("commands").addEventListener("click", () => openPalette());
byId("to-main").addEventListener("click", () => switchSandbox("main"));
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(byId("token").value.trim());
  location.reload();
});
window.addEventListener("hashchange", drawView);
for (const link of document.querySelectorAll("a[data-page]")) link.href = onSandbox(link.getAttribute("href"));
for (const name of ["theme", "help"]) byId(name).prepend(icon(name === "theme" ? "sun" : "search"));
byId("help").replaceChildren("?");
byId("breaking").prepend(icon("scenarios"));
byId("clock").prepend(icon("clock"));

drawNavigation();
keys();
store.addEventListener("change", drawHeader);
NARROW.addEventListener("change", drawHeader);
store.start();
journal.start();
drawView();
