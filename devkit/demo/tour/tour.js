/**
 * A tour that plays failures by itself. Of each step it says what is switched on and what the page is about to do; then the
 * backend really fails, and the page really acts; in the end it says what was to be seen.
 *
 * No scenario outlives its step: it is switched off when the step is over or the tour is stopped, when the page is closed
 * or loaded anew (`pagehide`), and whatever becomes of the page, the server ends it after `LEASE`.
 *
 * `phase` is `off`, `about` (what will be), `acting` (it happens), `seen` (what was) or `over`. Tells `change`.
 */

import { wordsFor } from "../words.js";
import { settled, waiting } from "./waiting.js";

const LEASE = "90s";
/** Milliseconds in which a step's words are read; for each word of them, and to find them. */
const WORD = 220;
const FIND = 2_500;
const MARK = "devkit-demo-tour";

export class Tour extends EventTarget {
  phase = "off";
  steps = [];
  at = 0;
  /** What was to be seen in this step. */
  seen = "";
  /** Why the tour ended before its time; else empty. */
  trouble = "";
  /** Whether it goes on by itself; else somebody presses “Next”. */
  byItself = true;

  #app;
  #all;
  #run = null;
  #phase = null;
  #on = null;

  constructor(app, steps) {
    super();
    this.#app = app;
    this.#all = steps;
    addEventListener("pagehide", () => this.#leave());
    // Whoever signs out has seen enough. A session that a step has ended is begun anew.
    app.session.addEventListener("change", () => app.session.state === "out" && !app.session.ended && this.running && this.stop());
    const left = sessionStorage.getItem(MARK);
    if (left) this.#off(left).catch(() => {});
  }

  get step() {
    return this.steps[this.at] ?? null;
  }

  get running() {
    return this.#run !== null;
  }

  /** Resolves when the tour has ended, in whatever way. */
  async start() {
    if (this.running) return;
    const run = (this.#run = new AbortController());
    this.steps = this.#all.filter((step) => step.fits?.(this.#app) ?? true).slice(0, 5);
    this.trouble = "";
    let end = "over";
    try {
      await this.#app.stage.allOff();
      for (this.at = 0; this.at < this.steps.length; this.at += 1) await this.#play(this.step, run.signal);
    } catch (error) {
      if (run.signal.aborted) end = "off";
      else this.trouble = error.kind ? wordsFor(error, "").text : error.message;
    }
    // Stopped in the middle of a step, it ends when its scenario is off.
    this.#run = null;
    this.#become(end);
  }

  /** On with it: words are read, or nobody wants to wait any longer for what the page does. */
  next() {
    this.#phase?.abort();
  }

  /** Resolves when nothing of it is on any more. */
  async stop() {
    const run = this.#run;
    if (!run) return this.#become("off");
    run.abort();
    while (this.#run === run) await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    return undefined;
  }

  /** Whether it goes on by itself from here. */
  set(byItself) {
    this.byItself = byItself;
    this.#become(this.phase);
  }

  async #play(step, stopped) {
    this.seen = "";
    this.#become("about");
    await this.#signedIn(stopped);
    await this.#words("about", stopped, step.title, step.about);
    const { client } = this.#app;
    const told = { app: this.#app, calls: [], pending: 0 };
    const sent = () => (told.pending += 1);
    const answered = ({ detail }) => {
      told.pending -= 1;
      told.calls.push(detail);
    };
    client.addEventListener("sent", sent);
    client.addEventListener("answered", answered);
    const signal = this.#enter("acting", stopped);
    try {
      await this.#use(step.scenario);
      await settled(step.act(told, signal));
      await this.#off(step.scenario);
      if (!stopped.aborted) await settled(step.mend?.(told, signal));
    } finally {
      client.removeEventListener("sent", sent);
      client.removeEventListener("answered", answered);
      if (this.#on) await this.#off(this.#on);
    }
    stopped.throwIfAborted();
    this.seen = step.saw(told);
    await this.#words("seen", stopped, this.seen);
  }

  /** Somebody who is signed out, by a step or before, is signed in as the test user. */
  async #signedIn(stopped) {
    const { session, backend } = this.#app;
    await waiting(() => session.state !== "unknown", stopped);
    if (session.state === "out") await session.signIn(backend.testUser.email, backend.testUser.password);
    if (this.#app.tasks.state === "failed") this.#app.tasks.load();
    await waiting(() => this.#app.tasks.state === "ready", stopped);
    stopped.throwIfAborted();
  }

  async #use(scenario) {
    this.#on = scenario;
    sessionStorage.setItem(MARK, scenario);
    await this.#app.stage.toggle(scenario, true, { ttl: LEASE });
  }

  async #off(scenario) {
    await this.#app.stage.toggle(scenario, false);
    this.#on = null;
    sessionStorage.removeItem(MARK);
  }

  #leave() {
    if (this.#on) this.#app.stage.offAndAway(this.#on);
    this.#run?.abort();
  }

  /** A signal that ends the phase: when somebody presses “Next”, or the tour is stopped. */
  #enter(phase, stopped) {
    this.#phase = new AbortController();
    this.#become(phase);
    return AbortSignal.any([this.#phase.signal, stopped]);
  }

  async #words(phase, stopped, ...texts) {
    const signal = this.#enter(phase, stopped);
    const end = Date.now() + FIND + WORD * texts.join(" ").split(" ").length;
    await waiting(() => this.byItself && Date.now() > end, signal, Infinity);
    stopped.throwIfAborted();
  }

  #become(phase) {
    this.phase = phase;
    this.dispatchEvent(new Event("change"));
  }
}
