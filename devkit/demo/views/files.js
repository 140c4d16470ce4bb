/** Files: what is on its way, with a bar that tells the truth, and what is stored. */

import { bytes, wordsFor } from "../words.js";
import { h, keyed, notice, say } from "./dom.js";

const STATES = {
  sending: (percent) => `Sending, ${Math.floor(percent)} %`,
  storing: () => "Sent. Waiting for the backend to store it …",
  stalled: (percent) => `Nothing moves any more, at ${Math.floor(percent)} %.`,
  stored: () => "Stored",
  cancelled: () => "Cancelled",
  failed: () => "",
};
const MOVING = ["sending", "storing", "stalled"];

customElements.define(
  "demo-files",
  class extends HTMLElement {
    show({ uploads }) {
      this.uploads = uploads;
      const input = h("input", { type: "file", id: "file", class: "unseen", onchange: () => this.#send(input) });
      this.limit = h("span", { class: "fine" });
      this.transfers = h("ul", { class: "transfers", "aria-label": "On the way" });
      this.stored = h("ul", { class: "stored", "aria-label": "Stored" });
      this.said = h("div", { role: "alert" });
      this.className = "card";
      this.replaceChildren(
        h("div", { class: "head" }, h("h2", {}, "Files"), this.limit),
        h("div", {}, input, h("label", { for: "file", class: "button" }, "Choose a file …")),
        this.said,
        this.transfers,
        this.stored,
      );
      uploads.addEventListener("change", () => this.#update());
      this.#update();
    }

    #send(input) {
      for (const file of input.files) this.uploads.send(file);
      input.value = "";
    }

    #update() {
      const { transfers, stored, failure, available, limit } = this.uploads;
      this.hidden = !available && !transfers.length;
      say(this.limit, limit ? `up to ${bytes(limit)}` : "");
      this.said.replaceChildren(
        ...(failure && available ? [notice(wordsFor(failure, "The files cannot be shown."), h("button", { class: "small", onclick: () => this.uploads.load() }, "Try again"))] : []),
      );
      keyed(this.transfers, transfers, (one) => one.number, (one) => this.#transfer(one), (element, one) => this.#fill(element, one));
      keyed(this.stored, stored.slice(0, 5), (file) => file.id, (file) => stored_(file), () => {});
    }

    #transfer(one) {
      const button = (name, action, text) => h("button", { class: `small ${name}`, onclick: action }, text);
      return h(
        "li",
        {},
        h("p", {}, h("strong", {}, one.file.name), " ", h("span", { class: "fine" }, bytes(one.file.size))),
        h("progress", { max: 100, value: 0, "aria-label": `Progress of ${one.file.name}` }),
        h("p", { class: "fine state", role: "status" }),
        h("div", { class: "row" }, button("again", () => this.uploads.again(one), "Send again"), button("cancel", () => this.uploads.cancel(one), "Cancel"), button("dismiss", () => this.uploads.dismiss(one), "Put away")),
      );
    }

    #fill(element, one) {
      element.dataset.state = one.state;
      element.querySelector("progress").value = one.percent;
      element.querySelector("progress").hidden = !MOVING.includes(one.state);
      const state = element.querySelector(".state");
      state.classList.toggle("wrong", ["failed", "stalled"].includes(one.state));
      if (one.state === "failed") {
        const tooLarge = one.failure.status === 413 && this.uploads.limit;
        say(state, tooLarge ? `The file is too large: the backend takes ${bytes(this.uploads.limit)} at the most.` : `It is not stored. ${wordsFor(one.failure, "").text}`);
      } else say(state, STATES[one.state](one.percent));
      const final = one.state === "failed" && one.failure.isFinal && one.failure.status !== 401;
      element.querySelector(".again").hidden = final || !["failed", "stalled", "cancelled"].includes(one.state);
      element.querySelector(".cancel").hidden = !MOVING.includes(one.state);
      element.querySelector(".dismiss").hidden = MOVING.includes(one.state);
    }
  },
);

function stored_(file) {
  return h("li", {}, h("span", { class: "title" }, String(file.filename ?? "A file")), " ", h("span", { class: "fine" }, Number.isFinite(file.size) ? bytes(file.size) : ""));
}
