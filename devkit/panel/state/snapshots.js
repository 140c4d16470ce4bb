/* Snapshots, and back to the seed. */

import { get, post, put, remove, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { bytes, dateTime, plural } from "../core/format.js";
import { store } from "../core/store.js";
import { field } from "../parts/bits.js";
import { confirmed } from "../parts/dialogs.js";
import { act } from "../parts/toast.js";
import { Card, row } from "./card.js";

export class Snapshots extends Card {
  build() {
    this.list = this.rows({ label: "Snapshots, newest first", nothing: "Nothing was put aside yet.", keyOf: (snapshot) => snapshot.name, render: (snapshot) => this.#row(snapshot) });
    const name = h("input", { type: "text", required: true, placeholder: "before-the-demo", autocomplete: "off", spellcheck: false });
    const save = h("button", { class: "primary" }, "Save");
    const form = h("form", { class: "fields inline" }, field("Name", name), save);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const there = this.known?.some((snapshot) => snapshot.name === name.value);
      if (there && !(await confirmed({ title: `Write over ${name.value}?`, body: "What it holds now is lost.", yes: "Write over it" }))) return;
      if (await act(save, () => put(`/snapshots/${segment(name.value)}`), (saved) => `${saved.name} is saved`)) form.reset();
      await this.again();
    });
    this.reset = h("button", { type: "button", class: "danger", on: { click: () => resetSandbox(this.reset) } }, "Reset to the seed…");
    fill(this,
      this.head("Snapshots"), h("p", { class: "soft" }, "Data, uploads and clock, put aside under a name and brought back in a moment."),
      form, this.list.node,
      this.head("Reset"), h("p", { class: "soft" }, "Back to the seeded state: what was created since goes, open sockets are closed, sessions end, scenarios are switched off."),
      h("div", { class: "row start" }, this.reset));
  }

  async refresh() {
    this.known = (await get("/snapshots")).data;
    this.list.draw(this.known);
  }

  #row(snapshot) {
    const path = `/snapshots/${segment(snapshot.name)}`;
    const restore = h("button", { type: "button", class: "small", data: { act: "restore" }, "aria-label": `Bring ${snapshot.name} back` }, "Bring back");
    restore.addEventListener("click", async () => {
      const yes = await confirmed({ title: `Bring ${snapshot.name} back?`, body: "What is there now is replaced, and sockets are closed.", yes: "Bring it back", danger: false });
      if (yes) await act(restore, () => post(`${path}/restore`), `${snapshot.name} is back`);
      await store.refresh();
    });
    const drop = h("button", { type: "button", class: "small danger", data: { act: "delete" }, "aria-label": `Delete ${snapshot.name}` }, "Delete");
    drop.addEventListener("click", async () => {
      if (await confirmed({ title: `Delete ${snapshot.name}?`, body: "It cannot be brought back any more.", yes: "Delete it" })) await act(drop, () => remove(path));
      await this.again();
    });
    return row(
      [h("p", {}, h("strong", {}, snapshot.name)), h("p", { class: "soft" }, `saved ${dateTime(snapshot.saved_at)} · its clock ${dateTime(snapshot.time)} · ${bytes(snapshot.size)} · ${plural(snapshot.uploads, "upload")}`)],
      [restore, drop],
    );
  }
}

/** Ask, then put the sandbox back to its seed. */
export async function resetSandbox(button) {
  const yes = await confirmed({
    title: `Reset the sandbox ${store.status?.sandbox ?? ""}?`,
    body: "Everything that was created since the seed goes: accounts, tasks, uploads, mails, the journal. Open sockets are closed, sessions end, scenarios are switched off.",
    yes: "Reset",
  });
  if (!yes) return;
  await act(button, () => post("/reset"), (done) => `Reset in ${done.seconds.toFixed(2)} s`);
  window.dispatchEvent(new Event("devkit-reset"));
  await store.refresh();
}

customElements.define("dk-snapshots", Snapshots);
