/* One expectation of a scenario: what a good frontend does about it, so that a drill can judge it. */

import { fill, h } from "../core/dom.js";
import { field } from "../parts/bits.js";
import "../parts/schema-form.js";
import { CALLS, MATCH, SOCKET, listsOf } from "./shapes.js";

export class ExpectEditor extends HTMLElement {
  #expectation = null;

  setup(expectation) {
    this.#expectation = expectation;
    const { id, title, calls, socket } = expectation;
    const tell = () => this.dispatchEvent(new Event("change"));
    const input = (value, spellcheck = false) => h("input", { type: "text", value: value ?? "", required: true, spellcheck, autocomplete: "off", on: { input: tell } });
    this.title_ = input(title, true);
    this.id_ = input(id);
    this.about = h("select", { on: { change: () => this.#choose() } }, [["calls", "its calls"], ["socket", "its WebSocket"]].map(([value, label]) => h("option", { value, selected: Boolean(socket) === (value === "socket") }, label)));
    this.match = h("dk-schema-form", { class: "fields" });
    this.match.setup(MATCH, listsOf(calls?.match));
    this.calls = h("dk-schema-form", { class: "fields" });
    this.calls.setup(CALLS, calls);
    this.socket = h("dk-schema-form", { class: "fields" });
    this.socket.setup(SOCKET, socket);
    for (const form of [this.match, this.calls, this.socket]) form.addEventListener("change", tell);
    this.which = h("details", { open: true }, h("summary", {}, "Match: which calls count"), this.match);
    const remove = h("button", { type: "button", class: "small", on: { click: () => this.dispatchEvent(new Event("remove")) } }, "Remove this expectation");
    fill(this,
      h("fieldset", {}, h("legend", {}, "Expectation"),
        h("div", { class: "fields" }, field("What a good frontend does", this.title_, { wide: true }), field("About", this.about), field("Id", this.id_)),
        this.which, this.calls, this.socket,
        h("div", { class: "row end" }, remove)));
    this.#choose();
  }

  /** The expectation as the file has it. */
  get value() {
    const { calls: _, socket: __, ...rest } = this.#expectation;
    const value = { ...rest, id: this.id_.value.trim(), title: this.title_.value.trim() };
    if (this.about.value === "socket") return { ...value, socket: this.socket.value };
    const match = this.match.value;
    return { ...value, calls: { ...(Object.keys(match).length ? { match } : {}), ...this.calls.value } };
  }

  #choose() {
    const calls = this.about.value === "calls";
    this.which.hidden = this.calls.hidden = !calls;
    this.socket.hidden = calls;
    this.dispatchEvent(new Event("change"));
  }
}

customElements.define("dk-expect", ExpectEditor);
