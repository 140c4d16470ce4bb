/* Drills: a place that fills itself once the server's control API has `drill.list`. */

import { fill, h } from "../core/dom.js";
import { View } from "../core/view.js";
import { empty } from "../parts/bits.js";

export class DrillsView extends View {
  static every = 0;

  build() {
    fill(this, h("div", { class: "pane" }, empty("Drills", h("p", {}, "This server has none."))));
  }
}

customElements.define("dk-drills", DrillsView);
