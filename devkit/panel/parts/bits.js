/* Small things that many views are made of. */

import { fill, h, icon } from "../core/dom.js";
import { toast } from "./toast.js";

/** Copies what `value` gives (a text, or a promise of one). */
export function copyButton(label, value, options = {}) {
  const button = h("button", { type: "button", class: options.class ?? "small", "aria-label": options.name }, label);
  button.addEventListener("click", () => copy(value));
  return button;
}

export async function copy(value, told = "Copied") {
  try {
    const wanted = await (typeof value === "function" ? value() : value);
    await navigator.clipboard.writeText(wanted);
    toast(told, "good");
  } catch (error) {
    toast(error.told ?? `Could not be copied: ${error.message}`, "bad");
  }
}

/** A field with its label above it, a hint below. */
export function field(label, control, { hint, wide = false } = {}) {
  const id = control.id || `field-${(field.count = (field.count ?? 0) + 1)}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: wide ? "field wide" : "field" },
    h("label", { htmlFor: id }, label),
    control,
    hint ? h("span", { class: "hint", id: `${id}-hint` }, hint) : null,
  );
}

export function searchBox(label, input) {
  const box = h("input", { type: "search", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: false });
  box.addEventListener("input", () => input(box.value));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (box.value) {
      box.value = "";
      input("");
    } else box.blur();
  });
  return { box, node: h("div", { class: "search" }, icon("search"), box) };
}

export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

export const empty = (title, ...more) => h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), more);

export const pairs = (entries) =>
  h(
    "dl",
    { class: "pairs" },
    entries.filter(Boolean).map(([label, ...values]) => h("div", {}, h("dt", {}, label), h("dd", {}, values))),
  );

/** A text as paragraphs: lines are joined, empty ones part, `backticks` are code. */
export const prose = (text) =>
  text.trim().split(/\n\s*\n/).map((paragraph) => h("p", { class: "prose" }, withCode(paragraph.replace(/\s*\n\s*/g, " "))));

export const withCode = (text) => text.split("`").map((part, at) => (at % 2 ? h("code", {}, part) : part));

/** Something to be opened, made only once somebody opens it. `make` may be waited for. */
export function later(summary, make, { kind = "", open = false } = {}) {
  const content = h("div", { class: "part inner" });
  const more = h("details", { class: kind }, h("summary", {}, summary), content);
  more.addEventListener("toggle", async () => more.open && !content.firstChild && fill(content, await make()));
  more.open = open;
  return more;
}

/** A line that only screen readers are told. */
export const hidden = (text) => h("span", { class: "visually-hidden" }, text);

export function statusClass(status) {
  if (status >= 500) return "s5";
  if (status >= 400) return "s4";
  if (status >= 300) return "s3";
  return "s2";
}
