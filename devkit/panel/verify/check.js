/* One verdict: what was asked, why, and the requests and answers that show it. */

import { get, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { seconds } from "../core/format.js";
import { badge, copyButton, withCode } from "../parts/bits.js";
import { TONES } from "./words.js";

export class CheckDetail extends HTMLElement {
  check = null;

  /** False where the run has no such verdict (yet). */
  async show(id) {
    this.check = id;
    let found;
    try {
      found = await get(`/verify/checks/${segment(id)}`);
    } catch (error) {
      if (error.status === 404) return false;
      throw error;
    }
    if (this.check === id) this.#draw(found);
    return true;
  }

  #draw({ id, asks, why, verdict, reason, seconds: took, evidence }) {
    fill(this,
      h("header", { class: "story" },
        h("p", { class: "row start" }, badge(verdict, TONES[verdict]), h("code", {}, id), h("span", { class: "soft" }, seconds(took))),
        h("h2", {}, asks),
        reason ? h("p", {}, withCode(sentence(reason))) : null,
        h("p", { class: "soft" }, why)),
      evidence?.length ? evidence.map(exchange)
        : h("p", { class: "soft" }, verdict === "passed" ? "What is right is told without its requests." : "There is nothing to show."));
  }
}

function sentence(reason) {
  return reason.includes("\n") ? reason : `${reason[0].toUpperCase()}${reason.slice(1)}.`;
}

function exchange({ curl, status, headers, body, trouble, frames }, at) {
  const answer = [...(headers ?? []), ...(body ? ["", body] : [])].join("\n");
  return h("section", { class: "part exchange" },
    h("h3", {}, `Call ${at + 1}`, status ? badge(String(status), `s${Math.floor(status / 100)}`) : null, copyButton("Copy as curl", curl, { name: `Copy call ${at + 1} as curl` })),
    code(`Call ${at + 1}`, curl),
    trouble ? h("p", { class: "notice warn" }, sentence(trouble)) : null,
    answer ? code(`Answer ${at + 1}`, answer) : null,
    frames ? code(`Frames ${at + 1}`, frames.map((frame) => `${frame.from === "client" ? "→" : "←"} ${frame.text}`).join("\n")) : null);
}

const code = (label, value) => h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": label }, value);

customElements.define("dk-check", CheckDetail);
