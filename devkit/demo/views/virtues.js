/** The virtues, each with its switch, what it does, and the scenarios that show it; and what the page is doing. */

import { AREAS, VIRTUES, virtues } from "../virtues.js";
import "./director.js";
import { h, keyed, say } from "./dom.js";

const SHOWN = 12;

customElements.define(
  "demo-virtues",
  class extends HTMLElement {
    #switches = new Map();
    #lines = [];
    #count = 0;

    show(app) {
      const { stage, client, backend } = app;
      this.stage = stage;
      const director = h("demo-director", {});
      director.show(app);
      this.failing = h("p", { class: "failing", role: "status" });
      this.off = h("button", { class: "small", onclick: () => this.#allOff() }, "Switch failures off");
      this.calls = h("ol", { class: "calls", tabindex: 0, "aria-label": "The last calls of this page" });
      this.all = h("button", { class: "small", onclick: () => virtues.set(null, virtues.missing.length > 0) });
      const unknown = virtues.unknown.map((name) => h("p", { class: "notice bad" }, `There is no virtue “${name}”.`));
      this.setAttribute("role", "complementary");
      this.setAttribute("aria-label", "What this page does right");
      this.replaceChildren(
        h("section", { class: "card" }, h("h2", {}, "Make it fail"), director, this.failing, h("p", { class: "fine" }, "Press a scenario below, or choose among all of them in the ", h("a", { href: backend.panel, target: "_blank", rel: "noopener" }, "control panel"), "."), this.off, h("h3", {}, "What this page asks"), this.calls),
        h(
          "section",
          { class: "card" },
          h("div", { class: "head" }, h("h2", {}, "What this page does right"), this.all),
          unknown,
          h("p", { class: "fine" }, "Switch a virtue off and see what a naive page does."),
          AREAS.map((area) => this.#area(area)),
        ),
      );
      virtues.addEventListener("change", () => this.#update());
      stage.addEventListener("change", () => this.#update());
      client.addEventListener("answered", ({ detail }) => this.#note(detail));
      this.#update();
    }

    #area(area) {
      const rows = VIRTUES.filter((virtue) => virtue.area === area.id).map((virtue) => this.#virtue(virtue));
      const open = matchMedia("(min-width: 60rem)").matches;
    return rows.length ? h("details", { class: "area", open }, h("summary", {}, area.title), rows) : null;
    }

    #virtue(virtue) {
      const id = `virtue-${virtue.id}`;
      const box = h("input", { type: "checkbox", role: "switch", id, "aria-describedby": `${id}-does`, onchange: () => virtues.set(virtue.id, box.checked) });
      const source = h("a", { class: "source", href: `/${virtue.module}`, target: "_blank", rel: "noopener" }, virtue.module);
      const chips = virtue.scenarios.map((name) => h("button", { class: "chip", "data-scenario": name, "aria-pressed": "false", onclick: (event) => this.#toggle(name, event.target) }, name));
      const text = h("p", { class: "fine", id: `${id}-does` });
      this.#switches.set(virtue.id, { box, text });
      return h("div", { class: "virtue" }, h("label", { for: id }, box, h("span", {}, virtue.title)), text, h("div", { class: "chips" }, chips, source));
    }

    async #toggle(name, chip) {
      const on = chip.getAttribute("aria-pressed") !== "true";
      await this.stage.toggle(name, on).catch(() => say(this.failing, "The control plane does not answer."));
    }

    async #allOff() {
      await this.stage.allOff().catch(() => say(this.failing, "The control plane does not answer."));
    }

    #update() {
      for (const virtue of VIRTUES) {
        const { box, text } = this.#switches.get(virtue.id);
        box.checked = virtues.has(virtue.id);
        say(text, box.checked ? virtue.does : `Off: ${virtue.without}`);
        text.classList.toggle("wrong", !box.checked);
      }
      this.all.textContent = virtues.missing.length ? "All on" : "All off";
      const { active, known } = this.stage;
      for (const chip of this.querySelectorAll(".chip")) {
        chip.setAttribute("aria-pressed", String(active.includes(chip.dataset.scenario)));
        chip.title = known.get(chip.dataset.scenario)?.title ?? "";
      }
      say(this.failing, active.length ? `Failing: ${active.join(", ")}.` : "Nothing fails on purpose at the moment.");
      this.failing.classList.toggle("on", active.length > 0);
      this.off.hidden = !active.length;
    }

    #note({ call, at, status, failure }) {
      if (failure?.kind === "cancelled" && !call.signal?.aborted) return;
      const said = status ?? (failure.kind === "cancelled" ? "given up" : "no answer");
      const line = { id: ++this.#count, said, bad: !status || status >= 400, what: `${call.method} ${call.path.replace(/token=[^&]+/, "token=…")}`, at };
      this.#lines = [line, ...this.#lines].slice(0, SHOWN);
      keyed(this.calls, this.#lines, (one) => one.id, lineOf, () => {});
    }
  },
);

function lineOf({ said, bad, what, at }) {
  const time = new Date(at).toLocaleTimeString(undefined, { hour12: false });
  return h("li", { class: bad ? "bad" : "" }, h("span", {}, time), h("code", {}, what), h("strong", {}, String(said)));
}
