/* Open WebSockets: tell them an event, close them with a code. */

import { get, post, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { plural, relative } from "../core/format.js";
import { store } from "../core/store.js";
import { badge, field } from "../parts/bits.js";
import { act, toast } from "../parts/toast.js";
import { Card, row } from "./card.js";

const CODES = [[1000, "normal"], [1001, "going away"], [1011, "server error"], [1012, "restart"], [1013, "try again later"], [4401, "signed out"]];

export class Connections extends Card {
  static every = 1000;

  build() {
    this.code = h("input", { type: "number", min: 1000, max: 4999, value: 1001, required: true, "aria-describedby": "codes" });
    this.code.setAttribute("list", "close-codes");
    this.reason = h("input", { type: "text", maxLength: 120, autocomplete: "off" });
    this.open = this.rows({ label: "Open connections", nothing: "No WebSocket is open.", keyOf: (connection) => connection.id, render: (connection) => this.#row(connection) });
    fill(this,
      this.head("Connections"),
      h("div", { class: "fields inline" }, field("Close with code", this.code), field("Reason", this.reason),
        h("datalist", { id: "close-codes" }, CODES.map(([code, label]) => h("option", { value: code, label })))),
      this.open.node, this.head("Send an event"), this.#form());
  }

  async refresh() {
    this.open.draw((await get("/connections")).data);
  }

  async enter() {
    this.kinds = (await store.known("/events")).data;
    fill(this.type, this.kinds.map((kind) => h("option", { value: kind.type }, kind.type)));
    if (this.kinds.some((kind) => kind.type === "notification")) this.type.value = "notification";
    this.#chosen();
  }

  #form() {
    this.type = h("select", { on: { change: () => this.#chosen() } });
    this.topic = h("input", { type: "text", required: true, autocomplete: "off", spellcheck: false });
    this.user = h("input", { type: "email", placeholder: "everybody", autocomplete: "off" });
    this.payload = h("textarea", { rows: 5, class: "mono", spellcheck: false });
    this.about = h("p", { class: "soft" });
    const send = h("button", { class: "primary" }, "Send");
    const form = h("form", { class: "fields" },
      field("Event", this.type), field("Topic", this.topic), field("Whose", this.user, { hint: "An email; left empty, everybody hears it" }),
      field("Payload", this.payload, { wide: true, hint: "JSON in the contract's names; ids and times that are left out are made up" }),
      h("div", { class: "row start" }, send, this.about));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(send, () => this.#send(), (sent) => sent && `${sent.type} is told: ${plural(sent.receivers, "connection")} heard it`);
    });
    return form;
  }

  #chosen() {
    const kind = this.kinds.find((known) => known.type === this.type.value);
    if (!kind) return;
    this.topic.value = kind.topics.at(-1).replace("<id>", crypto.randomUUID?.() ?? "");
    this.payload.value = JSON.stringify(kind.payload, null, 2);
    this.about.textContent = `${kind.summary}. Told on ${kind.topics.join(", ")}.`;
  }

  async #send() {
    let payload;
    try {
      payload = JSON.parse(this.payload.value || "{}");
    } catch (error) {
      toast(`The payload is no JSON: ${error.message}`, "bad");
      return null;
    }
    return post("/events", { topic: this.topic.value, type: this.type.value, payload, ...(this.user.value ? { user: this.user.value } : {}) });
  }

  #row(connection) {
    const close = h("button", { type: "button", class: "small danger", data: { act: "close" }, "aria-label": `Close the connection of ${connection.user ?? "somebody"}` }, "Close");
    close.addEventListener("click", async () => {
      if (!this.code.reportValidity()) return;
      await act(close, () => post(`/connections/${segment(connection.id)}/close`, { code: Number(this.code.value), reason: this.reason.value }), (done) => done.message);
      await this.again();
    });
    return row(
      [
        h("p", {}, h("strong", {}, connection.user ?? "somebody"), " ", h("code", { class: "soft" }, connection.id.slice(0, 8)), connection.queued ? [" ", badge(`${connection.queued} waiting`, "warn")] : null),
        h("p", { class: "soft" }, `${relative(connection.opened_at, store.now())} · hears ${connection.topics.join(", ") || "nothing yet"}`),
      ],
      [close],
    );
  }
}

customElements.define("dk-connections", Connections);
