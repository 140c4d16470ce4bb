/* Scenarios: found, read, switched on and off. */

import { get } from "../core/api.js";
import { fill, h, icon, keyed, text } from "../core/dom.js";
import { arrows } from "../core/keys.js";
import { address, become, go } from "../core/router.js";
import { store } from "../core/store.js";
import { View } from "../core/view.js";
import { badge, empty, searchBox } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { allOff, switchOff, switchOn } from "./active.js";
import "./compose.js";
import "./detail.js";

export class ScenariosView extends View {
  static every = 3000;
  rows = [];
  #tag = "";

  build() {
    this.search = searchBox("Search scenarios", () => this.draw());
    this.tags = h("div", { class: "chips", role: "group", "aria-label": "Tags" });
    this.list = h("ul", { class: "scenario-list" });
    this.found = h("p", { class: "soft pad", role: "status" });
    this.detail = h("dk-scenario", { class: "pane" });
    this.composer = h("dk-compose", { class: "pane", hidden: true });
    this.start = h("div", { class: "pane" });
    const compose = h("a", { class: "button small primary", href: address("scenarios", "new") }, icon("plus"), "Compose");
    const back = h("a", { class: "back-link", href: address("scenarios") }, icon("back"), "All scenarios");
    fill(
      this,
      h("div", { class: "side" },
        h("div", { class: "side-head" }, h("div", { class: "row" }, h("h2", { class: "view-title" }, "Scenarios"), compose), this.search.node, this.tags),
        h("dk-active", { class: "active", hidden: true }), this.list, this.found),
      h("div", { class: "main-pane" }, back, this.detail, this.composer, this.start),
    );
    fill(this.start, empty("Choose what shall go wrong",
      h("p", {}, "A scenario breaks the backend the way real ones break: on the wire, repeatably, in this sandbox alone. Open one to read its story, or press ", h("kbd", {}, "Space"), " on it to switch it on.")));
    arrows(this.list, "a");
    this.list.addEventListener("keydown", (event) => {
      const name = event.target.closest("a")?.dataset.name;
      if (event.key !== " " || !name) return;
      event.preventDefault();
      this.#toggle(name, event.target.closest("li").querySelector("[role=switch]"));
    });
  }

  enter() {
    this.key("/", "Search", () => this.search.box.focus(), "Scenarios");
    this.key("n", "Compose a new one", () => go("scenarios", "new"), "Scenarios");
    this.key("0", "Switch everything off", () => act(null, allOff, "Everything is off"), "Scenarios");
    this.listen(store, "change", () => this.#marks());
    this.search.box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      this.list.querySelector("a")?.focus();
    });
  }

  async refresh() {
    this.rows = (await get("/scenarios")).data;
    this.draw();
    if (this.detail.name && !this.detail.hidden) await this.#open(this.detail.name);
  }

  async show({ steps }) {
    const [first, second] = steps;
    const composing = first === "new" || (first === "edit" && second);
    this.classList.toggle("opened", Boolean(first));
    this.composer.hidden = !composing;
    this.detail.hidden = composing || !first;
    this.start.hidden = Boolean(first);
    if (composing) {
      this.detail.name = null;
      await this.composer.begin(first === "edit" ? second : null);
    } else if (first) {
      if (!this.rows.some((row) => row.name === first)) this.rows = (await get("/scenarios")).data;
      if (this.rows.some((row) => row.name === first)) await this.#open(first);
      else {
        become("scenarios");
        await this.show({ steps: [] });
      }
    } else this.detail.name = null;
    this.draw();
  }

  #open(name) {
    const row = this.rows.find((candidate) => candidate.name === name);
    // Gone meanwhile, as one is that was only tried and is switched off: what is shown stays.
    return row ? this.detail.show(name, Boolean(row.error) && !row.title) : undefined;
  }

  draw() {
    this.#drawTags();
    const words = this.search.box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) => {
      const all = `${row.name} ${row.title} ${row.description} ${row.tags.join(" ")}`.toLowerCase();
      return words.every((word) => all.includes(word)) && (!this.#tag || row.tags.includes(this.#tag));
    };
    const rows = this.rows.filter(fits).map(({ name, title, active, error, problem, source }) => ({ name, title, active, source, error: problem ? `line ${problem.line}: ${problem.message}` : error }));
    // A user's own come first, and among all those that are broken: there is something to do.
    rows.sort((a, b) => Boolean(b.error) - Boolean(a.error) || (a.source === "shipped") - (b.source === "shipped"));
    keyed(this.list, rows, (row) => row.name, (row) => this.#row(row));
    for (const link of this.list.querySelectorAll("a")) {
      if (link.dataset.name === this.detail.name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    text(this.found, this.rows.length && !rows.length ? "No scenario fits." : "");
  }

  #drawTags() {
    const tags = [...new Set(this.rows.flatMap((row) => row.tags))].sort();
    keyed(this.tags, tags.map((tag) => ({ tag, on: tag === this.#tag })), ({ tag }) => tag, ({ tag, on }) =>
      h("button", { type: "button", class: "chip", "aria-pressed": String(on), data: { act: "tag" }, on: { click: () => this.#choose(tag) } }, tag));
  }

  #choose(tag) {
    this.#tag = this.#tag === tag ? "" : tag;
    this.draw();
  }

  #row(row) {
    const toggle = h("button", { type: "button", class: "switch", role: "switch", "aria-checked": String(row.active), "aria-label": `${row.title || row.name} on`, data: { act: "switch" } });
    toggle.addEventListener("click", () => this.#toggle(row.name, toggle));
    toggle.disabled = Boolean(row.error) && !row.active && !row.title;
    return h("li", { class: row.active ? "on" : "" },
      h("a", { href: address("scenarios", row.name), data: { name: row.name, act: "open" } },
        h("span", { class: "strong" }, row.title || row.name),
        h("span", { class: "under" }, h("code", {}, row.name),
          row.source === "shipped" ? null : badge(row.source === "unsaved" ? "not saved" : row.source === "removed" ? "file removed" : "yours", "accent")),
        row.error ? h("span", { class: "bad-text" }, row.error) : null),
      toggle);
  }

  async #toggle(name, button) {
    const on = store.active.some((active) => active.name === name);
    await act(button, () => (on ? switchOff(name) : switchOn(name)));
    this.detail.forget();
    await this.again();
  }

  /** Somebody else may have switched something: the switches follow at once. */
  #marks() {
    const on = new Set(store.active.map((active) => active.name));
    const stale = this.rows.some((row) => row.active !== on.has(row.name)) || [...on].some((name) => !this.rows.some((row) => row.name === name));
    if (stale || (this.detail.name && on.has(this.detail.name))) this.again();
  }
}

customElements.define("dk-scenarios", ScenariosView);
