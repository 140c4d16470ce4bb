/* Verify: is the backend what the frontend was built for? Begun here, its verdicts seen as they come, each opened. */

import { get, remove, socketAddress } from "../core/api.js";
import { fill, h, icon, keyed, text } from "../core/dom.js";
import { arrows } from "../core/keys.js";
import { address, become } from "../core/router.js";
import { View } from "../core/view.js";
import { hidden } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import "./check.js";
import "./form.js";
import { MARKS, TONES, VERDICTS, counted } from "./words.js";

const AGAIN_MS = 1000;

export class VerifyView extends View {
  static every = 0;
  #run = null;
  #checks = [];
  #verdict = "";
  #socket = null;
  #timer = 0;

  build() {
    this.sum = h("p", { class: "under", role: "status" });
    this.bar = h("progress", { "aria-label": "Verdicts so far" });
    this.stop = h("button", { type: "button", class: "small danger", on: { click: () => this.#cancel() } }, "Cancel");
    this.filters = h("div", { class: "chips", role: "group", "aria-label": "Only these verdicts" });
    this.suites = h("select", { "aria-label": "Suite", on: { change: () => this.#draw() } });
    this.list = h("ul", { class: "op-list checks", "aria-label": "Verdicts" });
    this.none = h("p", { class: "pad soft" });
    this.form = h("dk-verify-form", { class: "pane" });
    this.check = h("dk-check", { class: "pane" });
    fill(this,
      h("div", { class: "side" },
        h("div", { class: "side-head" },
          h("div", { class: "row" }, h("h2", { class: "view-title" }, "Verify"), h("div", { class: "row end" }, this.stop, h("a", { class: "button small primary", href: address("verify") }, icon("plus"), "New"))),
          this.sum, this.bar, this.filters, this.suites),
        this.list, this.none),
      h("div", { class: "main-pane" }, h("a", { class: "back-link", href: address("verify", "all") }, icon("back"), "All verdicts"), this.form, this.check));
    arrows(this.list, "a");
    this.form.addEventListener("begun", ({ detail }) => this.#begin(detail));
  }

  async refresh() {
    const told = await get("/verify");
    this.form.show(told);
    this.#take(told.run, true);
    if (told.run?.state === "running") this.#follow();
  }

  async show({ steps }) {
    const [id] = steps;
    this.classList.toggle("opened", id !== "all");
    const chosen = Boolean(id) && id !== "all";
    this.form.hidden = chosen;
    this.check.hidden = !chosen;
    if (chosen && !(await this.check.show(id))) become("verify");
    this.#draw();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#leave();
  }

  #leave() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #begin(told) {
    this.#leave();
    this.form.show(told);
    this.#take(told.run, true);
    this.#follow();
  }

  /** The first message has all verdicts so far, each later one those that are new. */
  #follow() {
    if (this.#socket) return;
    const socket = new WebSocket(socketAddress("/verify/follow"));
    this.#socket = socket;
    let first = true;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      this.#take(JSON.parse(data), first);
      first = false;
    });
    socket.addEventListener("close", () => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (this.#run?.state === "running") this.#timer = setTimeout(() => this.again(), AGAIN_MS);
    });
  }

  #take(run, whole) {
    this.#run = run;
    this.#checks = whole ? (run?.checks ?? []) : [...this.#checks, ...run.checks];
    this.form.told(run);
    this.#draw();
  }

  async #cancel() {
    await act(this.stop, () => remove("/verify"));
    await this.again();
  }

  #draw() {
    const run = this.#run;
    const running = run?.state === "running";
    for (const node of [this.filters, this.suites]) node.hidden = !this.#checks.length;
    this.stop.hidden = !running;
    this.bar.hidden = !running;
    if (run?.total) Object.assign(this.bar, { max: run.total, value: this.#checks.length });
    else this.bar.removeAttribute("value");
    text(this.sum, !run ? "Nothing was verified yet." : running ? `${this.#checks.length} of ${run.total || "…"} · ${counted(run.counts)}` : run.trouble ?? run.summary);
    this.#drawFilters();
    const shown = this.#checks.filter((one) => (!this.#verdict || one.verdict === this.#verdict) && (!this.suites.value || one.suite === this.suites.value));
    const open = this.check.hidden ? null : this.check.check;
    keyed(this.list, shown.map(({ id, asks, verdict, suite }) => ({ id, asks, verdict, suite, open: id === open })), (row) => row.id, row);
    this.none.hidden = shown.length > 0 || !this.#checks.length;
    text(this.none, "No verdict is like that.");
  }

  #drawFilters() {
    const counts = { "": this.#checks.length, ...(this.#run?.counts ?? {}) };
    const kinds = ["", ...VERDICTS].filter((kind) => !kind || counts[kind]);
    if (!kinds.includes(this.#verdict)) this.#verdict = "";
    keyed(this.filters, kinds.map((kind) => ({ kind, count: counts[kind], on: kind === this.#verdict })), (one) => one.kind, ({ kind, count, on }) =>
      h("button", { type: "button", class: "chip", "aria-pressed": String(on), data: { act: kind }, on: { click: () => {
        this.#verdict = kind;
        this.#draw();
      } } }, `${kind || "all"} ${count}`));
    const suites = [...new Set(this.#checks.map((one) => one.suite))];
    if (this.suites.options.length === suites.length + 1) return;
    const before = this.suites.value;
    fill(this.suites, h("option", { value: "" }, "All suites"), suites.map((suite) => h("option", { value: suite }, suite)));
    this.suites.value = suites.includes(before) ? before : "";
  }
}

function row({ id, asks, verdict, open }) {
  return h("li", {}, h("a", { href: address("verify", id), "aria-current": open ? "true" : null, data: { act: "open" } },
    h("span", { class: `verdict-line ${verdict}` }, h("span", { class: `mark ${TONES[verdict]}`, "aria-hidden": "true" }, MARKS[verdict]), h("span", {}, asks, hidden(` ${verdict}`))),
    h("span", { class: "under" }, h("code", {}, id))));
}

customElements.define("dk-verify", VerifyView);
