/* What all views and cards are: an element that builds itself once, asks anew while it is seen, and cleans up. */

import { toast } from "../parts/toast.js";
import { onKey } from "./keys.js";
import { store } from "./store.js";

export class View extends HTMLElement {
  /** Milliseconds between two calls of `refresh` while the page is seen; 0: only when asked. */
  static every = 2500;
  #undo = [];
  #built = false;
  #trouble = "";

  connectedCallback() {
    if (!this.#built) this.build();
    this.#built = true;
    this.enter?.();
    this.again();
    if (this.constructor.every) {
      const timer = setInterval(() => document.hidden || this.again(), this.constructor.every);
      this.later(() => clearInterval(timer));
    }
  }

  disconnectedCallback() {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Call `undo` when the view is left. */
  later(undo) {
    this.#undo.push(undo);
  }

  key(key, label, action, group) {
    this.later(onKey(key, label, action, group));
  }

  listen(target, type, listener) {
    target.addEventListener(type, listener);
    this.later(() => target.removeEventListener(type, listener));
  }

  /** `refresh`, with what goes wrong told once; that nobody answers is told by the page's header. */
  async again() {
    try {
      await this.refresh?.();
      this.#trouble = "";
    } catch (error) {
      if (error.name === "AbortError" || ["unreachable", "control_token_required"].includes(error.code)) return;
      if (!error.code) throw error;
      if (this.#trouble !== error.message && store.state !== "gone") toast(error.told ?? error.message, "bad");
      this.#trouble = error.message;
    }
  }

  build() {}
}
