/* A recording of what passes to the real backend: begun, ended, and taken home. */

import { get, post, remove, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { field, withCode } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { Card } from "./card.js";

export class Recording extends Card {
  build() {
    this.where = h("p", {});
    this.name = h("input", { type: "text", placeholder: "the time", autocomplete: "off", spellcheck: false });
    this.start = h("button", { type: "submit" }, "Record");
    this.form = h("form", { class: "fields inline" }, field("Name of its folder", this.name), this.start);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do(this.start, () => post("/recording", { name: this.name.value.trim() || null }), "Recording");
    });
    this.stop = h("button", { type: "button" }, "Stop");
    this.stop.addEventListener("click", () => this.#do(this.stop, () => remove("/recording"), "The recording is written"));
    this.save = h("a", { download: "recording.zip" }, "Download it");
    this.after = h("p", {}, this.save, " ", withCode("and answer from it: `devkit replay recording.zip`"));
    fill(this, this.head("Recording"), this.where, this.form, this.stop, this.after);
  }

  async refresh() {
    const { upstream, running, folder, exchanges } = await get("/recording");
    this.form.hidden = !upstream || running;
    this.stop.hidden = !running;
    this.after.hidden = running || !folder;
    if (folder) this.save.href = `/_devkit/api/recording/${segment(folder.split(/[\\/]/).at(-1))}/zip`;
    const counted = `${exchanges.toLocaleString("en")} exchange${exchanges === 1 ? "" : "s"}`;
    fill(this.where, !upstream
      ? withCode("There is no real backend: `devkit proxy URL` stands in front of one.")
      : !folder ? "Nothing is recorded. Secrets are replaced while it is written."
      : [`${counted} ${running ? "so far, into " : "in "}`, h("code", {}, folder)]);
  }

  async #do(node, action, done) {
    await act(node, action, done);
    await this.again();
  }
}

customElements.define("dk-recording", Recording);
