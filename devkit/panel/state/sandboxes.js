/* Sandboxes: made, looked at, removed. */

import { post, remove, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { plural, relative } from "../core/format.js";
import { onOtherSandbox, switchSandbox } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, copyButton, field } from "../parts/bits.js";
import { confirmed } from "../parts/dialogs.js";
import { act } from "../parts/toast.js";
import { Card, row } from "./card.js";

export class SandboxesCard extends Card {
  static every = 0;

  build() {
    this.list = this.rows({ label: "Sandboxes", nothing: "There are none.", keyOf: (sandbox) => sandbox.id, render: (sandbox) => this.#row(sandbox) });
    fill(this, this.head("Sandboxes"),
      h("p", { class: "soft" }, "Each has data, clock, mails, events, faults and journal of its own. Choose one by its address, by the header ", h("code", {}, "X-Devkit-Sandbox"), " or by ", h("code", {}, "?devkit_sandbox="), "."),
      this.list.node, this.head("Make one"), this.#form());
  }

  enter() {
    this.listen(store, "change", () => this.draw());
    this.draw();
  }

  draw() {
    // What moves by itself would draw the row anew each time.
    this.list.draw(store.sandboxes.map(({ time, ...rest }) => ({ ...rest, current: rest.id === store.status?.sandbox })));
  }

  #form() {
    const name = h("input", { type: "text", placeholder: "drawn if left out", autocomplete: "off", spellcheck: false });
    const seed = h("input", { type: "number", min: 0, placeholder: "as main's" });
    const ttl = h("input", { type: "text", placeholder: "stays", autocomplete: "off", spellcheck: false });
    const make = h("button", { class: "primary" }, "Make it");
    const form = h("form", { class: "fields inline" }, field("Name", name, { hint: "a-z, 0-9, dashes" }), field("Seed number", seed), field("Removes itself after", ttl, { hint: "such as 30m" }), make);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const wish = { ...(name.value && { id: name.value }), ...(seed.value && { seed: Number(seed.value) }), ...(ttl.value && { ttl: ttl.value }) };
      const made = await act(make, () => post("/sandboxes", wish), (sandbox) => `${sandbox.id} is at ${sandbox.url}`);
      if (made) form.reset();
      await store.refresh();
    });
    return form;
  }

  #row(sandbox) {
    const drop = h("button", { type: "button", class: "small danger", data: { act: "remove" }, "aria-label": `Remove ${sandbox.id}` }, "Remove");
    drop.addEventListener("click", async () => {
      const yes = await confirmed({ title: `Remove ${sandbox.id}?`, body: "Everything in it goes, and its sockets are closed.", yes: "Remove it" });
      if (!yes) return;
      await act(drop, () => remove(`/sandboxes/${segment(sandbox.id)}`), `${sandbox.id} is gone`);
      if (sandbox.current) switchSandbox("main");
      await store.refresh();
    });
    return row(
      [
        h("p", {}, h("strong", {}, sandbox.id), " ", sandbox.current ? badge("this one", "accent") : null, sandbox.scenarios.map((name) => badge(name, "warn"))),
        h("p", { class: "soft" }, h("code", {}, sandbox.url), ` · seed ${sandbox.seed} · ${plural(sandbox.sockets, "socket")} · ${sandbox.expires_at ? `removes itself ${relative(sandbox.expires_at, Date.now())}` : `made ${relative(sandbox.created_at, Date.now())}`}`),
      ],
      [
        sandbox.current ? null : h("a", { class: "button small", href: onOtherSandbox(sandbox.id, "#/state/sandboxes") }, "Look into it"),
        copyButton("Copy its address", sandbox.url, { name: `Copy the address of ${sandbox.id}` }),
        sandbox.id === "main" ? null : drop,
      ],
    );
  }
}

customElements.define("dk-sandboxes", SandboxesCard);
