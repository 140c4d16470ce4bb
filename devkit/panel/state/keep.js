/* Who keeps which operations, where there is a real backend: changed here while the server runs. */

import { get, put } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { dateTime } from "../core/format.js";
import { badge, field, withCode } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { Card, row } from "./card.js";

const KEEPERS = [["real", "the real backend"], ["fallback", "the real backend, else the mock"], ["mock", "the mock"], ["recording", "the recording"]];
const TONES = { real: "accent", fallback: "accent", mock: "good", recording: "" };

export class Keep extends Card {
  #told = null;

  build() {
    this.where = h("p", {});
    this.shared = h("p", { class: "notice" }, "What the real backend stores is the same in all sandboxes; scenarios, clock, journal and what the mock keeps are each sandbox's own. Its clock is its own too: turning the sandbox's does not move it.");
    this.glob = h("input", { type: "text", placeholder: "tasks.*", autocomplete: "off", spellcheck: false, required: true });
    this.by = h("select", {}, KEEPERS.map(([value, label]) => h("option", { value }, label)));
    this.form = h("form", { class: "fields inline" }, field("Operations, such as tasks.*", this.glob), field("Who keeps them", this.by), h("button", { type: "submit" }, "Keep so"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { [this.glob.value.trim()]: _, ...others } = this.#told.rules;
      this.#change({ ...others, [this.glob.value.trim()]: this.by.value }, this.form.lastElementChild);
    });
    this.rules = this.rows({ label: "Rules", nothing: "No rule: the real backend keeps everything.", keyOf: ([glob]) => glob, render: (rule) => this.#rule(rule) });
    this.list = this.rows({ label: "Operations", nothing: "No operation is known yet: they are learned from what passes.", keyOf: ([id]) => id, render: (operation) => this.#operation(operation) });
    this.parts = [this.shared, this.form, this.rules.node, h("h3", {}, "Operations"), this.list.node];
    fill(this, this.head("Real backend"), this.where, this.parts);
  }

  async refresh() {
    this.#told = await get("/keep");
    const { upstream, rules, operations } = this.#told;
    for (const part of this.parts) part.hidden = !upstream;
    fill(this.where, upstream ? STATES[upstream.state](upstream) : withCode("There is none: the mock keeps everything. `devkit proxy URL` stands in front of one."));
    this.rules.draw(Object.entries(rules));
    this.list.draw(Object.entries(operations));
  }

  #rule([glob, by]) {
    const button = h("button", { type: "button", class: "small", "aria-label": `Drop the rule for ${glob}` }, "Drop");
    button.addEventListener("click", () => {
      const { [glob]: _, ...others } = this.#told.rules;
      this.#change(others, button);
    });
    return row([h("p", {}, h("code", {}, glob), " ", badge(by, TONES[by] ?? ""))], [button]);
  }

  #operation([id, by]) {
    const choice = h("select", { "aria-label": `Who keeps ${id}` }, KEEPERS.map(([value, label]) => h("option", { value, selected: value === by }, label)));
    choice.addEventListener("change", () => {
      const { [id]: _, ...others } = this.#told.rules;
      this.#change({ ...others, [id]: choice.value }, choice);
    });
    return row([h("p", {}, h("code", {}, id))], [choice]);
  }

  async #change(rules, node) {
    await act(node, () => put("/keep", { rules }), "From now on it is kept so");
    await this.again();
  }
}

const STATES = {
  up: ({ url }) => ["It answers at ", h("code", {}, url)],
  unknown: ({ url }) => ["Nobody has asked it yet: ", h("code", {}, url)],
  down: ({ url, trouble, since }) => [h("strong", {}, `It ${trouble}`), ": ", h("code", {}, url), ` (since ${dateTime(since)})`],
};

customElements.define("dk-keep", Keep);
