/** The connection indicator: whether news come by themselves. Words and shape, not colour alone. */

import { h, say } from "./dom.js";

const WORDS = {
  off: "",
  connecting: "Connecting …",
  live: "Live",
  waiting: "Reconnecting",
  lost: "No live updates",
};

customElements.define(
  "demo-connection",
  class extends HTMLElement {
    show({ socket, client }) {
      const text = h("span", {});
      this.setAttribute("role", "status");
      this.className = "pulse";
      this.replaceChildren(text);
      const update = () => {
        const away = client.gate.reason?.kind === "unreachable";
        this.dataset.state = away && socket.state !== "live" ? "waiting" : socket.state;
        say(text, WORDS[socket.state]);
        this.hidden = socket.state === "off";
      };
      socket.addEventListener("state", update);
      client.gate.addEventListener("change", update);
      update();
    }
  },
);
