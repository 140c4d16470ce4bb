/* Compose a scenario: a form, or its YAML; checked as one writes, tried at once, saved as a file. */

import { get, post, put, segment } from "../core/api.js";
import { fill, h, icon, text } from "../core/dom.js";
import { go } from "../core/router.js";
import { store } from "../core/store.js";
import { copyButton, field } from "../parts/bits.js";
import { confirmed } from "../parts/dialogs.js";
import { act, toast } from "../parts/toast.js";
import { unlessFatal } from "./active.js";
import { problem, yaml } from "./detail.js";
import { dropDraft, fresh, keepDraft, keptDraft } from "./drafts.js";
import "./expect-editor.js";
import "./rule-editor.js";

const CHECK_AFTER_MS = 250;

export class Composer extends HTMLElement {
  /** The name of the file that is edited; null for a new one. */
  file = null;
  #draft = null;
  #text = null;
  #rules = [];
  #expects = [];
  #timer = 0;
  #asked = 0;
  #problem = null;

  async begin(file) {
    this.file = file;
    this.#build();
    const kept = file ? { text: (await get(`/scenarios/${segment(file)}/source`)).text } : (keptDraft() ?? fresh());
    if (kept.text !== undefined) await this.#fromText(kept.text);
    else await this.#toForm(kept);
    await this.#check();
  }

