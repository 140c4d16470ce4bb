/*
 * The journal on this side: followed over a WebSocket, kept up to a bound, told of once a frame.
 *
 * Events: `entries` (detail: {added, dropped, reset}), `state`. Where no WebSocket can be had (a token is needed, which
 * a browser's WebSocket cannot carry; a proxy stands between), it asks every second instead.
 */

import { get, query, remove, socketAddress } from "../core/api.js";
import { store } from "../core/store.js";

export const KEPT = 100_000;
const DROPPED_AT_ONCE = 5_000;
const SERVER_KEEPS = 10_000;
const FIRST = 1_000;
const AGAIN_MS = [500, 1000, 2000, 5000, 10_000];
const POLL_MS = 1000;
const HIDDEN_MS = 500;

class Journal extends EventTarget {
  entries = [];
  /** Whether the server may have older ones than those here. */
  older = true;
  live = false;
  paused = false;
  #incoming = [];
  #socket = null;
  #tries = 0;
  #flushing = false;
  #everOpen = false;
  #generation = 0;

  async start() {
    const generation = ++this.#generation;
    try {
      const newest = this.#newest();
      const found = await get(`/journal${query({ limit: newest ? 10_000 : FIRST, after: newest || null })}`);
      if (generation !== this.#generation) return;
      if (found.newest < newest) {
        // Numbers only ever rise in one server: this is another one.
        this.#reset();
        this.start();
        return;
      }
      this.older = newest ? this.older : found.data.length === FIRST;
      this.#take(found.data.reverse());
      this.#open(found.newest);
    } catch (error) {
      if (!error.code) throw error;
      this.#later();
    }
  }

  /** Fetch what came before the oldest entry that is here. */
  async fetchOlder() {
    const first = this.entries.find((entry) => entry.number);
    if (!this.older || !first || this.entries.length >= KEPT) return 0;
    this.older = false;
    const found = await get(`/journal${query({ limit: FIRST, before: first.number })}`);
    this.entries = [...found.data.reverse(), ...this.entries];
    this.older = found.data.length === FIRST;
    this.#tell({ added: [], dropped: -found.data.length, reset: true });
    return found.data.length;
  }

  /** Whether the server has surely forgotten an entry that is still here. */
  gone(entry) {
    const kept = store.status?.counts.journal;
    return kept !== undefined && kept >= SERVER_KEEPS && entry.number <= this.#newest() - kept;
  }

  async clear() {
    await remove("/journal");
    this.#reset();
  }

  /** While paused, nothing is told; what arrives is kept, and told afterwards. */
  pause(paused) {
    this.paused = paused;
    if (!paused) this.#flush();
    this.dispatchEvent(new Event("state"));
  }

  get waiting() {
    return this.#incoming.length;
  }

  #reset() {
    this.entries = [];
    this.#incoming = [];
    this.older = false;
    this.#tell({ added: [], dropped: 0, reset: true });
  }

  #newest() {
    const last = this.#incoming.at(-1) ?? this.entries.at(-1);
    return last?.number ?? 0;
  }

  #open(after) {
    const socket = new WebSocket(socketAddress(`/journal/follow?after=${after}`));
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#tries = 0;
      this.#everOpen = true;
      this.#state(true);
    });
    socket.addEventListener("message", (event) => this.#take([JSON.parse(event.data)]));
    socket.addEventListener("close", () => {
      this.#state(false);
      if (this.#everOpen) this.#later();
      else this.#poll();
    });
  }

  async #poll() {
    try {
      const found = await get(`/journal${query({ limit: 1000, after: this.#newest() })}`);
      this.#take(found.data.reverse());
      this.#state(true);
    } catch {
      this.#state(false);
    }
    setTimeout(() => this.#poll(), POLL_MS);
  }

  #later() {
    const wait = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)];
    setTimeout(() => this.start(), wait);
  }

  #state(live) {
    if (this.live === live) return;
    this.live = live;
    this.dispatchEvent(new Event("state"));
  }

  #take(entries) {
    for (const entry of entries) this.#incoming.push(entry);
    if (this.#incoming.length > KEPT) this.#incoming.splice(0, this.#incoming.length - KEPT);
    if (entries.length) store.soon();
    if (this.#flushing || this.paused) return;
    this.#flushing = true;
    // A page that is not seen has no frames.
    if (document.hidden) setTimeout(() => this.#flush(), HIDDEN_MS);
    else requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    this.#flushing = false;
    if (this.paused || !this.#incoming.length) return;
    const last = this.entries.at(-1)?.number ?? 0;
    const added = this.#incoming.map((entry) => (entry.type === "gap" ? gapAfter(entry) : entry));
    this.#incoming = [];
    for (let at = 0, previous = last; at < added.length; at += 1) {
      // A gap has no number: it stands where it was told.
      if (added[at].number === undefined) added[at].number = previous + 0.5;
      previous = added[at].number;
      this.entries.push(added[at]);
    }
    let dropped = 0;
    if (this.entries.length > KEPT) {
      dropped = this.entries.length - KEPT + DROPPED_AT_ONCE;
      this.entries.splice(0, dropped);
      this.older = false;
    }
    this.#tell({ added, dropped, reset: false });
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("entries", { detail }));
  }
}

const gapAfter = (entry) => ({ type: "gap", missed: entry.missed, faults: [] });

export const journal = new Journal();
