/** Signing in, registering, a forgotten password, and the links that mails lead here with. */

import { wordsFor } from "../words.js";
import { h, notice } from "./dom.js";
import { field, formOf } from "./forms.js";
import { PROVIDERS, RETURN } from "../social.js";

const EMAIL = { type: "email", autocomplete: "username", required: true };

customElements.define(
  "demo-entrance",
  class extends HTMLElement {
    show(app) {
      this.app = app;
      this.said = h("div", { role: "status" });
      this.place = h("div", { class: "card" });
      this.mailbox = h("demo-mailbox", {});
      this.mailbox.show(app, { follow: (path, token) => this.#follow(path, token) });
      const intro = h(
        "div",
        { class: "intro" },
        h("h1", {}, "A task list that survives its backend"),
        h("p", { class: "fine" }, "A small frontend on an origin of its own. Sign in, let the backend fail, and watch what this page does about it; then switch its virtues off, and watch what most pages do."),
        h("p", {}, h("button", { onclick: () => app.tour.start() }, "Watch five failures")),
      );
      this.replaceChildren(intro, h("div", { class: "entrance" }, h("div", { class: "stack" }, this.said, this.place), this.mailbox));
      app.session.addEventListener("change", () => this.#update());
      const query = new URLSearchParams(location.search);
      if (location.pathname === RETURN) this.#comeBack(query);
      else if (query.has("token")) this.#follow(location.pathname, query.get("token"));
      else this.#signIn();
    }

    #update() {
      const { state, ended } = this.app.session;
      if (state === "in") {
        this.said.replaceChildren();
        this.entered = null;
      }
      if (state === "out" && ended) {
        this.#signIn();
        const words = wordsFor(ended, "Please sign in again.");
        this.said.replaceChildren(notice({ ...words, text: `${words.text} What you typed is still there.` }));
      }
    }

    #post(path, json) {
      const call = { operation: path, method: "POST", path: `/api/auth/${path}`, json };
      return this.app.client.call({ ...call, anonymous: true, keyless: true });
    }

    #turn(title, form, ...links) {
      this.place.replaceChildren(h("h2", {}, title), form, h("p", { class: "links" }, links));
    }

    #link(text, action) {
      return h("button", { class: "plain", type: "button", onclick: () => (this.said.replaceChildren(), action()) }, text);
    }

    #signIn({ email, password } = this.entered ?? this.app.backend.testUser) {
      const form = formOf({
        label: "Sign in",
        fields: [
          field("email", "Email", { ...EMAIL, value: email }),
          field("password", "Password", { type: "password", autocomplete: "current-password", required: true, value: password }),
        ],
        button: "Sign in",
        doing: "You are not signed in.",
        send: ({ email, password }) => this.app.session.signIn(email, password),
      });
      const others = h("div", { class: "row others" }, Object.keys(PROVIDERS).map((provider) => this.#elsewhere(provider)));
      if (this.app.backend.dialects.includes("promptcraft")) form.append(others);
      this.#turn("Sign in", form, this.#link("Create an account", () => this.#register()), this.#link("Forgot the password?", () => this.#forgot()));
    }

    #elsewhere(provider) {
      const begin = () => this.app.social.begin(provider).catch((failure) => this.#fail(failure, "You are not signed in."));
      return h("button", { type: "button", onclick: begin }, `Continue with ${PROVIDERS[provider]}`);
    }

    /** From Google or GitHub. */
    async #comeBack(query) {
      history.replaceState(null, "", "/" + without("code", "state", "provider", "error", "error_description"));
      this.#signIn();
      await this.app.social.finish(query).catch((failure) => this.#fail(failure, "You are not signed in."));
    }

    #fail(failure, doing) {
      this.said.replaceChildren(notice(wordsFor(failure, doing)));
    }

    #register() {
      const form = formOf({
        label: "Create an account",
        fields: [
          field("name", "Name", { autocomplete: "name" }),
          field("email", "Email", EMAIL),
          field("password", "Password", { type: "password", autocomplete: "new-password", required: true, hint: "At least 8 characters." }),
        ],
        button: "Create the account",
        doing: "There is no account yet.",
        send: async ({ name, email, password }) => {
          await this.#post("register", { name: name || undefined, email, password, confirmPassword: password });
          this.entered = { email, password };
          this.#signIn();
          this.#tell("Almost done.", `A mail to ${email} has a link that confirms the address. It is in the mailbox here.`);
          this.mailbox.look();
        },
      });
      this.#turn("Create an account", form, this.#link("I have an account", () => this.#signIn()));
    }

    #forgot() {
      const form = formOf({
        label: "Forgotten password",
        fields: [field("email", "Email", EMAIL)],
        button: "Send me a link",
        doing: "No mail was sent.",
        send: async ({ email }) => {
          await this.#post("forgot", { email });
          this.entered = { email, password: "" };
          this.#tell("Look into the mailbox.", `If ${email} has an account, a mail with a link is there.`);
          this.mailbox.look();
        },
      });
      this.#turn("Forgotten password", form, this.#link("Back", () => this.#signIn()));
    }

    /** A link of a mail: to confirm an address, or to choose a new password. */
    #follow(path, token) {
      history.replaceState(null, "", "/" + without("token"));
      if (path === "/reset-password") return this.#choose(token);
      this.#signIn();
      const call = { operation: "auth.verify", method: "GET", path: "/api/auth/verify", query: { token }, anonymous: true };
      return this.app.client.call(call).then(
        () => this.#tell("Thank you.", "Your address is confirmed. You can sign in now."),
        (failure) => this.said.replaceChildren(notice(wordsFor(failure, "The address is not confirmed."))),
      );
    }

    #choose(token) {
      const form = formOf({
        label: "New password",
        fields: [field("password", "New password", { type: "password", autocomplete: "new-password", required: true, hint: "At least 8 characters." })],
        button: "Save it",
        doing: "The password is as it was.",
        send: async ({ password }) => {
          await this.#post("reset", { token, password, confirmPassword: password });
          this.entered = { email: this.entered?.email ?? "", password };
          this.#signIn();
          this.#tell("Your password is changed.", "Sign in with the new one.");
        },
      });
      this.#turn("Choose a new password", form, this.#link("Back", () => this.#signIn()));
    }

    #tell(title, text) {
      this.said.replaceChildren(h("div", { class: "notice good" }, h("p", {}, h("strong", {}, title), " ", text)));
    }
  },
);

function without(...names) {
  const query = new URLSearchParams(location.search);
  for (const name of names) query.delete(name);
  return query.size ? `?${query}` : "";
}
