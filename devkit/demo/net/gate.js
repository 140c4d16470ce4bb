/**
 * One gate that all calls go through. It closes for everybody when the backend says when to come back (`Retry-After` of a
 * 429 or a 503), or when nobody answers at all; so a page with ten things to ask makes one attempt, not ten.
 *
 * Closed because nobody answers, it opens for one call at a time: if that one gets through, the gate opens for all; if not,
 * it stays closed for longer. Where no call waits, `probe` asks.
 *
 * Tells `change` whenever it opens, closes, or closes for longer.
 */

import { growing, sleep } from "./waiting.js";

/** Milliseconds that a write waits here: whoever pressed a button wants to know. Reads wait until it is over. */
const WRITES_WAIT = 15_000;

export class Gate extends EventTarget {
  /** Why it is closed: the Failure that closed it; null while it is open. */
  reason = null;
  /** When it lets somebody through again, in milliseconds of Date.now(). */
  until = 0;

  #failures = 0;
  #trial = null;
  #waiting = 0;
  #timer = 0;

  constructor({ probe, honours }) {
    super();
    this.#probe = probe;
    this.#honours = honours;
    // The browser knows first when the network is back.
    addEventListener("online", () => this.reason?.kind === "unreachable" && this.#openAt(Date.now()));
  }

  #probe;
  #honours;

  get closed() {
    return this.reason !== null;
  }

  /** Resolves when this call may be sent. Rejects when nobody wants it any more, or with the reason of a long pause. */
  async pass(call) {
    const came = Date.now();
    this.#waiting++;
    try {
      while (this.closed) {
        const rest = this.until - Date.now();
        if (call.isWrite && Math.max(this.until, Date.now()) - came > WRITES_WAIT) throw this.reason;
        if (rest <= 0 && !this.#trial) {
          this.#trial = call;
          return;
        }
        await Promise.race([sleep(rest > 0 ? rest : 1000, call.signal), this.#changed()]);
      }
    } finally {
      this.#waiting--;
    }
  }

  /** The call went well, or failed in a way that shows that somebody is there. */
  answered(call) {
    if (this.#trial === call) this.#trial = null;
    // An answer to what was sent before the backend asked for a pause says nothing about that pause.
    else if (this.closed && this.reason.retryAfter !== null) return;
    this.#failures = 0;
    if (this.closed) this.#close(null);
  }

  /** The call failed. Whether it was ended by the backend's wish, by nobody answering, or by something else. */
  failed(call, failure) {
    const trial = this.#trial === call;
    if (trial) this.#trial = null;
    const asked = Number.isFinite(failure.retryAfter) && [429, 503].includes(failure.status) && this.#honours();
    if (asked) {
      // A little later than asked, never sooner: timers and clocks differ, and not everybody at the same moment.
      this.#close(failure, Date.now() + failure.retryAfter + 60 + Math.random() * 240);
    } else if (failure.kind === "unreachable") {
      if (this.closed && !trial) return;
      this.#close(failure, Date.now() + growing(++this.#failures));
    } else if (failure.kind === "cancelled") {
      if (trial) this.dispatchEvent(new Event("change"));
    } else this.answered(call);
  }

  #openAt(time) {
    this.until = time;
    this.dispatchEvent(new Event("change"));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#nobodyWaits(), Math.max(0, time - Date.now()) + 50);
  }

  #close(failure, until = 0) {
    this.reason = failure;
    clearTimeout(this.#timer);
    if (failure) this.#openAt(Math.max(until, failure.retryAfter === null ? 0 : this.until));
    else this.dispatchEvent(new Event("change"));
  }

  /** The time is over, and no call is there to find out how things are. */
  #nobodyWaits() {
    if (!this.closed || this.#waiting || this.#trial) return;
    if (this.reason.retryAfter !== null) this.#close(null);
    else this.#probe().catch(() => {});
  }

  #changed() {
    return new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
  }
}

/** The layer: each attempt goes through the gate, and tells it how it went. */
export const gated = (next, gate) => async (call) => {
  await gate.pass(call);
  try {
    const answer = await next(call);
    gate.answered(call);
    return answer;
  } catch (failure) {
    gate.failed(call, failure);
    throw failure;
  }
};
