/* One WebSocket, or one message on it. */

import { fill, h } from "../core/dom.js";
import { address } from "../core/router.js";
import { badge, withCode } from "../parts/bits.js";
import { bodyView } from "../parts/json-view.js";
import { schemaView } from "./schema.js";

/** The first step of their addresses: no dialect can be called so. */
export const SOCKETS = "~";

export class Socket extends HTMLElement {
  show(socket, message) {
    fill(this, message ? told(socket, message) : about(socket));
  }
}

function about({ address: path, title, summary, ways, closes }) {
  return [
    h("header", { class: "story" }, h("p", { class: "row start" }, h("code", {}, path), badge("WebSocket")), h("h2", {}, title), h("p", {}, summary)),
    h("section", { class: "part" }, h("h3", {}, "Ways to sign in, besides the session's cookie"), rows(Object.entries(ways).map(([name, { description }]) => [name, description]))),
    h("section", { class: "part" }, h("h3", {}, "Close codes"), rows(Object.entries(closes))),
    h("p", {}, "Events are sent by hand in ", h("a", { href: address("state", "connections") }, "State, Connections"), "."),
  ];
}

function told(socket, { key, name, summary, said, payload, examples = [] }) {
  return [
    h("header", { class: "story" },
      h("p", { class: "row start" }, h("code", {}, name), badge(`from the ${said}`), h("a", { href: address("contract", SOCKETS, socket.key) }, socket.address)),
      h("h2", {}, summary)),
    h("section", { class: "part", data: { message: key } }, h("h3", {}, "Fields"), schemaView(payload, socket.follow)),
    examples.map(({ payload: example }) => h("section", { class: "part" }, h("h3", {}, "Example"), bodyView(JSON.stringify(example, null, 2), "Example"))),
  ];
}

const rows = (entries) => h("dl", { class: "pairs" }, entries.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, withCode(text)))));

customElements.define("dk-socket", Socket);
