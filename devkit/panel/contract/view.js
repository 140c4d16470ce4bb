/* Contract: every operation, in every dialect. */

import { fill, h, icon, keyed, text } from "../core/dom.js";
import { arrows } from "../core/keys.js";
import { address } from "../core/router.js";
import { View } from "../core/view.js";
import { badge, empty, searchBox } from "../parts/bits.js";
import { operations } from "./document.js";
import "./operation.js";

export class ContractView extends View {
  static every = 0;
  #all = [];
  #current = null;

  build() {
    this.search = searchBox("Search operations, paths", () => this.draw());
    this.list = h("ul", { class: "op-list", "aria-label": "Operations" });
    this.found = h("p", { class: "soft pad", role: "status" });
    this.detail = h("dk-operation", { class: "pane" });
    this.start = h("div", { class: "pane" }, empty("Choose an operation",
      h("p", {}, "Each has an example that can be sent from here; the journal shows what came of it. The whole contract with its schemas is in the ", h("a", { href: "/_devkit/docs" }, "API reference"), ".")));
    fill(this,
      h("div", { class: "side" }, h("div", { class: "side-head" }, h("h2", { class: "view-title" }, "Contract"), this.search.node), this.list, this.found),
      h("div", { class: "main-pane" }, h("a", { class: "back-link", href: address("contract") }, icon("back"), "All operations"), this.start, this.detail));
    arrows(this.list, "a");
    this.search.box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      this.list.querySelector("a")?.focus();
    });
  }

  enter() {
    this.key("/", "Search", () => this.search.box.focus(), "Contract");
  }

  async refresh() {
    this.#all = await operations();
    this.draw();
  }

  async show({ steps }) {
    if (!this.#all.length) await this.refresh();
    const [dialect, name] = steps;
    this.#current = this.#all.find((candidate) => candidate.operation === name) ?? null;
    this.classList.toggle("opened", Boolean(this.#current));
    this.start.hidden = Boolean(this.#current);
    this.detail.hidden = !this.#current;
    if (this.#current) await this.detail.show(this.#current, dialect);
    this.draw();
  }

  draw() {
    const words = this.search.box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ operation, summary, routes }) => {
      const all = `${operation} ${summary} ${routes.map(({ method, path, dialect }) => `${method} ${path} ${dialect}`).join(" ")}`.toLowerCase();
      return words.every((word) => all.includes(word));
    };
    const found = this.#all.filter(fits);
    const rows = found.flatMap((row, at) => (areaOf(row) === areaOf(found[at - 1]) ? [row] : [{ area: areaOf(row) }, row]));
    keyed(this.list, rows, (row) => row.operation ?? row.area, ({ area, operation, summary, routes }) => {
      if (area) return h("li", { class: "area" }, area);
      const [{ dialect, method, path }] = routes;
      const dialects = new Set(routes.map((route) => route.dialect));
      return h("li", {}, h("a", { href: address("contract", dialect, operation), data: { operation } },
        h("span", { class: "strong" }, summary),
        h("span", { class: "under" }, h("code", {}, `${method} ${path}`), dialects.size > 1 ? badge(`${dialects.size} dialects`) : null)));
    });
    for (const link of this.list.querySelectorAll("a")) {
      if (link.dataset.operation === this.#current?.operation) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    text(this.found, this.#all.length && !found.length ? "No operation fits." : "");
  }
}

const areaOf = (row) => row?.operation.split(".")[0];

customElements.define("dk-contract", ContractView);
