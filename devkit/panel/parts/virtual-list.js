/*
 * A list of any length: only the rows that are seen exist, and they are drawn once a frame at the most.
 *
 * `rows(at)` gives the item of a place, `create()` an empty row, `paint(row, item, selected)` writes an item into it.
 * The list is a listbox: arrow keys move the selection, which it tells of by `select` (detail: the item), Enter by `open`.
 */

import { h } from "../core/dom.js";

const SPARE = 8;

export class VirtualList extends HTMLElement {
  count = 0;
  rowHeight = 28;
  selected = null;
  #pool = new Map();
  #free = [];
  #frame = 0;
  #sticky = true;
  #canvas = null;

  setup({ label, rowHeight, rows, create, paint, keyOf }) {
    Object.assign(this, { rowHeight, rows, create, paint, keyOf });
    this.setAttribute("role", "listbox");
    this.setAttribute("aria-label", label);
    this.tabIndex = 0;
    this.#canvas = h("div", { class: "canvas", role: "presentation" });
    this.append(this.#canvas);
    this.addEventListener("scroll", () => {
      this.#sticky = this.atEnd;
      this.draw();
    }, { passive: true });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.select(Number(row.dataset.at), true);
    });
    new ResizeObserver(() => this.draw()).observe(this);
  }

  /** Whether the newest row is seen: then the list goes along with what arrives. */
  get atEnd() {
    return this.scrollTop + this.clientHeight >= this.scrollHeight - this.rowHeight;
  }

  get sticky() {
    return this.#sticky;
  }

  get drawn() {
    return this.#pool.size;
  }

  toEnd() {
    this.#sticky = true;
    this.draw();
  }

  /** The rows are others now; `dropped` of them went at the beginning. What is read stays where it is. */
  update(count, dropped = 0) {
    this.count = count;
    if (dropped && !this.#sticky) this.scrollTop -= dropped * this.rowHeight;
    this.draw();
  }

  /** Rows have another height now; the one at the top stays there. */
  resize(rowHeight) {
    if (rowHeight === this.rowHeight) return;
    const first = this.scrollTop / this.rowHeight;
    this.rowHeight = rowHeight;
    for (const row of this.#pool.values()) this.#free.push(row);
    this.#pool.clear();
    this.#canvas.style.height = `${this.count * rowHeight}px`;
    if (!this.#sticky) this.scrollTop = first * rowHeight;
    this.draw();
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Select the row of a place (clamped), and tell of it. */
  select(at, opened = false) {
    if (!this.count) return;
    const place = Math.min(this.count - 1, Math.max(0, at));
    const item = this.rows(place);
    this.selected = this.keyOf(item);
    const top = place * this.rowHeight;
    if (top < this.scrollTop) this.scrollTop = top;
    else if (top + this.rowHeight > this.scrollTop + this.clientHeight) {
      this.scrollTop = top + this.rowHeight - this.clientHeight;
    }
    this.#sticky = this.atEnd;
    this.draw();
    this.dispatchEvent(new CustomEvent(opened ? "open" : "select", { detail: item }));
  }

  /** The place of the selected row; -1 where it is not in the list. Keys rise, so that halving finds it. */
  get at() {
    if (this.selected === null) return -1;
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const key = this.keyOf(this.rows(middle));
      if (key === this.selected) return middle;
      if (key < this.selected) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.clientHeight / this.rowHeight) - 1);
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      const from = this.at;
      const begin = step > 0 ? this.#first() : this.count - 1;
      this.select(from < 0 && Number.isFinite(step) ? begin : from + step);
    } else if (event.key === "Enter" && this.at >= 0) this.select(this.at, true);
  }

  #first() {
    return Math.floor(this.scrollTop / this.rowHeight);
  }

  #draw() {
    const height = this.count * this.rowHeight;
    this.#canvas.style.height = `${height}px`;
    if (this.#sticky) this.scrollTop = height;
    const first = Math.max(0, this.#first() - SPARE);
    const last = Math.min(this.count - 1, Math.ceil((this.scrollTop + this.clientHeight) / this.rowHeight) + SPARE);
    for (const [at, row] of this.#pool) {
      if (at < first || at > last) {
        this.#pool.delete(at);
        this.#free.push(row);
      }
    }
    let active = null;
    for (let at = first; at <= last; at += 1) {
      const item = this.rows(at);
      const selected = this.keyOf(item) === this.selected;
      const row = this.#row(at);
      if (row.item !== item || row.wasSelected !== selected) {
        row.item = item;
        row.wasSelected = selected;
        row.setAttribute("aria-selected", String(selected));
        this.paint(row, item, selected);
      }
      if (row.ariaSetSize !== String(this.count)) row.ariaSetSize = String(this.count);
      if (selected) active = row.id;
    }
    for (const row of this.#free.splice(0)) row.remove();
    if (active) this.setAttribute("aria-activedescendant", active);
    else this.removeAttribute("aria-activedescendant");
  }

  #row(at) {
    let row = this.#pool.get(at);
    if (row) return row;
    row = this.#free.pop() ?? this.#make();
    row.dataset.at = at;
    row.ariaPosInSet = String(at + 1);
    row.style.transform = `translateY(${at * this.rowHeight}px)`;
    this.#pool.set(at, row);
    return row;
  }

  #make() {
    const row = this.create();
    row.setAttribute("role", "option");
    row.id = `row-${(VirtualList.made = (VirtualList.made ?? 0) + 1)}`;
    this.#canvas.append(row);
    return row;
  }
}

customElements.define("dk-virtual-list", VirtualList);
