/* What is on: rules with their counters, as they run, and how long still. */

import { post, segment } from "../core/api.js";
import { h, keyed, text } from "../core/dom.js";
import { countdown } from "../core/format.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { View } from "../core/view.js";
import { badge, withCode } from "../parts/bits.js";
import { confirmed } from "../parts/dialogs.js";
import { act } from "../parts/toast.js";

export class ActiveScenarios extends View {
  static every = 0;

  build() {
    this.items = h("ul", { class: "active-list" });
    this.off = h("button", { type: "button", class: "small danger", on: { click: () => act(this.off, allOff, "Everything is off") } }, "All off");
    this.append(h("div", { class: "row" }, h("h2", {}, "On now"), this.off), this.items);
  }

  enter() {
    this.listen(store, "change", () => this.draw());
    const timer = setInterval(() => this.#tick(), 1000);
    this.later(() => clearInterval(timer));
    this.draw();
  }

  draw() {
    this.hidden = !store.active.length;
    keyed(this.items, store.active, (on) => on.name, card);
    this.#tick();
  }

  #tick() {
    for (const node of this.items.querySelectorAll("[data-until]")) text(node, `off in ${countdown(node.dataset.until, store.now())}`);
  }
}

function card(on) {
  const off = h("button", { type: "button", class: "small", data: { act: "off" }, "aria-label": `Switch off ${on.name}` }, "Off");
  off.addEventListener("click", () => act(off, () => switchOff(on.name)));
  return h(
    "li",
    { class: "active-card" },
    h(
      "div",
      { class: "row" },
      h("a", { href: address("scenarios", on.name), class: "strong" }, on.title || on.name),
      h("span", { class: "row end" },
        on.state === "start" ? null : badge(`state ${on.state}`),
        on.until ? h("span", { class: "badge warn", data: { until: on.until } }) : null, off),
    ),
    h("ul", { class: "counters" }, on.rules.map((rule) =>
      h("li", { class: rule.struck ? "struck" : "" },
        h("code", {}, rule.id), h("span", { class: "soft" }, rule.fault),
        h("span", { class: "count", title: "How often the rule matched, and how often it struck" },
          `${rule.matched} matched`, " · ", h("strong", {}, `${rule.struck} struck`))))),
    on.warnings.map((warning) => h("p", { class: "notice warn" }, withCode(warning))),
  );
}

export async function switchOn(name, ttl) {
  await unlessFatal((force) => post(`/scenarios/${segment(name)}/use`, { ...(ttl ? { ttl } : {}), ...force }));
  await store.refresh();
}

/** Reasons why switching on is refused at first. */
const REFUSED = { ends_dev_server: "This ends your dev server", needs_mock: "This cannot act in front of the real backend" };

/** What switching on gives; done once more with `force` where it was refused for such a reason and the person means it. */
export async function unlessFatal(use) {
  try {
    return await use({});
  } catch (error) {
    const title = REFUSED[error.code];
    if (!title) throw error;
    const meant = await confirmed({ title, body: error.told, yes: "Switch on all the same" });
    return meant ? use({ force: true }) : undefined;
  }
}

export async function switchOff(name) {
  await post(`/scenarios/${segment(name)}/off`);
  await store.refresh();
}

export async function allOff() {
  await post("/scenarios/off");
  await store.refresh();
}

customElements.define("dk-active", ActiveScenarios);
