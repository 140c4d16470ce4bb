/* Uploads: those under way with their bars, and those that are stored. */

import { get, query } from "../core/api.js";
import { fill, h, text } from "../core/dom.js";
import { bytes, dateTime } from "../core/format.js";
import { Card, PAGE, row } from "./card.js";

export class Uploads extends Card {
  static every = 500;
  #count = 0;

  build() {
    this.going = h("ul", { class: "rows", "aria-label": "Uploads under way" });
    this.quiet = h("p", { class: "soft pad" }, "None right now: one that arrives shows its bar here.");
    this.stored = this.rows({ label: "Stored uploads, newest first", nothing: "Nothing is stored.", keyOf: (upload) => upload.id, render: storedRow });
    this.pager = this.pages();
    this.bars = new Map();
    fill(this, this.head("Under way"), this.going, this.quiet, this.head("Stored"), this.stored.node, this.pager.node);
  }

  async refresh() {
    const arriving = await get("/uploads/arriving");
    this.#draw(arriving.data);
    // What is stored changes seldom, bars often: every fourth time will do, and when one has arrived.
    if (this.#count++ % 4 && arriving.total === this.bars.size) return;
    const stored = await get(`/uploads${query({ limit: PAGE, offset: this.pager.offset })}`);
    this.stored.draw(stored.data);
    this.pager.draw(stored.data.length, stored.total);
  }

  #draw(uploads) {
    this.quiet.hidden = uploads.length > 0;
    this.going.hidden = !uploads.length;
    const here = new Set(uploads.map((upload) => upload.id));
    for (const [id, bar] of this.bars) {
      if (here.has(id)) continue;
      bar.node.remove();
      this.bars.delete(id);
      this.#count = 0;
    }
    for (const upload of uploads) {
      const bar = this.bars.get(upload.id) ?? this.#bar(upload);
      const percent = upload.size ? Math.floor((upload.received * 100) / upload.size) : null;
      if (percent === null) bar.progress.removeAttribute("value");
      else bar.progress.value = percent;
      text(bar.told, `${bytes(upload.received)} of ${bytes(upload.size)}${percent === null ? "" : ` · ${percent} %`}`);
    }
  }

  #bar(upload) {
    const told = h("p", { class: "soft" });
    const progress = h("progress", { max: 100, "aria-label": `Upload of ${upload.user ?? "somebody"}` });
    const node = row([h("p", {}, h("strong", {}, upload.user ?? "somebody"), " ", h("code", { class: "soft" }, upload.id.slice(0, 8))), told], [], progress);
    const bar = { node, told, progress };
    this.bars.set(upload.id, bar);
    this.going.append(node);
    return bar;
  }
}

const storedRow = (upload) =>
  row(
    [
      h("p", {}, h("strong", {}, upload.filename), h("span", { class: "soft" }, ` ${bytes(upload.size)} · ${upload.content_type}`)),
      h("p", { class: "soft" }, `${upload.user} · ${dateTime(upload.created_at)} · sha256 `, h("code", {}, upload.sha256.slice(0, 12))),
    ],
    [h("code", { class: "soft id" }, upload.id.slice(0, 8))],
  );

customElements.define("dk-uploads", Uploads);
