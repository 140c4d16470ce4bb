/** The tour's words at the foot of the page, and a frame around the part that they are about. */

import { h, say } from "./dom.js";

const PHASES = { about: "comes next", acting: "is on", seen: "is off again" };

customElements.define(
  "demo-tour",
  class extends HTMLElement {
    #framed = null;
    #back = null;

    show({ tour, stage }) {
      Object.assign(this, { tour, stage });
      this.place = h("p", { class: "fine" });
      this.heading = h("h2", {});
      this.scenario = h("p", { class: "on" }, h("code", {}), " ", h("span", {}));
      this.text = h("p", { role: "status" });
      this.next = h("button", { class: "primary", onclick: () => (tour.running ? tour.next() : tour.start()) });
      this.end = h("button", { onclick: () => tour.stop() });
      const box = h("input", { type: "checkbox", checked: true, onchange: () => tour.set(box.checked) });
      this.alone = h("label", {}, box, "Goes on by itself");
      this.className = "tour";
      this.setAttribute("role", "region");
      this.setAttribute("aria-label", "Tour");
      this.replaceChildren(h("div", { class: "head" }, this.heading, this.place), this.scenario, this.text, h("div", { class: "row" }, this.next, this.end, this.alone));
      tour.addEventListener("change", () => this.#update());
      stage.addEventListener("change", () => this.#tellScenario());
      this.#update();
    }

    #update() {
      const { phase, step, steps, at, seen, trouble, running } = this.tour;
      const isNew = this.hidden && phase !== "off";
      if (isNew) this.#back = document.activeElement;
      this.hidden = phase === "off";
      say(this.heading, running ? (step?.title ?? "") : trouble ? "The tour had to end" : "That was the tour");
      say(this.place, running ? `${at + 1} of ${steps.length}` : "");
      say(this.text, running ? (phase === "seen" ? seen : (step?.about ?? "")) : trouble || "Now switch a virtue off, and take it again: then you see what most pages do.");
      say(this.next, running ? "Next" : "Once more");
      say(this.end, running ? "Stop" : "Close");
      this.alone.hidden = !running;
      this.dataset.phase = phase;
      this.#tellScenario();
      this.#frame(running ? (step?.where ?? null) : null);
      if (isNew) this.next.focus();
      else if (this.hidden && this.#back) this.#goBack();
    }

    /** What is on says the backend, and not the tour. */
    #tellScenario() {
      const { phase, step, running } = this.tour;
      const isOn = step && this.stage.active.includes(step.scenario);
      this.scenario.hidden = !running || !step;
      this.scenario.classList.toggle("failing", Boolean(isOn));
      say(this.scenario.querySelector("code"), step?.scenario ?? "");
      say(this.scenario.querySelector("span"), isOn ? PHASES.acting : phase === "about" ? PHASES.about : PHASES.seen);
    }

    #frame(where) {
      const element = where && document.querySelector(where);
      if (element === this.#framed) return;
      this.#framed?.classList.remove("framed");
      this.#framed = element;
      element?.classList.add("framed");
      element?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }

    /** The focus does not vanish with the button that had it. */
    #goBack() {
      const back = this.#back;
      this.#back = null;
      if (document.activeElement !== document.body && !this.contains(document.activeElement)) return;
      const place = back?.isConnected && back.offsetParent ? back : document.querySelector("demo-director button");
      place?.focus();
    }
  },
);
