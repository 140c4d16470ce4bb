/**
 * Forms that are sent by `send(values, key)`. While one is under way the form is busy, and sending it again does nothing;
 * `key` stays the same until it succeeded or was changed, so that a second try by hand is known as the same write. What was
 * typed stays where it is when it fails. `doing` says what did not happen, `uncertain` what to do where nobody knows.
 */

import { virtues } from "../virtues.js";
import { wordsFor } from "../words.js";
import { h, notice } from "./dom.js";

export function formOf({ fields, button, doing, send, label, uncertain = doing, clear = false }) {
  const said = h("div", { class: "said", role: "alert" });
  const submit = h("button", { class: "primary" }, button);
  const form = h("form", { novalidate: true, "aria-label": label }, fields, said, submit);
  let busy = false;
  let key = crypto.randomUUID();
  form.addEventListener("input", () => (key = crypto.randomUUID()));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy && virtues.has("one-submit")) return;
    const missing = [...form.elements].find((element) => element.required && !element.value.trim());
    if (missing) {
      mark(form, { [missing.name]: "Please fill this in." });
      missing.focus();
      return;
    }
    busy = true;
    mark(form, {});
    if (virtues.has("one-submit")) submit.setAttribute("aria-disabled", "true");
    submit.classList.add("busy");
    said.replaceChildren();
    try {
      await send(Object.fromEntries(new FormData(form)), virtues.has("one-submit") ? key : crypto.randomUUID());
      key = crypto.randomUUID();
      if (clear) form.reset();
    } catch (failure) {
      mark(form, failure.fields ?? {});
      said.replaceChildren(notice(wordsFor(failure, failure.mayHaveHappened ? uncertain : doing)));
    } finally {
      busy = false;
      submit.removeAttribute("aria-disabled");
      submit.classList.remove("busy");
    }
  });
  return form;
}

let count = 0;

/** A labelled input with a place for what is wrong with it. */
export function field(name, label, { hint = "", ...attributes } = {}) {
  const id = `field-${++count}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("input", { id, name, "aria-describedby": `${id}-said`, ...attributes }),
    h("p", { class: "fine", id: `${id}-said`, "data-for": name, "data-hint": hint }, hint),
  );
}

function mark(form, problems) {
  for (const said of form.querySelectorAll("[data-for]")) {
    const problem = problems[said.dataset.for];
    said.textContent = typeof problem === "string" ? problem : said.dataset.hint;
    said.classList.toggle("wrong", Boolean(problem));
    const input = form.elements[said.dataset.for];
    if (problem) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
}
