/* Short messages at the edge of the page; told to screen readers, gone after a while. */

import { h } from "../core/dom.js";

const STAYS_MS = 5000;

/** `kind`: `good`, `bad` or nothing. */
export function toast(message, kind = "") {
  const place = document.getElementById("toasts");
  const node = h("p", { class: `toast ${kind}` }, message);
  place.append(node);
  while (place.children.length > 4) place.firstChild.remove();
  setTimeout(() => node.remove(), kind === "bad" ? STAYS_MS * 2 : STAYS_MS);
}

/** Do something that a button stands for: the button rests meanwhile, and what goes wrong is told. */
export async function act(button, work, done) {
  if (button?.getAttribute("aria-busy")) return undefined;
  button?.setAttribute("aria-busy", "true");
  try {
    const result = await work();
    if (done) toast(typeof done === "function" ? done(result) : done, "good");
    return result;
  } catch (error) {
    if (!error.code) throw error;
    toast(error.told ?? error.message, "bad");
    return undefined;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}
