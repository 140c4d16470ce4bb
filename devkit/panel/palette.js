/* All commands in one list: Ctrl K, some letters, Enter. */

import { get, post } from "./core/api.js";
import { fill, h } from "./core/dom.js";
import { go, switchSandbox } from "./core/router.js";
import { store } from "./core/store.js";
import { show, showKeys } from "./parts/dialogs.js";
import { act } from "./parts/toast.js";
import { allOff, switchOff, switchOn } from "./scenarios/active.js";
import { resetSandbox } from "./state/snapshots.js";
import { journal } from "./traffic/journal.js";

const SHOWN = 60;
let scenarios = [];

export async function openPalette() {
  if (document.querySelector("dialog[open]")) return;
  const input = h("input", { type: "text", placeholder: "What shall happen?", "aria-label": "Command", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", autocomplete: "off", spellcheck: false });
  const list = h("ul", { id: "palette-list", role: "listbox", "aria-label": "Commands" });
  const dialog = show(h("dialog", { class: "dialog palette", "aria-label": "Commands" }, input, list));
  let commands = all();
  let found = commands;
  let at = 0;
  const draw = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = commands.filter(({ label, kind }) => words.every((word) => `${kind} ${label}`.toLowerCase().includes(word))).slice(0, SHOWN);
    at = Math.min(at, Math.max(0, found.length - 1));
    fill(list, found.map((command, index) =>
      h("li", { role: "option", id: `command-${index}`, "aria-selected": String(index === at), on: { click: () => run(command) } }, h("span", {}, command.label), h("span", { class: "soft" }, command.kind))),
      found.length ? null : h("li", { role: "option", "aria-selected": "false", "aria-disabled": "true", class: "soft" }, "Nothing fits."));
    if (found.length) input.setAttribute("aria-activedescendant", `command-${at}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const run = (command) => {
    dialog.close();
    command.run();
  };
  input.addEventListener("input", () => {
    at = 0;
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      at = (at + step + found.length) % Math.max(1, found.length);
      draw();
    } else if (event.key === "Enter" && found[at]) {
      event.preventDefault();
      run(found[at]);
    }
  });
  draw();
  try {
    scenarios = (await get("/scenarios")).data;
    commands = all();
    draw();
  } catch (error) {
    if (!error.code) throw error;
  }
}

function all() {
  const on = new Set(store.active.map((active) => active.name));
  const does = (label, kind, work, done) => ({ label, kind, run: () => act(null, work, done).then(() => store.refresh()) });
  return [
    ...[["overview", "Overview"], ["scenarios", "Scenarios"], ["traffic", "Traffic"], ["state", "State"], ["contract", "Reference"], ["drills", "Drills"], ["verify", "Verify"]].map(([view, label]) => ({ label, kind: "Go to", run: () => go(view) })),
    ...[["mail", "Mailbox"], ["users", "Users & sessions"], ["connections", "Connections"], ["clock", "Clock"], ["uploads", "Uploads"], ["tasks", "Tasks"], ["sandboxes", "Sandboxes"], ["snapshots", "Snapshots"]].map(([card, label]) => ({ label, kind: "Go to", run: () => go("state", card) })),
    { label: "Compose a scenario", kind: "Do", run: () => go("scenarios", "new") },
    ...(on.size ? [does("Switch all scenarios off", "Do", allOff, "Everything is off")] : []),
    ...store.active.map(({ name, title }) => does(`Switch off: ${title || name}`, "Scenario", () => switchOff(name), `${name} is off`)),
    ...scenarios.filter(({ name }) => !on.has(name)).map(({ name, title }) => does(`Switch on: ${title || name}`, "Scenario", () => switchOn(name), `${name} is on`)),
    ...["1m", "5m", "1h", "1d"].map((by) => does(`Turn the clock ${by} forward`, "Clock", () => post("/clock/advance", { by }), `The clock is ${by} further`)),
    does(store.clock?.frozen ? "Let the clock go on" : "Freeze the clock", "Clock", () => post(store.clock?.frozen ? "/clock/run" : "/clock/freeze")),
    does("Set the clock to the machine's time", "Clock", () => post("/clock/reset")),
    ...store.sandboxes.filter(({ id }) => id !== store.status?.sandbox).map(({ id }) => ({ label: id, kind: "Sandbox", run: () => switchSandbox(id) })),
    { label: journal.paused ? "Let the traffic go on" : "Pause the traffic", kind: "Do", run: () => journal.pause(!journal.paused) },
    { label: "Reset the sandbox to its seed…", kind: "Do", run: () => resetSandbox(null) },
    { label: "Light or dark", kind: "Do", run: () => window.devkitTheme.toggle() },
    { label: "Show the keys", kind: "Do", run: () => showKeys() },
  ];
}
