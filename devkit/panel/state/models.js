/* Models and the states they are in, where this server has them (`model.list`). */

import { call } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { bytes, relative } from "../core/format.js";
import { store } from "../core/store.js";
import { badge } from "../parts/bits.js";
import { Card, row } from "./card.js";

const TONES = { running: "good", starting: "warn", stopping: "warn", error: "bad" };

export class Models extends Card {
  build() {
    this.list = this.rows({ label: "Models", nothing: "This server shows no models.", keyOf: (model) => model.id, render: modelRow });
    fill(this, this.head("Models"), this.list.node);
  }

  async refresh() {
    const operation = await store.can("model.list");
    const found = operation ? await call(operation.method, operation.path.replace("/_devkit/api", "")) : { data: [] };
    this.list.draw(found.data);
  }
}

const modelRow = (model) =>
  row(
    [
      h("p", {}, h("strong", {}, model.name ?? model.id), " ", badge(model.status, TONES[model.status] ?? "")),
      h("p", { class: "soft" }, [model.id, model.size ? bytes(model.size) : null, model.updated_at ? relative(model.updated_at, store.now()) : null].filter(Boolean).join(" · ")),
    ],
  );

customElements.define("dk-models", Models);
