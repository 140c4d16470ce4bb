/* One scenario: its story, what a good frontend does about it, its rules, its file. */

import { get, post, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { duration } from "../core/format.js";
import { address, go } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, prose, withCode } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { switchOff, switchOn } from "./active.js";
import { keepDraft } from "./drafts.js";

const FOR = [["1m", "1 minute"], ["5m", "5 minutes"], ["30m", "30 minutes"]];

export class ScenarioDetail extends HTMLElement {
  name = null;
  #print = "";

  /** `broken`: its file was never valid, so that there is nothing but the file to show. */
  async show(name, broken = false) {
    this.name = name;
    const asked = name;
    if (broken) return this.#broken(name);
    const scenario = await get(`/scenarios/${segment(name)}`);
    if (asked !== this.name) return undefined;
    const on = store.active.find((active) => active.name === name);
    const print = JSON.stringify([scenario, on]);
    if (print === this.#print) return undefined;
    // Which parts are folded out, and where the focus is, outlives that a counter moved.
    const open = [...this.querySelectorAll("details")].map((node) => node.open);
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const same = this.#print && JSON.parse(this.#print)[0].name === name;
    this.#print = print;
    const faults = (await store.known("/faults")).data;
    if (asked !== this.name) return undefined;
    fill(this, this.#parts(scenario, on, faults));
    if (same) this.querySelectorAll("details").forEach((node, at) => (node.open = open[at] ?? node.open));
    if (focused) this.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
    return undefined;
  }

  forget() {
    this.#print = "";
  }

  #parts(scenario, on, faults) {
    return [
      h("header", { class: "story" },
        h("p", { class: "row start" }, h("code", {}, scenario.name), scenario.tags.map((tag) => badge(tag)), scenario.source === "shipped" ? null : badge(scenario.source === "unsaved" ? "not saved" : "yours", "accent")),
        h("h2", {}, scenario.title),
        scenario.description ? prose(scenario.description) : null),
      problem(scenario),
      this.#switch(scenario, on),
      scenario.expect.length
        ? h("section", { class: "part" }, h("h3", {}, "What a good frontend does"), h("ul", { class: "expect" }, scenario.expect.map((expected) => h("li", {}, expected.title))))
        : null,
      h("section", { class: "part" }, h("h3", {}, "Rules"), h("ol", { class: "rules" }, scenario.rules.map((rule) => ruleOf(rule, on, faults)))),
      scenario.warnings?.length ? h("p", { class: "notice warn" }, scenario.warnings.join("\n")) : null,
      scenario.source === "unsaved" || scenario.source === "removed" ? null : this.#file(scenario),
    ];
  }

  #switch(scenario, on) {
    const toggle = h("button", { type: "button", class: on ? "danger" : "primary", data: { act: "toggle" } }, on ? "Switch off" : "Switch on");
    toggle.addEventListener("click", () => this.#does(toggle, () => (on ? switchOff(scenario.name) : switchOn(scenario.name))));
    const timed = FOR.map(([ttl, label]) => {
      const button = h("button", { type: "button", class: "small", data: { act: ttl }, title: `On, and off again after ${label} by the sandbox's clock` }, `Off in ${label}`);
      button.addEventListener("click", () => this.#does(button, () => switchOn(scenario.name, ttl)));
      return button;
    });
    const own = scenario.source !== "shipped" && scenario.source !== "unsaved";
    const copy = h("button", { type: "button", class: "small", data: { act: "copy" }, on: { click: () => act(copy, () => this.#compose(scenario, own)) } }, own ? "Edit" : "Make my own of it");
    const filed = scenario.source !== "removed" && scenario.source !== "unsaved";
    const drill = h("button", { type: "button", class: "small", data: { act: "drill" }, title: "Switch it on here, and judge what the frontend does about it", on: { click: () => act(drill, () => this.#drill(scenario.name)) } }, "Drill this");
    return h("div", { class: "row start actions" }, toggle, timed, filed && scenario.expect.length ? drill : null, filed ? copy : null);
  }

  async #drill(name) {
    const { id } = await post("/drills", { scenario: name });
    await store.refresh();
    go("drills", id);
  }

  async #does(button, work) {
    await act(button, work);
    this.forget();
    await this.show(this.name);
  }

  async #compose(scenario, own) {
    if (own) return go("scenarios", "edit", scenario.name);
    const { text } = await get(`/scenarios/${segment(scenario.name)}/source`);
    keepDraft({ text: text.replace(/^name:.*$/m, `name: my-${scenario.name}`.slice(0, 70)) });
    return go("scenarios", "new");
  }

  #file(scenario) {
    const body = h("div", {});
    const details = h("details", {}, h("summary", {}, "The file"), body);
    details.addEventListener("toggle", async () => {
      if (!details.open) return;
      const source = await get(`/scenarios/${segment(scenario.name)}/source`);
      fill(body, h("p", { class: "soft mono" }, source.file), yaml(source.text, source.problem));
    });
    return details;
  }

  /** A file that was never valid: what is wrong with it, and where. */
  async #broken(name) {
    const source = await get(`/scenarios/${segment(name)}/source`);
    const print = JSON.stringify([{ name }, source]);
    if (print === this.#print || name !== this.name) return;
    this.#print = print;
    fill(this,
      h("header", { class: "story" }, h("p", {}, h("code", {}, name)), h("h2", {}, "This file cannot be used")),
      problem(source), h("p", { class: "soft mono" }, source.file), yaml(source.text, source.problem),
      h("div", { class: "row start actions" }, h("a", { class: "button small", href: address("scenarios", "edit", name) }, "Mend it here")));
  }
}

/** All that is wrong with a file, each with its line. */
export function problem({ problem: found, error }) {
  if (!found) return error ? h("p", { class: "notice bad" }, error) : null;
  return h("div", { class: "notice bad", role: "alert" },
    [found, ...found.others ?? []].flatMap(mistake),
    error ? h("p", { class: "soft" }, "Its last good version, if there was one, stays in use.") : null);
}

function mistake(found) {
  return [
    h("p", {}, h("strong", {}, found.line ? `Line ${found.line}${found.column ? `, column ${found.column}` : ""}: ` : ""), found.message),
    found.source?.trim() ? h("pre", { class: "code inline" }, found.source) : null,
    found.remedy ? h("p", { class: "soft" }, found.remedy) : null,
  ];
}

/** YAML with numbered lines; those that a problem is told of are marked. */
export function yaml(text, found) {
  const marked = new Set(found ? [found, ...found.others ?? []].map(({ line }) => line) : []);
  return h("pre", { class: "code numbered", tabIndex: 0, role: "region", "aria-label": "YAML" },
    text.replace(/\n$/, "").split("\n").map((line, at) => h("span", { class: marked.has(at + 1) ? "line marked" : "line" }, `${line}\n`)));
}

function ruleOf(rule, on, faults) {
  const kind = faults.find((fault) => fault.kind === rule.fault.type);
  const counters = on?.rules.find((active) => active.id === rule.id);
  return h("li", {},
    h("div", { class: "row" },
      h("p", {}, h("code", {}, rule.id), " injects ", h("strong", {}, rule.fault.type)),
      counters ? badge(`${counters.matched} matched · ${counters.struck} struck`, counters.struck ? "warn" : "") : null),
    kind ? h("p", { class: "soft" }, withCode(kind.story)) : null,
    h("dl", { class: "pairs tight" },
      line("Match", Object.entries(rule.match ?? {}).map(([name, value]) => `${name}: ${written(value)}`)),
      line("When", Object.entries(rule.when ?? {}).map(([name, value]) => `${name} ${["after", "for"].includes(name) ? duration(value) : value}`)),
      line("With", Object.entries(rule.fault).filter(([name]) => name !== "type").map(([name, value]) => `${name}: ${parameter(kind, name, value)}`)),
      rule.phase ? line("Phase", [rule.phase.replace("_", " ")]) : null,
      rule.then ? line("Then", [`state ${rule.then.state}`]) : null));
}

const line = (label, parts) => (parts.length ? h("div", {}, h("dt", {}, label), h("dd", { class: "mono" }, parts.join(", "))) : null);

const written = (value) => (Array.isArray(value) ? value.join(" | ") : typeof value === "object" ? JSON.stringify(value) : String(value));

/** Durations come as milliseconds: the schema says which parameters are some. */
function parameter(kind, name, value) {
  const schema = kind?.schema.properties?.[name];
  const options = [schema, ...(schema?.anyOf ?? [])];
  if (typeof value === "number" && options.some((option) => option?.description?.startsWith("A number and a unit"))) return duration(value);
  return written(value);
}

customElements.define("dk-scenario", ScenarioDetail);
