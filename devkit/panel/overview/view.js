/* The first thing one sees: where to point a frontend, whom to sign in as, what is on. */

import { fill, h, keyed } from "../core/dom.js";
import { bytes, number } from "../core/format.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { View } from "../core/view.js";
import { badge, copyButton } from "../parts/bits.js";
import { resetSandbox } from "../state/snapshots.js";
import { journal } from "../traffic/journal.js";
import { createRow, paintRow } from "../traffic/row.js";

const FIGURES = [["users", "Users", "users"], ["tasks", "Tasks", "tasks"], ["uploads", "Uploads", "uploads"], ["mails", "Mails", "mail"], ["sockets", "Sockets", "connections"]];
const BACKEND = { up: "(answers)", unknown: "(not asked yet)", down: "(takes no connections)" };
const NEWEST = 8;
const MOST_ROWS = 8;

export class OverviewView extends View {
  static every = 0;
  #frame = 0;

  build() {
    this.url = h("code", { class: "address" }, location.origin);
    this.stale = h("p", { class: "notice warn", hidden: true }, "The seed files or settings changed since this database was filled. Reset to take them in.");
    this.figures = h("ul", { class: "figures" });
    this.credentials = h("dl", { class: "pairs copyable" });
    this.others = h("details", {}, h("summary", {}, "The other test users"), (this.people = h("ul", { class: "people" })));
    this.server = h("dl", { class: "pairs" });
    this.newest = h("ul", { class: "newest", "aria-label": "The newest requests" });
    this.quiet = h("p", { class: "soft" }, "Nothing has called yet.");
    this.reset = h("button", { type: "button", class: "danger small", on: { click: () => resetSandbox(this.reset) } }, "Reset to the seed…");
    fill(this,
      this.stale,
      h("section", { class: "hero" }, h("h2", {}, "Point your frontend here"), h("p", { class: "row start" }, this.url, copyButton("Copy", () => this.url.textContent, { name: "Copy the address" }))),
      this.figures,
      h("dk-active", { class: "card", hidden: true }),
      h("div", { class: "columns" },
        h("section", { class: "card" }, h("h2", {}, "Sign in with"), this.credentials, this.others),
        h("section", { class: "card" }, h("div", { class: "row" }, h("h2", {}, "This server"), this.reset), this.server)),
      h("section", { class: "card" }, h("div", { class: "row" }, h("h2", {}, "What happened last"), h("a", { href: "#/traffic" }, "All traffic")), this.quiet, this.newest));
  }

  enter() {
    this.listen(store, "change", () => this.draw());
    this.listen(journal, "entries", () => this.#soon());
    this.draw();
    this.#drawNewest();
  }

  draw() {
    const { status } = store;
    if (!status) return;
    this.url.textContent = status.url || location.origin;
    this.stale.hidden = !status.seed.stale;
    const ours = FIGURES.filter(([name]) => !status.lacks.includes(name)).map(([name, label, place]) => ({ label, place, href: address("state", place), count: status.counts[name] }));
    const rows = Object.entries(status.rows).slice(0, MOST_ROWS).map(([name, count]) => ({ label: name, place: `rows/${name}`, href: address("contract"), count }));
    keyed(this.figures, [...ours, ...rows], ({ place }) => place, ({ label, href, count }) =>
      h("li", {}, h("a", { href }, h("strong", {}, number(count)), h("span", {}, label))));
    const { email, password } = status.test_user;
    pairsOf(this.credentials, [["Email", email], ["Password", password], ...(status.api_key ? [["API key", status.api_key]] : [])], true);
    const others = status.test_users.slice(1);
    this.others.hidden = !others.length;
    keyed(this.people, others.map((user) => ({ ...user, same: user.password === password })), (user) => user.email, person);
    pairsOf(this.server, [
      ["Version", `devkit ${status.version}`], ["Dialects", status.dialects.join(", ")], ["Database", status.database], ["Origins", status.settings.origins.join(", ") || "those of localhost that the contract lists"],
      ...(status.upstream ? [["Real backend", `${status.upstream.url} ${BACKEND[status.upstream.state]}, the same data in all sandboxes`]] : []),
      ["Seed", String(status.seed.number)], ["Remembers", `${bytes(status.memory.size)} of ${bytes(status.memory.most)} at the most`],
    ]);
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNewest();
    });
  }

  #drawNewest() {
    const found = journal.entries.slice(-200).filter((entry) => entry.type === "request").slice(-NEWEST).reverse();
    this.quiet.hidden = found.length > 0;
    keyed(this.newest, found, (entry) => entry.number, (entry) => {
      const row = createRow();
      paintRow(row, entry);
      return h("li", {}, h("a", { href: address("traffic", String(entry.number)) }, row));
    });
  }
}

/** Whoever can be signed in as: the password is told where it is not the first one's. */
function person({ email, password, verified, role, same }) {
  return h("li", {},
    h("span", { class: "under" }, h("code", {}, email), role === "user" ? null : badge(role, "accent"), verified ? null : badge("not verified", "warn"),
      same ? h("span", { class: "soft" }, "same password") : h("code", {}, password)),
    copyButton("Copy", same ? email : `${email} ${password}`, { name: `Copy: ${email}` }));
}

function pairsOf(list, entries, copyable = false) {
  keyed(list, entries, ([label]) => label, ([label, value]) =>
    h("div", {}, h("dt", {}, label), h("dd", {}, h("code", {}, value), copyable ? copyButton("Copy", value, { name: `Copy: ${label}` }) : null)));
}

customElements.define("dk-overview", OverviewView);
