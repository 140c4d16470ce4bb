/* Drills: play a scenario to the frontend, and see live what it does about it. */

import { get, post } from "../core/api.js";
import { fill, h, icon, keyed } from "../core/dom.js";
import { arrows } from "../core/keys.js";
import { address, become, go } from "../core/router.js";
import { store } from "../core/store.js";
import { View } from "../core/view.js";
import { badge, empty, field } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { unlessFatal } from "../scenarios/active.js";
import "./detail.js";
import { VERDICTS, stateOf } from "./words.js";

export class DrillsView extends View {
  static every = 1000;
  #rows = [];

  build() {
    this.list = h("ul", { class: "op-list", "aria-label": "Drills, newest first" });
    this.detail = h("dk-drill", { class: "pane" });
    this.start = h("div", { class: "pane" });
    fill(this,
      h("div", { class: "side" },
        h("div", { class: "side-head" }, h("div", { class: "row" }, h("h2", { class: "view-title" }, "Drills"), h("a", { class: "button small primary", href: address("drills") }, icon("plus"), "New"))), this.list),
      h("div", { class: "main-pane" }, h("a", { class: "back-link", href: address("drills", "all") }, icon("back"), "All drills"), this.start, this.detail));
    arrows(this.list, "a");
    fill(this.start, empty("Drills", h("p", {}, "Asking the server…")));
  }

  async enter() {
    await this.#form();
    await this.again();
  }

  async refresh() {
    this.#rows = (await get("/drills")).data;
    const rows = this.#rows.map(({ id, scenario, state, verdict, sandbox, expectations }) => ({
      id, title: scenario.title || scenario.name, state, verdict, sandbox: sandbox.id, passed: expectations.filter((one) => one.verdict === "passed").length, of: expectations.length,
    }));
    keyed(this.list, rows, (row) => row.id, (row) =>
      h("li", {}, h("a", { href: address("drills", row.id), data: { id: row.id } },
        h("span", { class: "strong" }, row.title),
        h("span", { class: "under" }, badge(stateOf(row), VERDICTS[row.state === "running" ? "running" : row.verdict]?.tone ?? ""), h("code", {}, row.sandbox), `${row.passed} of ${row.of}`))));
    for (const link of this.list.querySelectorAll("a")) {
      if (link.dataset.id === this.detail.drill) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  async show({ steps }) {
    const [id] = steps;
    this.classList.toggle("opened", id !== "all");
    const chosen = Boolean(id) && id !== "all";
    this.start.hidden = chosen;
    this.detail.hidden = !chosen;
    if (!chosen) this.detail.leave();
    else if (!(await this.detail.show(id))) become("drills");
    await this.again();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.detail.leave();
  }

  /** Scenarios that expect something: of the others nothing can be judged. */
  async #form() {
    const scenarios = (await get("/scenarios")).data.filter((row) => row.title && row.expects !== 0);
    const choice = h("select", {}, scenarios.map(({ name, title }) => h("option", { value: name }, `${title} (${name})`)));
    const timeout = h("input", { type: "text", placeholder: "what it needs", autocomplete: "off", spellcheck: false });
    const fresh = h("input", { type: "checkbox" });
    const button = h("button", { class: "primary" }, "Begin");
    const form = h("form", { class: "fields send" },
      field("Scenario", choice, { wide: true }), field("At the most", timeout, { hint: "such as 60s" }),
      h("label", { class: "field check" }, fresh, "In a sandbox of its own", h("span", { class: "hint" }, "Else in this one")),
      h("div", { class: "row start" }, button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(button, async () => {
        const wish = { scenario: choice.value, fresh: fresh.checked, ...(timeout.value ? { timeout: timeout.value } : {}) };
        const drill = await unlessFatal((force) => post("/drills", { ...wish, ...force }));
        await store.refresh();
        if (drill) go("drills", drill.id);
      });
    });
    fill(this.start,
      h("header", { class: "story" }, h("h2", {}, "Drill the frontend"),
        h("p", { class: "prose" }, "A scenario is switched on while the frontend is used, by hand or by its end-to-end tests; what it does is judged against what a good one does, with the journal's lines as evidence.")),
      form);
  }
}

customElements.define("dk-drills", DrillsView);

