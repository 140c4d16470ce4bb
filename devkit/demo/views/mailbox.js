/** The mailbox beside the registration: devkit keeps the mails that a real backend would send. */

import { h, keyed, say } from "./dom.js";

customElements.define(
  "demo-mailbox",
  class extends HTMLElement {
    #mails = [];

    /** `follow(path, token)` does what a mail's link would do. */
    show({ stage, session }, { follow }) {
      this.stage = stage;
      this.list = h("ul", { class: "mails" });
      this.empty = h("p", { class: "fine" }, "No mail yet. Registration and a forgotten password send some.");
      this.className = "card";
      this.replaceChildren(h("h2", {}, "Mailbox"), this.empty, this.list);
      this.follow = follow;
      // Mails can come late, or twice: whoever waits for one sees it without doing anything.
      setInterval(() => session.state === "out" && document.visibilityState === "visible" && this.look(), 3000);
      this.look();
    }

    async look() {
      this.#mails = await this.stage.mails().catch(() => this.#mails);
      this.empty.hidden = this.#mails.length > 0;
      keyed(this.list, this.#mails, (mail) => mail.id, (mail) => this.#row(mail), () => {});
    }

    #row(mail) {
      const link = linkOf(mail);
      const action = mail.kind === "reset" ? "Choose a new password" : "Confirm the address";
      const about = h("p", { class: "fine" });
      say(about, `To ${mail.to} · ${new Date(mail.sent_at).toLocaleTimeString(undefined, { timeStyle: "short" })}`);
      return h(
        "li",
        {},
        h("p", {}, h("strong", {}, mail.subject)),
        about,
        link ? h("button", { class: "small", onclick: () => this.follow(link.path, link.token) }, action) : null,
      );
    }
  },
);

/** Where the mail's link leads on this page. */
function linkOf(mail) {
  if (!URL.canParse(mail.link ?? "")) return null;
  const url = new URL(mail.link);
  const token = url.searchParams.get("token");
  return token ? { path: url.pathname.endsWith("reset-password") ? "/reset-password" : "/verify", token } : null;
}
