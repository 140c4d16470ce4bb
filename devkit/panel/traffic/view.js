/* Traffic: the journal live, filtered, one entry opened beside it. */

import { get, segment } from "../core/api.js";
import { NARROW, fill, h, icon, text } from "../core/dom.js";
import { number } from "../core/format.js";
import { address, become, go } from "../core/router.js";
import { View } from "../core/view.js";
import { searchBox } from "../parts/bits.js";
import { confirmed } from "../parts/dialogs.js";
import { act } from "../parts/toast.js";
import "../parts/virtual-list.js";
import "./detail.js";
import { compiled, unknownWords } from "./filter.js";
import { journal } from "./journal.js";
import { createRow, paintRow, rowHeight } from "./row.js";

const OPEN_AFTER_MS = 60;
const QUICK = [["is:request", "Requests"], ["is:socket", "Sockets"], ["is:mail", "Mails"], ["is:error", "Errors"], ["is:fault", "Broken"], ["is:lost", "No route"]];

export class TrafficView extends View {
  static every = 0;
  #visible = journal.entries;
  #fits = null;
  #opening = 0;

  build() {
    this.search = searchBox("Filter: words, status:5xx, -user:ada", (value) => this.filter(value));
    this.chips = QUICK.map(([word, label]) =>
      h("button", { type: "button", class: "chip", "aria-pressed": "false", data: { word }, on: { click: () => this.#quick(word) } }, label));
    this.pause = h("button", { type: "button", class: "small", on: { click: () => journal.pause(!journal.paused) } });
    const clear = h("button", { type: "button", class: "small", on: { click: () => this.#clear(clear) } }, "Clear");
    this.count = h("span", { class: "soft count", role: "status" });
    this.list = h("dk-virtual-list", { class: "journal" });
    this.list.setup({
      label: "The journal, newest last", rowHeight: rowHeight(), rows: (at) => this.#visible[at], create: createRow, paint: paintRow, keyOf: (entry) => entry.number,
    });
    this.list.addEventListener("select", (event) => this.#open(event.detail, false));
    this.list.addEventListener("open", (event) => this.#open(event.detail, true));
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.newer = h("button", { type: "button", class: "newer small primary", hidden: true, on: { click: () => this.list.toEnd() } }, icon("down"), "Newest");
    this.detail = h("dk-entry", { class: "detail", hidden: true, tabIndex: -1, "aria-label": "The chosen entry", role: "region" });
    this.detail.addEventListener("leave", () => this.close());
    this.unknown = h("p", { class: "notice warn unknown", role: "status", hidden: true });
    this.nothing = h("div", { class: "empty over", hidden: true });
    fill(
      this,
      h("div", { class: "toolbar" }, this.search.node, h("div", { class: "chips", role: "group", "aria-label": "Quick filters" }, this.chips), h("div", { class: "row end" }, this.count, this.pause, clear)),
      this.unknown,
      h("div", { class: "split" }, h("div", { class: "journal-pane" }, this.list, this.nothing, this.newer), this.detail),
    );
  }

  enter() {
    this.listen(journal, "entries", (event) => this.#changed(event.detail));
    this.listen(journal, "state", () => this.#told());
    this.key("/", "Filter", () => this.search.box.focus(), "Traffic");
    this.key("p", "Pause, go on", () => journal.pause(!journal.paused), "Traffic");
    this.key("c", "Copy the entry as curl", () => this.detail.hidden || this.detail.curl(), "Traffic");
    this.key("e", "Keep the answer as an example", () => this.detail.hidden || this.detail.keep(), "Traffic");
    this.key("b", "Break exactly this", () => this.detail.hidden || this.detail.break(), "Traffic");
    this.key("Escape", "Close the entry", () => this.close(), "Traffic");
    this.listen(NARROW, "change", () => this.list.resize(rowHeight()));
    this.list.resize(rowHeight());
    this.filter(this.search.box.value);
    if (!this.detail.entry) this.list.focus({ preventScroll: true });
  }

  /** `#/traffic/12` opens an entry, `#/traffic?q=…` filters. */
  async show({ steps, query }) {
    if (query.has("q") && query.get("q") !== this.search.box.value) {
      this.search.box.value = query.get("q");
      this.filter(query.get("q"));
    }
    const wanted = Number(steps[0]);
    if (!wanted) {
      this.detail.hidden = true;
      return;
    }
    if (this.detail.entry?.number === wanted && !this.detail.hidden) return;
    const here = journal.entries.find((entry) => entry.number === wanted) ?? (await get(`/journal/${segment(wanted)}`).catch(() => null));
    if (!here) {
      become("traffic");
      return;
    }
    this.list.selected = wanted;
    const at = this.list.at;
    if (at >= 0) this.list.select(at);
    this.#reveal(here);
  }

  filter(value) {
    this.#fits = compiled(value);
    const unknown = unknownWords(value);
    text(this.unknown, unknown.join("\n"));
    this.unknown.hidden = !unknown.length;
    for (const chip of this.chips) chip.setAttribute("aria-pressed", String(value.split(/\s+/).includes(chip.dataset.word)));
    this.#visible = this.#fits ? journal.entries.filter(this.#fits) : journal.entries;
    this.list.update(this.#visible.length);
    this.list.toEnd();
    this.#told();
  }

  close() {
    if (this.detail.hidden) return;
    this.detail.hidden = true;
    go("traffic");
    this.list.focus({ preventScroll: true });
  }

  #quick(word) {
    const words = this.search.box.value.split(/\s+/).filter(Boolean);
    const on = words.includes(word);
    // Of the kinds of entries only one can hold.
    const others = words.filter((other) => other !== word && !(isKind(word) && isKind(other)));
    this.search.box.value = (on ? others : [...others, word]).join(" ");
    this.filter(this.search.box.value);
  }

  #changed({ added, dropped, reset }) {
    if (reset) {
      this.#visible = this.#fits ? journal.entries.filter(this.#fits) : journal.entries;
      this.list.update(this.#visible.length, dropped);
    } else if (!this.#fits) {
      this.#visible = journal.entries;
      this.list.update(this.#visible.length, dropped);
    } else {
      const first = journal.entries[0]?.number ?? 0;
      const cut = dropped ? this.#visible.findIndex((entry) => entry.number >= first) : 0;
      if (cut) this.#visible.splice(0, cut < 0 ? this.#visible.length : cut);
      for (const entry of added) if (this.#fits(entry)) this.#visible.push(entry);
      this.list.update(this.#visible.length, Math.max(0, cut));
    }
    this.#told();
  }

  #told() {
    const total = journal.entries.length;
    const shown = this.#visible.length;
    text(this.count, this.#fits ? `${number(shown)} of ${number(total)}` : number(total));
    const label = journal.paused ? "Go on" : "Pause";
    if (this.pause.textContent !== label) fill(this.pause, icon(journal.paused ? "play" : "pause"), label);
    this.pause.setAttribute("aria-pressed", String(journal.paused));
    this.newer.hidden = this.list.sticky || !shown;
    this.nothing.hidden = shown > 0;
    if (!shown) text(this.nothing, total ? "No entry fits the filter." : "Nothing has happened yet: point your frontend here, or send an example from Reference.");
  }

  #scrolled() {
    this.newer.hidden = this.list.sticky || !this.#visible.length;
    if (this.list.scrollTop < this.list.rowHeight && journal.older && !this.list.sticky) journal.fetchOlder();
  }

  #open(entry, opened) {
    clearTimeout(this.#opening);
    // A key that is held down runs through the list: only where it stops is worth a call.
    this.#opening = setTimeout(() => {
      history.replaceState(null, "", location.pathname + location.search + address("traffic", String(entry.number)));
      this.#reveal(entry);
      if (opened && matchMedia("(max-width: 60rem)").matches) this.detail.focus();
    }, opened ? 0 : OPEN_AFTER_MS);
  }

  #reveal(entry) {
    this.detail.hidden = false;
    this.detail.show(entry);
  }

  async #clear(button) {
    const yes = await confirmed({ title: "Empty the journal?", body: "All entries of this sandbox go, for everybody who looks. Nothing else changes.", yes: "Empty it" });
    if (!yes) return;
    await act(button, () => journal.clear(), "The journal is empty");
    this.close();
  }
}

const isKind = (word) => ["is:request", "is:socket", "is:mail"].includes(word);

customElements.define("dk-traffic", TrafficView);
