/**
 * The live connection: one WebSocket that comes back when it is lost.
 *
 * - Pauses between two attempts grow, and begin anew only after a connection has held for a while: one that opens and
 *   breaks off at once is no success.
 * - After each opening it subscribes to everything again, with `since`: the id of the newest event that it has. The backend
 *   replays what came after; where it cannot, it says `resync`, and what is shown has to be fetched.
 * - Silence is suspicious: after `QUIET` it asks with a ping, and after `ANSWER` without any frame it gives the socket up.
 *   The browser would go on believing in it.
 * - Frames are read with care: one that cannot be read is passed over, an unknown type too.
 *
 * Tells `state` (`off`, `connecting`, `live`, `waiting`), `event` (`detail` is the frame) and `resync`.
 */

import { growing } from "./net/waiting.js";

const QUIET = 10_000;
const ANSWER = 5_000;
/** After this time a connection counts as good. */
const STEADY = 8_000;
const UNAUTHENTICATED = 4401;

export class LiveSocket extends EventTarget {
  state = "off";
  /** When the next attempt comes, in milliseconds of Date.now(); only while `waiting`. */
  until = 0;

  #backend;
  #has;
  #renew;
  #topics;
  #socket = null;
  #newest = null;
  #attempt = 0;
  #timers = {};
  #wasLive = false;
  #refusal = "";

  /** `renew(code)` renews the session that was refused with that code. Rejects with a Failure, final where it has ended. */
  constructor({ backend, has, renew, topics }) {
    super();
    this.#backend = backend;
    this.#has = has;
    this.#renew = renew;
    this.#topics = topics;
    addEventListener("online", () => this.state === "waiting" && this.#connect());
  }

  start() {
    if (this.state === "off") this.#connect();
  }

  stop() {
    this.#abandon();
    this.#newest = null;
    this.#attempt = 0;
    this.#wasLive = false;
    this.#become("off");
  }

  /** Give this connection up, and connect anew. */
  restart() {
    this.#lost(1006);
  }

  #connect() {
    this.#abandon();
    this.#become("connecting");
    const socket = (this.#socket = new WebSocket(`${this.#backend.ws}/ws`));
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code }) => this.#lost(code);
  }

  #opened(socket) {
    const subscribe = { type: "subscribe", topics: this.#topics };
    if (this.#newest !== null) subscribe.since = this.#newest;
    socket.send(JSON.stringify(subscribe));
    this.#later("steady", STEADY, () => (this.#attempt = 0));
    this.#listen();
  }

  #heard(data) {
    this.#listen();
    const frame = read(data);
    if (!frame) return;
    if (frame.type === "connection") {
      this.#become("live");
      // Nothing was heard before the loss, so there is no event to begin after: all that is shown may be old.
      if (this.#wasLive && this.#newest === null) this.dispatchEvent(new Event("resync"));
      this.#wasLive = true;
    } else if (frame.type === "resync") {
      this.#newest = null;
      this.dispatchEvent(new Event("resync"));
    } else if (frame.type === "error") {
      this.#refusal = typeof frame.error === "string" ? frame.error : "";
    } else if (Number.isInteger(frame.id)) {
      this.#newest = Math.max(this.#newest ?? 0, frame.id);
      this.dispatchEvent(new CustomEvent("event", { detail: frame }));
    }
  }

  /** Something came: the connection is well for now. */
  #listen() {
    if (!this.#has("heartbeat")) return;
    clearTimeout(this.#timers.silence);
    this.#later("quiet", QUIET, () => {
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send('{"type":"ping"}');
      this.#later("silence", ANSWER, () => this.#lost(1006));
    });
  }

  async #lost(code) {
    if (this.state === "off") return;
    this.#abandon();
    if (!this.#has("reconnect")) return this.#become("lost");
    const began = Date.now();
    if (code === UNAUTHENTICATED) {
      this.#become("connecting");
      // Without a session there is nothing to connect to; whoever noticed that has told the user.
      const renewed = await this.#renew(this.#refusal).then(() => true, (failure) => !failure.isFinal);
      if (!renewed || this.state === "off") return this.state === "off" ? undefined : this.#become("lost");
    }
    const pause = growing(++this.#attempt, { least: 1000 });
    this.until = began + pause;
    this.#become("waiting");
    this.#later("next", pause, () => this.#connect());
  }

  /** Hear nothing more of this socket: closing one that is dead can take minutes. */
  #abandon() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #later(name, milliseconds, action) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(action, milliseconds);
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

function read(data) {
  try {
    const frame = JSON.parse(data);
    return frame !== null && typeof frame === "object" ? frame : null;
  } catch {
    return null;
  }
}
