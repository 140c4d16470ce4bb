/* One rule of a scenario: what it matches, when it fires, which fault it injects. */

import { fill, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { field, withCode } from "../parts/bits.js";
import "../parts/schema-form.js";
import { MATCH, WHEN, listsOf } from "./shapes.js";

export class RuleEditor extends HTMLElement {
  #rule = null;
  #faults = [];

  async setup(rule) {
    this.#rule = rule;
    this.#faults = (await store.known("/faults")).data;
    const tell = () => this.dispatchEvent(new Event("change"));
    this.id_ = h("input", { type: "text", value: rule.id ?? "", required: true, spellcheck: false, autocomplete: "off", on: { input: tell } });
    this.kind = h("select", { on: { change: () => this.#choose(this.kind.value, null) } }, this.#options(rule.fault?.type));
    this.story = h("p", { class: "soft story-line" });
    this.parameters = h("dk-schema-form", { class: "fields" });
    this.match = h("dk-schema-form", { class: "fields" });
    this.match.setup(MATCH, listsOf(rule.match));
    this.when = h("dk-schema-form", { class: "fields" });
    this.when.setup(WHEN, rule.when);
    this.phase = h("select", { on: { change: tell } }, ["before", "after_commit"].map((name) => h("option", { value: name, selected: rule.phase === name }, name === "before" ? "instead of the work" : "after the work is done")));
    this.then = h("input", { type: "text", value: rule.then?.state ?? "", spellcheck: false, autocomplete: "off", on: { input: tell } });
    for (const form of [this.parameters, this.match, this.when]) form.addEventListener("change", tell);
    const remove = h("button", { type: "button", class: "small", on: { click: () => this.dispatchEvent(new Event("remove")) } }, "Remove this rule");
    fill(
      this,
      h("fieldset", {}, h("legend", {}, "Rule"),
        h("div", { class: "fields" }, field("Fault", this.kind), field("Id", this.id_)),
        this.story, this.parameters,
        h("details", { open: true }, h("summary", {}, "Match: what it is about"), this.match),
        h("details", { open: Object.keys(rule.when ?? {}).length > 0 }, h("summary", {}, "When: at which of them"), this.when),
        h("details", { open: Boolean(rule.then || rule.phase) }, h("summary", {}, "And then"), h("div", { class: "fields" }, field("Strikes", this.phase), field("Leads to the state", this.then))),
        h("div", { class: "row end" }, remove)),
    );
    this.#choose(rule.fault?.type ?? "http.abort", rule.fault);
  }

  /** The rule as the file has it; what the form does not show is kept. */
  get value() {
    const rule = { ...this.#rule, id: this.id_.value.trim(), match: this.match.value, when: this.when.value };
    for (const part of ["match", "when"]) if (!Object.keys(rule[part]).length) delete rule[part];
    delete rule.fault;
    rule.fault = { type: this.kind.value, ...this.parameters.value };
    if (this.phase.value === "after_commit") rule.phase = "after_commit";
    else delete rule.phase;
    if (this.then.value.trim()) rule.then = { state: this.then.value.trim() };
    else delete rule.then;
    return rule;
  }

  #options(chosen) {
    const families = Map.groupBy ? Map.groupBy(this.#faults, family) : grouped(this.#faults);
    return [...families].map(([name, kinds]) =>
      h("optgroup", { label: name }, kinds.map(({ kind }) => h("option", { value: kind, selected: kind === chosen }, kind))));
  }

  #choose(kind, given) {
    const fault = this.#faults.find((known) => known.kind === kind);
    fill(this.story, withCode(fault?.story ?? ""));
    const { type: _, ...values } = given ?? fault?.example ?? {};
    this.parameters.setup(fault?.schema ?? {}, values);
    this.dispatchEvent(new Event("change"));
  }
}

const family = ({ kind }) => kind.split(".")[0];

function grouped(faults) {
  const found = new Map();
  for (const fault of faults) found.set(family(fault), [...(found.get(family(fault)) ?? []), fault]);
  return found;
}

customElements.define("dk-rule", RuleEditor);
