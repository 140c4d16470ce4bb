/** The chat: questions, and answers that grow word by word. */

import { wordsFor } from "../words.js";
import { h, keyed, say } from "./dom.js";

const STATES = {
  thinking: "Thinking …",
  streaming: "",
  whole: "",
  stopped: "You stopped this answer.",
  stalled: "The answer stopped coming. This is what there was.",
};

customElements.define(
  "demo-chat",
  class extends HTMLElement {
    show({ chat, backend }) {
      this.hidden = !backend.dialects.includes("webplus");
      if (this.hidden) return;
      this.chat = chat;
      this.log = h("ol", { class: "messages", role: "log", "aria-label": "Conversation", tabindex: 0 });
      this.model = h("span", { class: "fine" });
      this.input = h("input", { name: "prompt", "aria-label": "Your question", placeholder: "Ask the model something", autocomplete: "off" });
      this.send = h("button", { class: "primary" }, "Ask");
      this.stop = h("button", { type: "button", onclick: () => chat.stop() }, "Stop");
      const form = h("form", { class: "asking", "aria-label": "Ask the model", novalidate: true }, this.input, this.send, this.stop);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const prompt = this.input.value.trim();
        if (!prompt || chat.busy) return;
        this.input.value = "";
        chat.ask(prompt);
      });
      this.className = "card";
      this.replaceChildren(h("div", { class: "head" }, h("h2", {}, "Chat"), this.model), this.log, form);
      chat.addEventListener("change", () => this.#update());
      this.#update();
    }

    #update() {
      const { messages, busy, model } = this.chat;
      say(this.model, model ?? "");
      this.send.hidden = busy;
      this.stop.hidden = !busy;
      this.log.hidden = !messages.length;
      const last = messages.at(-1);
      keyed(this.log, messages, (one) => one.number, (one) => this.#message(one), (element, one) => this.#fill(element, one, one === last && !busy));
      this.log.scrollTop = this.log.scrollHeight;
    }

    #message(one) {
      const again = h("button", { class: "small again", onclick: () => this.#again() }, "Ask again");
      const who = one.role === "user" ? "You" : "Model";
      return h("li", { class: one.role }, h("span", { class: "unseen" }, `${who}: `), h("p", { class: "text" }), h("p", { class: "fine state" }), again);
    }

    #fill(element, one, isLast) {
      element.dataset.state = one.state;
      say(element.querySelector(".text"), one.text);
      const failed = one.state === "failed";
      const words = failed ? wordsFor(one.failure, "").text : "";
      say(element.querySelector(".state"), failed ? `The answer is not complete. ${words}` : STATES[one.state]);
      element.querySelector(".state").classList.toggle("wrong", failed || one.state === "stalled");
      element.querySelector(".again").hidden = !isLast || !["failed", "stalled", "stopped"].includes(one.state);
    }

    #again() {
      const asked = this.chat.messages.findLast((one) => one.role === "user");
      if (asked && !this.chat.busy) this.chat.ask(asked.text);
    }
  },
);
