/** What somebody needs who shows this page to others: the tour, a page for the second screen, and the way back. */

import { h, say } from "./dom.js";

customElements.define(
  "demo-director",
  class extends HTMLElement {
    show(app) {
      this.app = app;
      const tour = h("button", { class: "small primary", onclick: () => app.tour.start() }, "Watch five failures");
      const reset = h("button", { class: "small", onclick: () => this.dialog.showModal() }, "Reset …");
      const screen = h("a", { href: "/presenter", target: "_blank", rel: "noopener" }, "Second screen");
      this.said = h("p", { class: "fine", role: "status", hidden: true });
      this.dialog = this.#asking();
      this.className = "stack";
      this.replaceChildren(h("div", { class: "row" }, tour, reset, screen), this.said, this.dialog);
      app.tour.addEventListener("change", () => {
        tour.hidden = app.tour.running;
        say(this.said, "");
      });
    }

    #asking() {
      const close = () => this.dialog.close();
      const go = h("button", { class: "primary", onclick: () => void (close(), this.#reset()) }, "Reset");
      return h(
        "dialog",
        { class: "card", "aria-labelledby": "reset-title" },
        h("h2", { id: "reset-title" }, "Back to the beginning?"),
        h("p", {}, "Accounts, tasks, files and mails become what they were when the demo began, and nothing fails any more. Whoever is signed in elsewhere is signed out."),
        h("div", { class: "row" }, go, h("button", { onclick: close }, "Cancel")),
      );
    }

    async #reset() {
      const { tour, stage, session, backend, forget } = this.app;
      const { email, password } = backend.testUser;
      say(this.said, "Resetting …");
      try {
        await tour.stop();
        const again = session.state === "in" && session.user.email === email;
        await stage.allOff();
        // Before the backend ends the session: that would be told as a misfortune.
        if (session.state === "in") await session.signOut();
        await stage.reset();
        forget();
        if (again) await session.signIn(email, password);
        say(this.said, "Everything is as it was in the beginning.");
      } catch (error) {
        say(this.said, error.kind ? "Everything is as it was in the beginning; please sign in." : error.message);
      }
    }
  },
);
