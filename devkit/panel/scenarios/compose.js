/* Compose a scenario: a form, or its YAML; checked as one writes, tried at once, saved as a file. */

import { get, post, put, segment } from "../core/api.js";
import { fill, h, icon, text } from "../core/dom.js";
import { go } from "../core/router.js";
import { store } from "../core/store.js";
import { copyButton, field } from "../parts/bits.js";
import { confirmed } from "../parts/dialogs.js";
import { act, toast } from "../parts/toast.js";
import { problem, yaml } from "./detail.js";
import { dropDraft, fresh, keepDraft, keptDraft } from "./drafts.js";
import "./rule-editor.js";

const CHECK_AFTER_MS = 250;

export class Composer extends HTMLElement {
  /** The name of the file that is edited; null for a new one. */
  file = null;
  #draft = null;
  #text = null;
  #rules = [];
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
    this.rulesNode = h("div", { class: "rule-list" });
    const add = h("button", { type: "button", class: "small", on: { click: () => this.#add({ id: `rule-${this.#rules.length + 1}`, fault: { type: "delay.fixed", delay: "2s" } }) } }, icon("plus"), "Another rule");
    this.#rules = [];
    fill(this.body,
      h("div", { class: "fields" }, field("Name, and the file's", this.name_, { hint: "a-z, 0-9, dashes" }), field("Title", this.title_), field("The story", this.description, { wide: true })),
      this.rulesNode, h("div", { class: "row start" }, add));
    for (const rule of scenario.rules ?? []) await this.#add(rule);
  }

  async #add(rule) {
    const editor = document.createElement("dk-rule");
    this.#rules.push(editor);
    this.rulesNode.append(editor);
    await editor.setup(rule);
    editor.addEventListener("change", () => this.#changed());
    editor.addEventListener("remove", () => {
      this.#rules.splice(this.#rules.indexOf(editor), 1);
      editor.remove();
      this.#changed();
    });
    this.#changed();
  }

  #toText(written) {
    this.#text = written;
    this.#rules = [];
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
    const scenario = { ...this.#draft, name: this.name_.value.trim(), title: this.title_.value.trim() };
    if (this.description.value.trim()) scenario.description = `${this.description.value.trim()}\n`;
    else delete scenario.description;
    const { expect, ...rest } = scenario;
    rest.rules = this.#rules.map((rule) => rule.value);
    return { scenario: expect ? { ...rest, expect } : rest };
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
    await post("/scenarios/try", { ...this.#given(), ...(ttl ? { ttl } : {}) });
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
  return Boolean(scenario) && typeof scenario === "object" && !Array.isArray(scenario)
    && (scenario.rules === undefined || (Array.isArray(scenario.rules) && scenario.rules.every((rule) => rule && typeof rule === "object" && typeof (rule.fault ?? {}) === "object")));
}

customElements.define("dk-compose", Composer);
