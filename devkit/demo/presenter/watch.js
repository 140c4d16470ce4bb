/**
 * What is on, and what the backend is asked, for a page that is left open: it asks again and again, so that a server that
 * was restarted and a laptop that slept are nothing special. After each gap it begins anew.
 *
 * Tells `change`. `state` is `connecting`, `live`, `waiting` (nobody answers) or `locked` (the control plane wants a token).
 */

const EVERY = 600;
/** After so long without an answer, a call is given up: what slept may wait for ever. */
const PATIENCE = 4_000;
const AGAIN = 1_500;
const SHOWN = 24;
/** Of a socket, what is no news by itself. */
const FRAMES = ["in", "out"];

export class Watch extends EventTarget {
  state = "connecting";
  active = [];
  /** The newest first. */
  entries = [];

  #newest = null;
  #timer = 0;
  #asking = false;

  start() {
    const now = () => document.hidden || this.#look();
    document.addEventListener("visibilitychange", now);
    addEventListener("online", now);
    this.#look();
  }

  async #look() {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    const state = await this.#ask().then(() => "live", (error) => (error.status === 401 ? "locked" : "waiting"));
    this.#asking = false;
    if (state !== "live") this.#newest = null;
    if (state !== this.state) this.#become({ state });
    this.#timer = setTimeout(() => this.#look(), state === "live" ? EVERY : AGAIN);
  }

  async #ask() {
    const after = this.#newest === null ? "" : `&after=${this.#newest}`;
    const [active, journal] = await Promise.all([get("/active"), get(`/journal?limit=200${after}`)]);
    const found = journal.data.filter(isNews);
    const entries = (this.#newest === null ? found : [...found, ...this.entries]).slice(0, SHOWN);
    this.#newest = journal.newest;
    this.#become({ active, entries });
  }

  #become(what) {
    Object.assign(this, what);
    this.dispatchEvent(new Event("change"));
  }
}

function isNews(entry) {
  if (entry.faults?.length) return true;
  return entry.type === "socket" ? !FRAMES.includes(entry.direction) : entry.method !== "OPTIONS";
}

async function get(path) {
  const response = await fetch(`/_devkit/api${path}`, { signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw Object.assign(new Error(`Status ${response.status}`), { status: response.status });
  return response.json();
}
