/* Dialogs: ask before something is lost, and show what the keys do. */

import { fill, h } from "../core/dom.js";
import { groups } from "../core/keys.js";

/** True where the person agrees. */
export function confirmed({ title, body, yes, danger = true }) {
  return new Promise((resolve) => {
    const done = (answer) => () => {
      resolve(answer);
      dialog.close();
    };
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title" },
      h("h2", { id: "dialog-title" }, title),
      h("p", {}, body),
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", autofocus: true, on: { click: done(false) } }, "Cancel"),
        h("button", { type: "button", class: danger ? "danger" : "primary", on: { click: done(true) } }, yes),
      ),
    );
    show(dialog, () => resolve(false));
  });
}

export function showKeys() {
  const body = h("div", { class: "keys" });
  fill(
    body,
    [...groups()].map(([group, entries]) => [
      h("h3", {}, group),
      h(
        "dl",
        {},
        entries.map((entry) => h("div", {}, h("dt", {}, h("kbd", {}, shown(entry.key))), h("dd", {}, entry.label))),
      ),
    ]),
    h("h3", {}, "In lists"),
    h(
      "dl",
      {},
      [["↑ ↓", "Move"], ["Enter", "Open"], ["Esc", "Close, or leave a field"], ["Ctrl K", "All commands"]].map(
        ([key, label]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, label)),
      ),
    ),
  );
  const close = h("button", { type: "button", autofocus: true }, "Close");
  const dialog = h(
    "dialog",
    { class: "dialog wide", "aria-labelledby": "dialog-title" },
    h("h2", { id: "dialog-title" }, "Keys"),
    body,
    h("div", { class: "row end" }, close),
  );
  close.addEventListener("click", () => dialog.close());
  show(dialog);
}

export function show(dialog, closed = () => {}) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
  });
  // A click beside it closes it, as Escape does.
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const shown = (key) => (key === " " ? "Space" : key);
