/** The banner while the gate is closed: why, and for how long. It comes only when that is long enough to be noticed. */

import { pauseFor } from "../words.js";
import { h, say } from "./dom.js";

const NOTICED = 700;

customElements.define(
  "demo-pause",
  class extends HTMLElement {
    show({ client: { gate } }) {
      const why = h("strong", { role: "status" });
      const rest = h("span", { "aria-hidden": "true" });
      this.className = "banner";
      this.replaceChildren(why, rest);
      let since = 0;
      let timer = 0;
      const update = () => {
        clearTimeout(timer);
        if (!gate.closed) {
          since = 0;
          say(why, "");
          this.hidden = true;
          return;
        }
        since ||= Date.now();
        const visible = Date.now() - since >= NOTICED;
        this.hidden = !visible;
        if (visible) {
          say(why, pauseFor(gate.reason));
          const seconds = Math.ceil((gate.until - Date.now()) / 1000);
          say(rest, seconds > 0 ? `Trying again in ${seconds} s` : "Trying again …");
        }
        timer = setTimeout(update, visible ? 500 : NOTICED);
      };
      gate.addEventListener("change", update);
      this.hidden = true;
    }
  },
);
