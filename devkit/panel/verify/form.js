/* What is to be verified, by what, and what became of it: the form, the sum, and the reports. */

import { post } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { seconds } from "../core/format.js";
import { badge, field } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { TONES, counted } from "./words.js";

const REPORTS = [["html", "The page"], ["json", "JSON"], ["junit", "JUnit"], ["sarif", "SARIF"]];
const FILES = { html: "verify.html", json: "verify.json", junit: "verify.xml", sarif: "verify.sarif" };

export class VerifyForm extends HTMLElement {
  #places = "";

  connectedCallback() {
    if (this.firstChild) return;
    const input = (type, more = {}) => h("input", { type, autocomplete: "off", spellcheck: false, ...more });
    this.place = h("select", { on: { change: () => this.#fit() } });
    this.contract = h("select");
    this.suites = input("text", { placeholder: "all" });
    this.user = input("text", { placeholder: "ada@example.com" });
    this.password = input("password", { autocomplete: "new-password" });
    this.other = input("text", { placeholder: "ada@example.com:secret" });
    this.readOnly = input("checkbox");
    this.arrange = input("checkbox");
    this.arranged = h("label", { class: "field check" }, this.arrange, "Let time pass", h("span", { class: "hint" }, "Turns this sandbox's clock, and back"));
    this.button = h("button", { class: "primary" }, "Begin");
    this.trouble = h("p", { class: "notice bad" });
    this.result = h("section", { class: "part" });
    const form = h("form", { class: "fields send" },
      field("Backend", this.place, { wide: true }), field("Measured by", this.contract), field("Suites", this.suites, { hint: "such as auth,cookies" }),
      field("Who signs in", this.user, { hint: "else the contract's example, or somebody who registers" }), field("Password", this.password),
      field("Somebody else", this.other, { hint: "EMAIL:PASSWORD: whose things the first must not see" }),
      h("label", { class: "field check" }, this.readOnly, "Read-only", h("span", { class: "hint" }, "Ask only what changes nothing")),
      this.arranged, h("div", { class: "row start" }, this.button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(this.button, async () => this.dispatchEvent(new CustomEvent("begun", { detail: await post("/verify", this.#wish()) })));
    });
    fill(this,
      h("header", { class: "story" }, h("h2", {}, "Verify the backend"),
        h("p", { class: "prose" }, "A process of its own asks it whatever a frontend relies on, as a browser would: sessions, cookies, CORS, pages, uploads, sockets and more. What it makes there it takes away again.")),
      form, this.trouble, this.result);
  }

  /** What can be chosen; a choice that was made stays. */
  show({ places, contracts }) {
    const print = JSON.stringify([places, contracts]);
    if (print === this.#places) return;
    this.#places = print;
    fill(this.place, places.map(({ id, url }) => h("option", { value: id }, id === "upstream" ? `The real backend, ${url}` : `This sandbox, ${url}`)));
    fill(this.contract, contracts.map((name) => h("option", { value: name }, name === "learned" ? "what was learned of it" : name)));
    this.#fit();
  }

  /** A real backend may be others', too; and nobody turns its clock. */
  #fit() {
    this.readOnly.checked = this.place.value === "upstream";
    this.arranged.hidden = this.place.value !== "here";
  }

  #wish() {
    const email = this.user.value.trim();
    const users = [email ? `${email}:${this.password.value}` : "", this.other.value.trim()].filter(Boolean);
    return {
      place: this.place.value, contract: this.contract.value, read_only: this.readOnly.checked, users,
      arrange: this.arrange.checked && !this.arranged.hidden,
      suites: this.suites.value.split(",").map((suite) => suite.trim()).filter(Boolean),
    };
  }

  /** How the run stands; null: there was none. */
  told(run) {
    const running = run?.state === "running";
    this.button.disabled = running;
    this.trouble.hidden = !run?.trouble;
    this.trouble.textContent = run?.trouble ?? "";
    this.result.hidden = !run || running || Boolean(run.trouble);
    if (this.result.hidden) return;
    fill(this.result,
      h("h3", {}, "The last run"),
      h("p", { class: "row start" }, badge(run.verdict, TONES[run.verdict]), h("code", {}, run.url), h("span", { class: "soft" }, `${run.contract}${run.read_only ? ", read-only" : ""} · ${seconds(run.seconds)}`)),
      h("p", {}, run.summary ?? counted(run.counts)),
      h("p", { class: "row start" }, REPORTS.filter(([kind]) => run.reports.includes(kind)).map(([kind, label]) => h("a", { class: "button small", href: `/_devkit/api/verify/report/${kind}`, download: FILES[kind] }, label))));
  }
}

customElements.define("dk-verify-form", VerifyForm);
