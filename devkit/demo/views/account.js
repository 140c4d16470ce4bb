/** Who is signed in, and the way out. */

import { h } from "./dom.js";

customElements.define(
  "demo-account",
  class extends HTMLElement {
    show({ session }) {
      const update = () => {
        this.hidden = session.state !== "in";
        const out = h("button", { class: "small", onclick: () => session.signOut() }, "Sign out");
        this.replaceChildren(h("span", { class: "who" }, session.user?.name || session.user?.email || ""), out);
      };
      session.addEventListener("change", update);
      update();
    }
  },
);
