/* The sandbox's clock: forward and back, stopped, faster. */

import { post } from "../core/api.js";
import { fill, h, text } from "../core/dom.js";
import { dateTime, duration } from "../core/format.js";
import { store } from "../core/store.js";
import { badge, field } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { Card } from "./card.js";

const STEPS = ["-1h", "-1m", "+30s", "+1m", "+5m", "+1h", "+1d", "+30d"];
const RATES = [["1", "real time"], ["10", "10 ×"], ["60", "a minute a second"], ["3600", "an hour a second"]];
const TICK_MS = 200;

export class ClockCard extends Card {
  static every = 0;

  build() {
    this.face = h("p", { class: "clock-face" });
    this.apart = h("p", { class: "notice", hidden: true });
    this.told = h("p", { class: "soft" });
    const button = (label, path, body, name) => {
      const node = h("button", { type: "button", "aria-label": name }, label);
      node.addEventListener("click", () => this.#turn(node, path, body));
      return node;
    };
    const by = h("input", { type: "text", required: true, placeholder: "2h30m, -5m", autocomplete: "off", spellcheck: false });
    const at = h("input", { type: "text", required: true, placeholder: "2026-01-20T10:00:00Z", autocomplete: "off", spellcheck: false });
    const form = (label, input, path, body, hint) => {
      const go = h("button", {}, label);
      const node = h("form", { class: "fields inline" }, field(label, input, { hint }), go);
      node.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#turn(go, path, body());
      });
      return node;
    };
    this.freeze = h("button", { type: "button" });
    this.freeze.addEventListener("click", () => this.#turn(this.freeze, store.clock?.frozen ? "/clock/run" : "/clock/freeze", {}));
    this.rate = h("select", { "aria-label": "How fast it goes" }, RATES.map(([value, label]) => h("option", { value }, label)));
    this.rate.addEventListener("change", () => this.#turn(this.rate, "/clock/run", { rate: Number(this.rate.value) }));
    fill(this,
      this.head("Clock"),
      h("p", { class: "soft" }, "Tokens, mail links, rate limits and the windows of rules live by it. Nothing waits longer than you want to."),
      h("div", { class: "clock" }, this.face, this.told), this.apart,
      h("div", { class: "steps", role: "group", "aria-label": "Turn the clock" }, STEPS.map((step) => button(step, "/clock/advance", { by: step.replace("+", "") }, `Turn by ${step}`))),
      h("div", { class: "row start" }, this.freeze, field("Rate", this.rate), button("Back to the machine's time", "/clock/reset", {})),
      form("Turn by", by, "/clock/advance", () => ({ by: by.value }), "A duration, with - before it to turn back"),
      form("Set to", at, "/clock/set", () => ({ at: at.value }), "ISO 8601 with an offset"));
  }

  enter() {
    this.listen(store, "change", () => this.draw());
    const timer = setInterval(() => this.#tick(), TICK_MS);
    this.later(() => clearInterval(timer));
    this.draw();
  }

  draw() {
    if (!store.clock) return;
    const { frozen, rate, offset, apart } = store.clock;
    text(this.freeze, frozen ? "Let it go on" : "Freeze");
    this.freeze.setAttribute("aria-pressed", String(frozen));
    if (document.activeElement !== this.rate && !frozen) this.rate.value = String(rate);
    fill(this.told,
      frozen ? badge("frozen", "warn") : rate === 1 ? badge("real time", "good") : badge(`${rate} × as fast`, "warn"), " ",
      Math.abs(offset) < 1000 ? "as the machine's" : `${duration(Math.round(Math.abs(offset) / 1000) * 1000)} ${offset > 0 ? "ahead of" : "behind"} the machine's`);
    this.apart.hidden = !apart;
    text(this.apart, apart ? `${apart}.` : "");
    this.#tick();
  }

  #tick() {
    text(this.face, dateTime(store.now()));
  }

  async #turn(node, path, body) {
    await act(node, () => post(path, body));
    await store.refresh();
  }
}

customElements.define("dk-clock", ClockCard);
