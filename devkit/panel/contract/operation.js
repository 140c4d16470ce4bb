/* One operation: how each dialect spells it, and an example that can be sent. */

import { get, query } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { bytes, seconds } from "../core/format.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, field, prose, statusClass } from "../parts/bits.js";
import { bodyView } from "../parts/json-view.js";
import { act } from "../parts/toast.js";
import { journal } from "../traffic/journal.js";
import { described } from "./document.js";
import { send } from "./send.js";

/** Where an id that is really there can be had for an example's path. */
const LISTS = { tasks: "/tasks", uploads: "/uploads", auth: "/sessions" };

export class Operation extends HTMLElement {
  #shown = "";
  #asked = 0;

  /** Show an operation in a dialect (its first, where that has none). */
  async show(operation, dialect) {
    const route = operation.routes.find((candidate) => candidate.dialect === dialect) ?? operation.routes[0];
    const key = `${operation.operation} ${route.dialect} ${route.path}`;
    if (key === this.#shown) return;
    await this.#draw(operation, route, key);
  }

  async #draw(operation, route, key) {
    const asked = ++this.#asked;
    const about = await described(route);
    if (asked !== this.#asked) return;
    this.#shown = key;
    const dialects = [...new Set(operation.routes.map((candidate) => candidate.dialect))];
    const paths = operation.routes.filter((candidate) => candidate.dialect === route.dialect);
    this.path = h("select", { "aria-label": "Address" }, paths.map((candidate, at) => h("option", { value: at, selected: candidate === route }, `${candidate.method} ${candidate.path}`)));
    this.path.addEventListener("change", () => this.#draw(operation, paths[Number(this.path.value)], `${key} ${this.path.value}`));
    this.answer = h("div", { class: "answer", "aria-live": "polite" });
    fill(this,
      h("header", { class: "story" },
        h("p", { class: "row start" }, h("code", {}, operation.operation), badge(ACCESS[operation.access] ?? operation.access), about.emits.map((event) => badge(`tells ${event}`))),
        h("h2", {}, operation.summary), about.description ? prose(about.description) : null),
      h("div", { class: "row start" },
        h("div", { class: "tabs", role: "group", "aria-label": "Dialects" }, dialects.map((name) => h("a", { class: "chip", href: address("contract", name, operation.operation), "aria-current": name === route.dialect ? "true" : null }, name))),
        paths.length > 1 ? this.path : h("code", {}, `${route.method} ${route.path}`)),
      this.#form(operation, route, about), this.answer,
      h("details", {}, h("summary", {}, `Answers (${about.answers.length})`),
        h("dl", { class: "pairs tight" }, about.answers.map(({ status, description }) => h("div", {}, h("dt", {}, badge(status, statusClass(Number(status)))), h("dd", {}, description))))));
  }

  #form(operation, route, about) {
    const inputs = about.parameters.filter((parameter) => parameter.in !== "cookie").map((parameter) => ({ parameter, input: inputOf(parameter) }));
    const who = h("input", { type: "email", value: store.status?.test_user.email ?? "", placeholder: "nobody", autocomplete: "off" });
    who.setAttribute("list", "identities");
    const json = about.body["application/json"];
    const multipart = about.body["multipart/form-data"];
    const area = json ? h("textarea", { class: "mono", spellcheck: false, rows: 7, value: JSON.stringify(json.example ?? {}, null, 2) }) : null;
    if (area) area.rows = Math.min(16, area.value.split("\n").length + 1);
    const file = multipart ? h("input", { type: "file" }) : null;
    const button = h("button", { class: "primary" }, "Send");
    const form = h("form", { class: "fields send" },
      field("As", who, { hint: "An email; left empty, nobody. Sent with a token, without cookies" }),
      inputs.map(({ parameter, input }) => field(`${parameter.name}${parameter.required ? " *" : ""}`, input, { hint: `${parameter.in}${parameter.description ? ` · ${parameter.description}` : ""}` })),
      area ? field("Body", area, { wide: true, hint: "JSON, sent as it stands here" }) : null,
      file ? field("file", file, { wide: true, hint: "Left empty, a small text file is sent" }) : null,
      h("div", { class: "row start" }, button, h("span", { class: "soft" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter"))),
      h("datalist", { id: "identities" }, ["test@example.com", "other@example.com", "admin@example.com", "empty@example.com"].map((email) => h("option", { value: email }))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(button, () => this.#send(route, inputs, who.value.trim(), area, file));
    });
    form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
    this.#realId(operation, inputs, who);
    return form;
  }

  async #send(route, inputs, identity, area, file) {
    let path = route.path;
    const given = {};
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value !== "") (parameter.in === "header" ? headers : given)[parameter.name] = input.value;
    }
    let body = area?.value;
    if (file) {
      body = new FormData();
      body.append("file", file.files[0] ?? new File(["A small file.\n"], "example.txt", { type: "text/plain" }));
    }
    try {
      const answer = await send({ method: route.method, path, query: given, headers, body, identity });
      fill(this.answer, answerView(answer));
    } catch (error) {
      if (error.code) throw error;
      fill(this.answer, h("p", { class: "notice bad" }, `No answer: ${error.message}. `, h("a", { href: "#/traffic" }, "The journal tells what happened.")));
    }
  }

  /** An example's id names nothing: put one there that does. */
  async #realId(operation, inputs, who) {
    const list = LISTS[operation.operation.split(".")[0]];
    const target = inputs.find(({ parameter }) => parameter.in === "path" && parameter.name === "id");
    if (!list || !target) return;
    try {
      const found = await get(`${list}${query({ user: who.value, limit: 1 })}`);
      if (found.data[0]) target.input.value = found.data[0].id;
    } catch (error) {
      if (!error.code) throw error;
    }
  }
}

const ACCESS = { public: "public", signed_in: "signed in", user: "signed in" };

function inputOf({ schema = {}, example, required, in: place }) {
  const usual = example ?? "";
  if (schema.enum || schema.type === "boolean") {
    const options = schema.enum ?? ["true", "false"];
    return h("select", { required }, required ? null : h("option", { value: "" }, "–"), options.map((option) => h("option", { value: option, selected: option === usual }, String(option))));
  }
  const input = h("input", { type: schema.type === "integer" ? "number" : "text", required, value: place === "header" ? "" : usual, autocomplete: "off", spellcheck: false });
  if (schema.default !== undefined) input.placeholder = String(schema.default);
  return input;
}

function answerView({ status, headers, body, size, took, requestId }) {
  const link = h("a", { href: "#/traffic" }, "in the journal");
  link.addEventListener("click", () => {
    const entry = journal.entries.findLast((candidate) => candidate.request_id === requestId);
    if (entry) link.href = address("traffic", String(entry.number));
  });
  return h("section", { class: "part" },
    h("h3", {}, "Answer ", badge(status, statusClass(status)), h("span", { class: "soft" }, ` ${seconds(took)} · ${bytes(size)} · `), link),
    body ? bodyView(body, "The answer's body") : h("p", { class: "soft" }, "No body."),
    h("details", {}, h("summary", {}, `Headers (${headers.length})`), h("dl", { class: "headers" }, headers.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))));
}

customElements.define("dk-operation", Operation);
