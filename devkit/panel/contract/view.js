/* The reference: every operation in every dialect, then what is said on WebSockets. */

import { onSandbox } from "../core/api.js";
import { fill, h, icon, keyed, text } from "../core/dom.js";
import { arrows } from "../core/keys.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { View } from "../core/view.js";
import { badge, empty, searchBox } from "../parts/bits.js";
import { operations, sockets } from "./document.js";
import "./operation.js";
import { SOCKETS } from "./socket.js";

export class ContractView extends View {
  static every = 0;
  #all = [];
  #sockets = [];
  #current = "";

  build() {
    this.search = searchBox("Search operations, paths, events", () => this.draw());
    // An address of the reference may name one.
    this.dialect = h("select", { "aria-label": "Dialect" }, h("option", { value: "" }, "all dialects"));
    this.dialect.addEventListener("change", () => this.#choose());
    this.list = h("ul", { class: "op-list", "aria-label": "Operations" });
    this.found = h("p", { class: "soft pad", role: "status" });
    this.detail = h("dk-operation", { class: "pane" });
    this.socket = h("dk-socket", { class: "pane" });
    this.links = h("p", {});
    this.start = h("div", { class: "pane" }, empty("Choose an operation",
      h("p", {}, "Each is told with its fields, its answers and the faults that reach it, and has an example that can be sent from here; the journal shows what came of it."), this.links));
    fill(this,
      h("div", { class: "side" }, h("div", { class: "side-head" }, h("div", { class: "row" }, h("h2", { class: "view-title" }, "Reference"), this.dialect), this.search.node), this.list, this.found),
      h("div", { class: "main-pane" }, h("a", { class: "back-link", href: address("contract") }, icon("back"), "All operations"), this.start, this.detail, this.socket));
    arrows(this.list, "a");
    this.search.box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      this.list.querySelector("a")?.focus();
    });
  }

  enter() {
    this.key("/", "Search", () => this.search.box.focus(), "Reference");
  }

  async refresh() {
    this.#all = await operations();
    const dialects = [...new Set(this.#all.flatMap(({ routes }) => routes.map(({ dialect }) => dialect)))];
    const wanted = new URLSearchParams(location.search).get("dialect");
    if (this.dialect.options.length === 1) this.dialect.append(...dialects.map((name) => h("option", { value: name, selected: name === wanted }, name)));
    this.dialect.hidden = dialects.length < 2;
    this.draw();
    await this.#choose();
  }

  async #choose() {
    const named = this.dialect.value;
    const asked = named ? `?dialect=${encodeURIComponent(named)}` : "";
    fill(this.links, "For other tools: ", h("a", { href: onSandbox(`/_devkit/openapi.json${asked}`) }, "OpenAPI"), " and ", h("a", { href: onSandbox(`/_devkit/asyncapi.json${asked}`) }, "AsyncAPI"), ".");
    const found = await sockets(named);
    if (named === this.dialect.value) this.#sockets = found;
    this.draw();
  }

  async show({ steps }) {
    if (!this.#all.length) await this.refresh();
    const [dialect, name, said] = steps;
    const operation = dialect === SOCKETS ? null : this.#all.find((candidate) => candidate.operation === name);
    const socket = dialect === SOCKETS ? this.#sockets.find(({ key }) => key === name) : null;
    this.#current = operation ? name : socket ? `${SOCKETS}${name} ${said ?? ""}` : "";
    this.classList.toggle("opened", Boolean(operation ?? socket));
    this.start.hidden = Boolean(operation ?? socket);
    this.detail.hidden = !operation;
    this.socket.hidden = !socket;
    if (operation) await this.detail.show(operation, dialect);
    if (socket) this.socket.show(socket, socket.messages.find(({ key }) => key === said));
    this.draw();
  }

  draw() {
    const words = this.search.box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (all) => words.every((word) => all.toLowerCase().includes(word));
    const calls = this.#all
      .map((row) => ({ ...row, routes: row.routes.filter(({ dialect }) => !this.dialect.value || dialect === this.dialect.value) }))
      .filter(({ operation, summary, routes }) => routes.length && fits(`${operation} ${summary} ${routes.map(({ method, path, dialect }) => `${method} ${path} ${dialect}`).join(" ")}`));
    const messages = this.#sockets.flatMap(({ key, address: path, title, summary, messages: said }) => [
      { key: `${SOCKETS}${key} `, area: `${title}: WebSocket ${path}`, summary, under: path, href: address("contract", SOCKETS, key) },
      ...said.map((message) => ({ key: `${SOCKETS}${key} ${message.key}`, area: `${title}: WebSocket ${path}`, summary: message.summary, under: message.name, mark: `from the ${message.said}`, href: address("contract", SOCKETS, key, message.key) })),
    ]).filter(({ area, summary, under, mark = "" }) => fits(`${area} ${summary} ${under} ${mark} event`));
    const found = [...calls.map(callRow), ...messages];
    const rows = found.flatMap((row, at) => (row.area === found[at - 1]?.area ? [row] : [{ heading: row.area }, row]));
    keyed(this.list, rows, (row) => row.key ?? row.heading, ({ heading, key, summary, under, mark, href }) => {
      if (heading) return h("li", { class: "area" }, heading);
      return h("li", {}, h("a", { href, data: { key } },
        h("span", { class: "strong" }, summary),
        h("span", { class: "under" }, h("code", {}, under), mark ? badge(mark) : null)));
    });
    for (const link of this.list.querySelectorAll("a")) {
      if (link.dataset.key === this.#current) {
        if (!link.hasAttribute("aria-current")) link.scrollIntoView({ block: "nearest" });
        link.setAttribute("aria-current", "true");
      }
      else link.removeAttribute("aria-current");
    }
    const count = (many, one) => `${many} ${many === 1 ? one : `${one}s`}`;
    text(this.found, found.length ? `${count(calls.length, "operation")}, ${count(messages.filter(({ mark }) => mark).length, "message")}` : "Nothing fits.");
  }
}

function callRow({ operation, summary, routes }) {
  const [{ dialect, method, path }] = routes;
  const dialects = new Set(routes.map((route) => route.dialect)).size;
  return { key: operation, area: operation.split(".")[0], summary, under: `${method} ${path}`, mark: dialects > 1 ? `${dialects} dialects` : "", href: address("contract", dialect, operation) };
}

customElements.define("dk-contract", ContractView);
