/* What the whole page knows: the server's status, sandboxes, what is on, the vocabulary. Views listen to its events. */

import { get } from "./api.js";

const EVERY_MS = 3000;
const SOON_MS = 250;
/** While much happens, counters move so often: each time costs four calls. */
const BUSY_MS = 1000;

class Store extends EventTarget {
  status = null;
  sandboxes = [];
  active = [];
  clock = null;
  /** `up`, `down`, `locked` (a token is needed), `gone` (no such sandbox), `waiting`. */
  state = "waiting";
  trouble = "";
  #clockAt = 0;
  #timer = 0;
  #soon = 0;
  #asked = -Infinity;
  #cache = new Map();
  #running = null;

  start() {
    this.refresh();
    this.#timer = setInterval(() => document.hidden || this.refresh(), EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
  }

  /** Now, in milliseconds, by the sandbox's clock. */
  now() {
    if (!this.clock) return Date.now();
    return Date.parse(this.clock.time) + (performance.now() - this.#clockAt) * this.clock.rate;
  }

  /** Ask anew shortly: something happened that moves counters. Calls in a burst become one. */
  soon() {
    this.#soon ||= setTimeout(() => {
      this.#soon = 0;
      if (!document.hidden) this.refresh();
    }, Math.max(SOON_MS, this.#asked + BUSY_MS - performance.now()));
  }

  refresh() {
    // One at a time: an answer that is late must not overtake a newer one.
    this.#running ??= this.#refresh().finally(() => (this.#running = null));
    return this.#running;
  }

  async #refresh() {
    this.#asked = performance.now();
    try {
      const [status, active, clock, sandboxes] = await Promise.all([
        get("/status"), get("/active"), get("/clock"), get("/sandboxes"),
      ]);
      this.#clockAt = performance.now();
      Object.assign(this, { status, active, clock, sandboxes: sandboxes.data, state: "up", trouble: "" });
    } catch (error) {
      this.trouble = error.message;
      this.state = STATES[error.code] ?? (error.status === 404 ? "gone" : "down");
    }
    this.dispatchEvent(new Event("change"));
  }

  /** An answer that does not change while the server runs, such as `/faults`. */
  async known(path) {
    if (!this.#cache.has(path)) {
      const asked = get(path);
      this.#cache.set(path, asked);
      asked.catch(() => this.#cache.delete(path));
    }
    return this.#cache.get(path);
  }
}

const STATES = { control_token_required: "locked", unreachable: "down" };

export const store = new Store();
