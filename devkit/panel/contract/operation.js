/* One operation: how each dialect spells it, what it takes and answers, and an example that can be sent. */

import { get, query } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, copy, field, prose } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { answerView, answersView } from "./answers.js";
import "./body.js";
import { described } from "./document.js";
import { reachView } from "./reach.js";
import { asCurl, send } from "./send.js";

/** Where an id that is really there can be had for an example's path. */
const LISTS = { tasks: "/tasks", uploads: "/uploads", auth: "/sessions" };
const COOKIES = "devkit-with-cookies";

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
      answersView(about.answers, about.follow), reachView(operation.operation, about.answers));
  }

  #form(operation, route, about) {
    const inputs = about.parameters.filter((parameter) => parameter.in !== "cookie").map((parameter) => ({ parameter, input: inputOf(parameter) }));
    const who = h("input", { type: "email", value: store.status?.test_user.email ?? "", placeholder: "nobody", autocomplete: "off" });
    who.setAttribute("list", "identities");
    const cookies = h("input", { type: "checkbox", checked: sessionStorage.getItem(COOKIES) === "yes" });
    who.disabled = cookies.checked;
    cookies.addEventListener("change", () => {
      who.disabled = cookies.checked;
      sessionStorage.setItem(COOKIES, cookies.checked ? "yes" : "no");
    });
    const body = document.createElement("dk-call-body");
    body.setup(about.body, about.follow);
    const button = h("button", { class: "primary" }, "Send");
    const line = h("button", { type: "button", class: "small" }, "Copy as curl");
    const wish = () => wished(route, inputs, body, cookies.checked ? null : who.value.trim());
    const form = h("form", { class: "fields send" },
      field("As", who, { hint: "An email; left empty, nobody. Sent with a token, without cookies" }),
      h("label", { class: "field check" }, cookies, "With this page's cookies", h("span", { class: "hint" }, "As whoever is signed in at this address; signing in or out here is the frontend's too")),
      inputs.map(({ parameter, input }) => field(`${parameter.name}${parameter.required ? " *" : ""}`, input, { hint: `${parameter.in}${hintOf(parameter)}` })),
      body,
      h("div", { class: "row start" }, button, h("span", { class: "soft" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")), line),
      h("datalist", { id: "identities" }, ["test@example.com", "other@example.com", "admin@example.com", "empty@example.com"].map((email) => h("option", { value: email }))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(button, () => this.#send(wish()));
    });
    line.addEventListener("click", () => act(line, async () => copy(await asCurl(wish()), "Copied as curl")));
    form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
    this.#realId(operation, inputs, who);
    return form;
  }

  async #send(wish) {
    try {
      fill(this.answer, answerView(await send(wish)));
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

/** The call that a form describes. */
function wished(route, inputs, body, identity) {
  let path = route.path;
  const given = {};
  const headers = {};
  for (const { parameter, input } of inputs) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") (parameter.in === "header" ? headers : given)[parameter.name] = input.value;
  }
  return { method: route.method, path, query: given, headers, body: body.value, identity };
}

function hintOf({ description, schema = {} }) {
  const { minimum: low, maximum: high } = schema;
  const limits = low !== undefined && high <= Number.MAX_SAFE_INTEGER ? `${low} to ${high}` : "";
  return [description ?? schema.description, limits].filter(Boolean).map((part) => ` · ${part}`).join("");
}

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

customElements.define("dk-operation", Operation);
