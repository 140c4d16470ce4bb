/* Models and the states they are in, and what starts and stops them. */

import { get, post, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { bytes, relative } from "../core/format.js";
import { store } from "../core/store.js";
import { badge } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { Card, row } from "./card.js";

const TONES = { running: "good", starting: "warn", error: "bad" };

export class Models extends Card {
  build() {
    this.list = this.rows({ label: "Models", nothing: "This server shows no models.", keyOf: (model) => model.id, render: (model) => this.#modelRow(model) });
    fill(this, this.head("Models"), this.list.node);
  }

  async refresh() {
    this.list.draw((await get("/models")).data);
  }

  #modelRow(model) {
    const verb = model.status === "stopped" ? "start" : "stop";
    const label = verb === "start" ? "Start" : "Stop";
    const button = h("button", { type: "button", class: "small", "aria-label": `${label} ${model.name}` }, label);
    button.addEventListener("click", async () => {
      await act(button, () => post(`/models/${segment(model.id)}/${verb}`), verb === "start" ? `${model.name} is starting` : `${model.name} is stopped`);
      await this.again();
    });
    return row(
      [
        h("p", {}, h("strong", {}, model.name), " ", badge(model.status, TONES[model.status] ?? "")),
        h("p", { class: "soft" }, [model.id, bytes(model.size), relative(model.updated_at, store.now()), model.error].filter(Boolean).join(" · ")),
      ],
      [button],
    );
  }
}

customElements.define("dk-models", Models);
