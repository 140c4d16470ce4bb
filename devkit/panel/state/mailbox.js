/* The mailbox: newest first; a mail is shown in a frame that may neither run scripts nor reach this page. */

import { get, query, remove, segment } from "../core/api.js";
import { fill, h, keyed } from "../core/dom.js";
import { dateTime, plural, relative } from "../core/format.js";
import { arrows } from "../core/keys.js";
import { address, become } from "../core/router.js";
import { store } from "../core/store.js";
import { copyButton, empty, searchBox } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { Card } from "./card.js";

/* The one place where a string becomes markup: a document of its own, in a sandboxed frame. */
const asMarkup = window.trustedTypes?.createPolicy("devkit-mail", { createHTML: (html) => html }) ?? { createHTML: (html) => html };

export class Mailbox extends Card {
  #chosen = null;
  #shown = null;
  #plain = false;

  build() {
    this.search = searchBox("To address", () => this.again());
    this.clear = h("button", { type: "button", class: "small", on: { click: () => this.#clear() } }, "Empty it");
    this.list = h("ul", { class: "mail-list", "aria-label": "Mails, newest first" });
    this.none = empty("No mail", h("p", {}, "Registration and forgotten passwords send some."));
    this.article = h("article", { class: "letter", "aria-label": "The chosen mail" });
    this.panes = h("div", { class: "mail-panes" }, this.list, this.article);
    fill(this, this.head("Mailbox", this.search.node, this.clear), this.none, this.panes);
    arrows(this.list, "a");
    this.list.addEventListener("focusin", (event) => {
      // Moving through the list opens: a mailbox is read, not clicked through.
      const id = event.target.closest("a")?.dataset.id;
      if (id && id !== this.#chosen && event.target.matches(":focus-visible")) this.#choose(id);
    });
  }

  show([id]) {
    this.#chosen = id ?? this.#chosen;
    return this.again();
  }

  async refresh() {
    const found = await get(`/mail${query({ to: this.search.box.value.includes("@") ? this.search.box.value : null, limit: 200 })}`);
    const wanted = this.search.box.value.toLowerCase();
    this.mails = found.data.filter((mail) => mail.to.toLowerCase().includes(wanted));
    this.none.hidden = this.mails.length > 0;
    this.panes.hidden = !this.mails.length;
    this.clear.hidden = !found.total;
    if (this.#chosen && !this.mails.some((mail) => mail.id === this.#chosen)) {
      // Linked to from the journal, but older than what is listed, or gone.
      const one = await get(`/mail/${segment(this.#chosen)}`).catch(() => null);
      if (one && !wanted) this.mails.push(one);
      else this.#chosen = null;
    }
    this.#draw();
  }

  #draw() {
    keyed(this.list, this.mails.map(({ id, subject, to, sent_at }) => ({ id, subject, to, sent_at })), (mail) => mail.id, entry);
    const mail = this.mails.find((candidate) => candidate.id === this.#chosen) ?? this.mails[0];
    for (const link of this.list.querySelectorAll("a")) {
      if (link.dataset.id === mail?.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!mail || mail.id === this.#shown) return;
    this.#shown = mail.id;
    this.#chosen = mail.id;
    fill(this.article, this.#parts(mail));
  }

  #choose(id) {
    this.#chosen = id;
    become("state", "mail", id);
    this.#draw();
  }

  #parts(mail) {
    const text = h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": "The mail as plain text" }, mail.text);
    const frame = h("iframe", {
      class: "mail-frame", title: "The mail as its recipient sees it", sandbox: "allow-popups allow-popups-to-escape-sandbox", referrerpolicy: "no-referrer",
    });
    // Links open beside this page: inside the frame they could not run.
    const target = '<base target="_blank">';
    frame.srcdoc = asMarkup.createHTML(/<body/i.test(mail.html) ? mail.html.replace(/<body/i, `${target}$&`) : target + mail.html);
    const swap = h("button", { type: "button", class: "small", "aria-pressed": String(this.#plain) }, "Plain text");
    const apply = () => {
      text.hidden = !this.#plain;
      frame.hidden = this.#plain;
      swap.setAttribute("aria-pressed", String(this.#plain));
    };
    swap.addEventListener("click", () => {
      this.#plain = !this.#plain;
      apply();
    });
    apply();
    // A link is a mail's, and a mail may be anybody's: only the web's own schemes are followed.
    const safe = /^https?:\/\//i.test(mail.link ?? "");
    return [
      h("h3", {}, mail.subject),
      h("p", { class: "soft" }, `To ${mail.to} · ${mail.kind} · ${dateTime(mail.sent_at)}`),
      h("div", { class: "row start actions" },
        safe ? h("a", { class: "button primary small", href: mail.link, target: "_blank", rel: "noopener noreferrer" }, "Open its link") : null,
        safe ? copyButton("Copy the link", mail.link) : null, swap),
      frame, text,
    ];
  }

  async #clear() {
    await act(this.clear, () => remove("/mail"), (done) => `Deleted ${plural(done.deleted, "mail")}`);
    this.#shown = this.#chosen = null;
    await this.again();
    store.soon();
  }
}

const entry = (mail) =>
  h("li", {}, h("a", { href: address("state", "mail", mail.id), data: { id: mail.id } },
    h("span", { class: "strong" }, mail.subject), h("span", { class: "soft" }, `${mail.to} · ${relative(mail.sent_at, store.now())}`)));

customElements.define("dk-mailbox", Mailbox);