  #build() {
    this.heading = h("h2", {}, this.file ? `Edit ${this.file}` : "Compose a scenario");
    this.body = h("div", { class: "compose-body" });
    this.verdict = h("div", { class: "verdict", role: "status" });
    this.preview = h("div", { class: "preview" });
    this.mode = h("button", { type: "button", class: "small", data: { act: "mode" }, on: { click: () => this.#switch() } }, "Write YAML");
    const tryIt = h("button", { type: "button", class: "primary", data: { act: "try" }, on: { click: () => act(tryIt, () => this.#try(), "It is on, without a file") } }, "Try it now");
    const timed = h("button", { type: "button", class: "small", on: { click: () => act(timed, () => this.#try("5m"), "It is on for 5 minutes") } }, "For 5 minutes");
    const save = h("button", { type: "button", data: { act: "save" }, on: { click: () => act(save, () => this.#save()) } }, "Save as YAML");
    const anew = h("button", { type: "button", class: "small", on: { click: () => this.#anew() } }, "Start anew");
    this.saveButton = save;
    fill(this,
      h("div", { class: "row" }, this.heading, h("div", { class: "row end" }, this.file ? null : anew, this.mode)),
      h("div", { class: "compose" }, this.body, h("div", { class: "compose-side" }, h("div", { class: "row start actions" }, tryIt, timed, save), this.verdict, this.preview)));
  }

  async #fromText(written) {
    this.#text = written;
    const { scenario, problem: wrong } = await post("/scenarios/check", { text: written });
    // What is wrong is mended where it stands; a form might hide it.
    if (!wrong && drawable(scenario)) await this.#toForm(scenario);
    else this.#toText(written);
  }

  async #toForm(scenario) {
    this.#text = null;
    this.#draft = scenario;
    text(this.mode, "Write YAML");
    const changed = () => this.#changed();
    const input = (value, options = {}) => h("input", { type: "text", value: value ?? "", autocomplete: "off", spellcheck: false, ...options, on: { input: changed } });
    this.name_ = input(scenario.name, { required: true, readOnly: Boolean(this.file) });
    this.title_ = input(scenario.title, { required: true, spellcheck: true });
    this.description = h("textarea", { rows: 2, value: scenario.description ?? "", on: { input: changed } });
    this.tags = input((scenario.tags ?? []).join(", "));
    this.extends_ = input((scenario.extends ?? []).join(", "));
    this.rulesNode = h("div", { class: "rule-list" });
    this.expectsNode = h("div", { class: "rule-list" });
    const more = (label, work) => h("div", { class: "row start" }, h("button", { type: "button", class: "small", on: { click: work } }, icon("plus"), label));
    const rule = () => this.#add(this.#rules, this.rulesNode, "dk-rule", { id: free("rule", this.#rules), fault: { type: "delay.fixed", delay: "2s" } });
    const expectation = () => this.#add(this.#expects, this.expectsNode, "dk-expect", { id: free("expectation", this.#expects), title: "Tries again, and not more than three times", calls: { match: { operation: ["tasks.list"] }, at_least: 1, at_most: 3 } });
    this.#rules = [];
    this.#expects = [];
    fill(this.body,
      h("div", { class: "fields" }, field("Name, and the file's", this.name_, { hint: "a-z, 0-9, dashes" }), field("Title", this.title_), field("The story", this.description, { wide: true }),
        field("Tags", this.tags, { hint: "several with commas" }), field("Extends", this.extends_, { hint: "scenarios whose rules and expectations it takes over" })),
      this.rulesNode, more("Another rule", rule),
      h("h3", {}, "What a good frontend does"), h("p", { class: "soft" }, "A drill judges by this. Without any, the scenario can be switched on, but not drilled."),
      this.expectsNode, more("Another expectation", expectation));
    for (const given of scenario.rules ?? []) await this.#add(this.#rules, this.rulesNode, "dk-rule", given);
    for (const given of scenario.expect ?? []) await this.#add(this.#expects, this.expectsNode, "dk-expect", given);
  }

  async #add(editors, place, tag, given) {
    const editor = document.createElement(tag);
    await editor.setup(given);
    // Only now: what is typed elsewhere meanwhile asks every editor for its value.
    editors.push(editor);
    place.append(editor);
    editor.addEventListener("change", () => this.#changed());
    editor.addEventListener("remove", () => {
      editors.splice(editors.indexOf(editor), 1);
      editor.remove();
      this.#changed();
    });
    this.#changed();
  }

  #toText(written) {
    this.#text = written;
    this.#rules = [];
    this.#expects = [];
    text(this.mode, "Use the form");
    this.area = h("textarea", { class: "mono yaml-area", rows: 26, spellcheck: false, value: written, "aria-label": "The scenario's YAML" });
    this.area.addEventListener("input", () => {
      this.#text = this.area.value;
      this.#changed();
    });
    fill(this.body, this.area);
  }

  async #switch() {
    const found = await post("/scenarios/check", this.#given());
    if (this.#text === null) this.#toText(found.text);
    else if (drawable(found.scenario)) await this.#toForm(found.scenario);
    else toast("The form cannot show this; mend it as YAML first", "bad");
    await this.#check();
  }

  /** What the server is told: JSON from the form, or the YAML as it was written. */
  #given() {
    if (this.#text !== null) return { text: this.#text };
    const rest = { ...this.#draft };
    for (const shown of ["name", "title", "description", "tags", "extends", "rules", "expect"]) delete rest[shown];
    const story = this.description.value.trim();
    const parts = { tags: listed(this.tags), extends: listed(this.extends_), rules: this.#rules.map((rule) => rule.value), expect: this.#expects.map((expectation) => expectation.value) };
    const filled = Object.entries(parts).filter(([, values]) => values.length);
    return { scenario: { name: this.name_.value.trim(), title: this.title_.value.trim(), ...(story ? { description: `${story}\n` } : {}), ...rest, ...Object.fromEntries(filled) } };
  }

  #changed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), CHECK_AFTER_MS);
  }

  async #check() {
    const given = this.#given();
    if (!this.file) keepDraft(given.scenario ?? given);
    const asked = ++this.#asked;
    let found;
    try {
      found = await post("/scenarios/check", given);
    } catch (error) {
      if (!error.code) throw error;
      found = { text: "", warnings: [], problem: { message: error.told } };
    }
    if (asked !== this.#asked) return;
    this.#problem = found.problem;
    fill(this.verdict, found.problem ? problem(found) : found.warnings.length
      ? found.warnings.map((warning) => h("p", { class: "notice warn" }, warning))
      : h("p", { class: "notice good" }, "Valid."));
    fill(this.preview, h("div", { class: "row" }, h("h3", {}, "YAML"), copyButton("Copy", found.text)), yaml(found.text, found.problem));
  }

  async #try(ttl) {
    await unlessFatal((force) => post("/scenarios/try", { ...this.#given(), ...(ttl ? { ttl } : {}), ...force }));
    await store.refresh();
  }

  async #save() {
    const given = this.#given();
    const name = given.scenario?.name ?? /^name:\s*["']?([a-z0-9-]+)/m.exec(given.text)?.[1] ?? "";
    if (!name) {
      toast("It needs a name", "bad");
      return;
    }
    let saved;
    try {
      saved = await put(`/scenarios/${segment(name)}`, { ...given, replace: this.file === name });
    } catch (error) {
      if (error.code !== "conflict") throw error;
      if (!(await confirmed({ title: `Write over ${name}.yaml?`, body: `${error.message}. What it holds now is lost.`, yes: "Write over it" }))) return;
      saved = await put(`/scenarios/${segment(name)}`, { ...given, replace: true });
    }
    dropDraft();
    toast(`Saved: ${saved.file}${saved.hides_shipped ? " (it goes before the shipped one of that name)" : ""}`, "good");
    await store.refresh();
    go("scenarios", name);
  }

  async #anew() {
    dropDraft();
    await this.begin(null);
  }
}

/** Whether the form can show it without losing anything. */
function drawable(scenario) {
  const listOf = (value, fits) => value === undefined || (Array.isArray(value) && value.every(fits));
  const object = (value) => Boolean(value) && typeof value === "object" && !Array.isArray(value);
  const word = (value) => typeof value === "string" && !value.includes(",");
  return object(scenario) && listOf(scenario.tags, word) && listOf(scenario.extends, word)
    && listOf(scenario.rules, (rule) => object(rule) && object(rule.fault ?? {}))
    && listOf(scenario.expect, (one) => object(one) && object(one.calls ?? {}) && object(one.socket ?? {}) && object(one.calls?.match ?? {}) && !(one.calls && one.socket));
}

const listed = (input) => input.value.split(",").map((item) => item.trim()).filter(Boolean);

/** An id that none of the editors has. */
function free(stem, editors) {
  const taken = new Set(editors.map((editor) => editor.value.id));
  let at = editors.length + 1;
  while (taken.has(`${stem}-${at}`)) at += 1;
  return `${stem}-${at}`;
}

customElements.define("dk-compose", Composer);
