/* State: what is in the sandbox, one card at a time. */

import { fill, h } from "../core/dom.js";
import { arrows } from "../core/keys.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { View } from "../core/view.js";
import "./clock.js";
import "./connections.js";
import "./keep.js";
import "./mailbox.js";
import "./models.js";
import "./recording.js";
import "./sandboxes.js";
import "./snapshots.js";
import "./tasks.js";
import "./uploads.js";
import "./users.js";

const CARDS = [
  ["users", "Users & sessions", "dk-users", (counts) => counts.users],
  ["tasks", "Tasks", "dk-tasks", (counts) => counts.tasks],
  ["uploads", "Uploads", "dk-uploads", (counts) => counts.uploads],
  ["models", "Models", "dk-models"],
  ["mail", "Mailbox", "dk-mailbox", (counts) => counts.mails],
  ["connections", "Connections", "dk-connections", (counts) => counts.sockets],
  ["clock", "Clock", "dk-clock"],
  ["keep", "Real backend", "dk-keep"],
  ["recording", "Recording", "dk-recording"],
  ["sandboxes", "Sandboxes", "dk-sandboxes", () => store.sandboxes.length],
  ["snapshots", "Snapshots & reset", "dk-snapshots"],
];

export class StateView extends View {
  static every = 0;

  build() {
    this.nav = h("nav", { class: "side-nav", "aria-label": "State" });
    this.links = CARDS.map(([id, label, , count]) => {
      const number = h("span", { class: "count" });
      const link = h("a", { href: address("state", id), data: { id } }, label, count ? number : null);
      Object.assign(link, { id_: id, number, counted: count });
      return link;
    });
    this.place = h("div", { class: "main-pane card-pane" });
    fill(this.nav, h("h2", { class: "view-title" }, "State"), this.links);
    fill(this, this.nav, this.place);
    arrows(this.nav, "a");
  }

  enter() {
    this.listen(store, "change", () => this.#counts());
    this.#counts();
    this.key("/", "Search", () => this.place.querySelector("input[type=search]")?.focus(), "State");
  }

  async show({ steps }) {
    const id = CARDS.some(([known]) => known === steps[0]) ? steps[0] : "users";
    const [, , tag] = CARDS.find(([known]) => known === id);
    if (this.place.firstElementChild?.localName !== tag) fill(this.place, document.createElement(tag));
    for (const link of this.links) {
      if (link.id_ === id) {
        link.setAttribute("aria-current", "page");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else link.removeAttribute("aria-current");
    }
    await this.place.firstElementChild.show?.(steps.slice(1));
  }

  #counts() {
    if (!store.status) return;
    for (const link of this.links) {
      link.hidden = store.status.lacks.includes(link.id_);
      if (link.counted) link.number.textContent = link.counted(store.status.counts).toLocaleString("en");
    }
  }
}

customElements.define("dk-state", StateView);
