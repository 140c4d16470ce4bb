/* What the cards of the state view share: a heading, a list of rows, pages of them. */

import { h, keyed, text } from "../core/dom.js";
import { number } from "../core/format.js";
import { View } from "../core/view.js";
import { empty } from "../parts/bits.js";

export const PAGE = 50;

export class Card extends View {
  /** A heading with what belongs beside it. */
  head(title, ...beside) {
    return h("div", { class: "card-head" }, h("h2", {}, title), h("div", { class: "row end" }, beside));
  }

  /** A list of rows: `draw(items, total)` shows them. `nothing` is said where there are none. */
  rows({ label, nothing, keyOf, render }) {
    const list = h("ul", { class: "rows", "aria-label": label });
    const none = empty(nothing);
    const draw = (items) => {
      keyed(list, items, keyOf, render);
      none.hidden = items.length > 0;
      list.hidden = !items.length;
    };
    none.hidden = true;
    return { node: h("div", {}, list, none), draw, list };
  }

  /** Buttons for the pages of a list; `offset` and `total` are kept here. */
  pages() {
    const state = { offset: 0 };
    const back = h("button", { type: "button", class: "small", on: { click: () => turn(-PAGE) } }, "Newer");
    const on = h("button", { type: "button", class: "small", on: { click: () => turn(PAGE) } }, "Older");
    const told = h("span", { class: "soft", role: "status" });
    const turn = (by) => {
      state.offset = Math.max(0, state.offset + by);
      this.again();
    };
    state.node = h("div", { class: "row end pager" }, told, back, on);
    state.draw = (shown, total) => {
      text(told, total ? `${number(state.offset + 1)}–${number(state.offset + shown)} of ${number(total)}` : "");
      back.disabled = state.offset === 0;
      on.disabled = state.offset + shown >= total;
      back.hidden = on.hidden = total <= PAGE;
    };
    return state;
  }
}

/** A row: its words at the left, its actions at the right. */
export const row = (main, actions = [], extra = null) =>
  h("li", {}, h("div", { class: "row-main" }, main), h("div", { class: "row-actions" }, actions), extra);
