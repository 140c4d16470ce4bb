/* One drill: each expectation with its verdict so far, and the entries that show it. */

import { get, post, remove, segment, socketAddress } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { duration } from "../core/format.js";
import { address, go, onOtherSandbox } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, copyButton, withCode } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { unlessFatal } from "../scenarios/active.js";
import { VERDICTS, stateOf } from "./words.js";

const POLL_MS = 1000;
const TICK_MS = 1000;

export class DrillDetail extends HTMLElement {
  drill = null;
  #socket = null;
  #timer = 0;
  #ticking = 0;

  /** False where there is no such drill (any more). */
  async show(id) {
    if (this.drill === id && this.#live) return true;
    this.leave();
    this.drill = id;
    const found = await this.#fetch();
    if (found?.state === "running") this.#follow();
    return Boolean(found);
  }

  leave() {
    this.drill = null;
    this.#socket?.close();
    this.#socket = null;
    clearTimeout(this.#timer);
    clearInterval(this.#ticking);
  }

  get #live() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  async #fetch() {
    const asked = this.drill;
    try {
      const found = await get(`/drills/${segment(asked)}`);
      if (asked === this.drill) this.#draw(found);
      return found;
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  /** Whenever something changes; where no WebSocket can be had, every second. */
  #follow() {
    const asked = this.drill;
    const socket = new WebSocket(socketAddress(`/drills/${segment(asked)}/follow`));
    this.#socket = socket;
    socket.addEventListener("message", () => asked === this.drill && this.#fetch());
    socket.addEventListener("close", () => {
      if (asked !== this.drill) return;
      this.#timer = setTimeout(async () => {
        const found = await this.#fetch();
        if (found?.state === "running" && asked === this.drill) this.#follow();
      }, POLL_MS);
    });
  }

  #draw(drill) {
    const running = drill.state === "running";
    const told = performance.now();
    const progress = h("span", { class: "soft" });
    const tick = () => {
      const elapsed = drill.elapsed_ms + (running ? performance.now() - told : 0);
      progress.textContent = `${duration(Math.min(Math.round(elapsed / 1000) * 1000, drill.timeout_ms))} of ${duration(drill.timeout_ms)} · ${drill.seen} ${drill.seen === 1 ? "entry" : "entries"}`;
    };
    clearInterval(this.#ticking);
    if (running) this.#ticking = setInterval(tick, TICK_MS);
    tick();
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const lines = new Map(drill.entries.map((entry) => [entry.number, entry]));
    fill(this,
      h("header", { class: "story" },
        h("p", { class: "row start" }, badge(stateOf(drill), VERDICTS[running ? "running" : drill.verdict]?.tone), h("a", { href: address("scenarios", drill.scenario.name) }, drill.scenario.name), progress),
        h("h2", {}, drill.scenario.title), drill.reason ? h("p", { class: "soft" }, drill.reason) : null,
        drill.proxies.map((proxy) => h("p", { class: "notice warn" },
          withCode(`Calls come through ${proxy.title}${proxy.changes.length ? `: ${proxy.changes.join("; ")}` : "; the scenario arrives through it as written"}.`)))),
      this.#where(drill), this.#actions(drill, running),
      h("section", { class: "part" }, h("h3", {}, running ? "Verdicts, if it ended now" : "Verdicts"),
        h("ol", { class: "rules" }, drill.expectations.map((judged) => expectation(judged, lines, drill.sandbox.id)))),
      h("section", { class: "part" }, h("h3", {}, "Rules"),
        h("ul", { class: "counters" }, drill.rules.map((rule) => h("li", { class: rule.struck ? "struck" : "" }, h("code", {}, rule.id), h("span", { class: "soft" }, rule.fault), h("span", { class: "count" }, h("strong", {}, `${rule.struck} struck`)))))));
    if (focused) this.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
  }

  #where({ sandbox }) {
    return sandbox.id === store.status?.sandbox ? null
      : h("p", { class: "notice row start" }, "Point the frontend at ", h("code", {}, sandbox.url), copyButton("Copy", sandbox.url, { name: "Copy the drill's address" }),
          h("a", { href: onOtherSandbox(sandbox.id, "#/traffic") }, "Its traffic"));
  }

  #actions(drill, running) {
    const path = `/drills/${segment(drill.id)}`;
    const finish = h("button", { type: "button", class: "primary", data: { act: "finish" }, on: { click: () => act(finish, async () => {
      await post(`${path}/finish`);
      await this.#fetch();
      await store.refresh();
    }) } }, "Judge now");
    const drop = h("button", { type: "button", class: "small danger", data: { act: "drop" }, on: { click: () => act(drop, async () => {
      // Before it is gone: else it may be asked for once more.
      this.leave();
      try {
        await remove(path);
      } catch (error) {
        await this.show(drill.id);
        throw error;
      }
      await store.refresh();
      go("drills");
    }) } }, running ? "Cancel" : "Forget it");
    const again = h("button", { type: "button", class: "primary", data: { act: "again" }, on: { click: () => act(again, async () => {
      const wish = { scenario: drill.scenario.name, fresh: drill.sandbox.fresh };
      const next = await unlessFatal((force) => post("/drills", { ...wish, ...force }));
      if (next) go("drills", next.id);
    }) } }, "Once more");
    return h("div", { class: "row start actions" }, running ? finish : again, drop,
      running ? null : h("a", { class: "button small", href: `/_devkit/api${path}/report.html`, target: "_blank", rel: "noopener" }, "The report"));
  }
}

function expectation(judged, lines, sandbox) {
  const tone = VERDICTS[judged.verdict]?.tone ?? "";
  return h("li", {},
    h("div", { class: "row" }, h("p", { class: "strong" }, judged.title), h("span", {}, badge(judged.verdict.replaceAll("_", " "), tone), judged.final ? null : [" ", badge("so far")])),
    h("p", { class: "soft" }, withCode(judged.reason)),
    judged.evidence.length
      ? h("ul", { class: "plain-list mono" }, judged.evidence.slice(0, 12).map((number) => h("li", {}, evidence(number, lines.get(number), sandbox))),
          judged.evidence.length > 12 ? h("li", { class: "soft" }, `and ${judged.evidence.length - 12} more`) : null)
      : null);
}

function evidence(number, line, sandbox) {
  const hash = address("traffic", String(number));
  const href = sandbox === store.status?.sandbox ? hash : onOtherSandbox(sandbox, hash);
  const at = line ? ` ${(line.from_ms / 1000).toFixed(2)} s  ${line.text}` : "";
  return [h("a", { href }, `#${number}`), at];
}

customElements.define("dk-drill", DrillDetail);
