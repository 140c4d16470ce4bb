/* Users, and the sessions they are signed in with: let tokens expire, revoke, mint. */

import { get, post, query, remove, segment } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { dateTime, plural, relative } from "../core/format.js";
import { address } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, copy, searchBox } from "../parts/bits.js";
import { act } from "../parts/toast.js";
import { Card, PAGE, row } from "./card.js";

export class Users extends Card {
  #user = null;

  build() {
    this.search = searchBox("Search users", () => {
      this.pager.offset = 0;
      this.again();
    });
    this.users = this.rows({ label: "Users", nothing: "Nobody fits.", keyOf: (user) => user.id, render: (user) => this.#userRow(user) });
    this.sessions = this.rows({ label: "Open sessions", nothing: "Nobody is signed in.", keyOf: (session) => session.id, render: (session) => this.#sessionRow(session) });
    this.pager = this.pages();
    this.of = h("p", { class: "soft", hidden: true });
    fill(this,
      this.head("Open sessions"), this.of, this.sessions.node,
      this.head("Users", this.search.node), this.users.node, this.pager.node);
  }

  /** `#/state/users/ada@example.com` shows that user's sessions alone. */
  show([email]) {
    this.#user = email ?? null;
    this.of.hidden = !email;
    fill(this.of, "Of ", h("strong", {}, email ?? ""), " alone. ", h("a", { href: address("state", "users") }, "Show everybody's"));
    return this.again();
  }

  async refresh() {
    const [users, sessions] = await Promise.all([
      get(`/users${query({ q: this.search.box.value, limit: PAGE, offset: this.pager.offset })}`),
      get(`/sessions${query({ user: this.#user, limit: PAGE })}`),
    ]);
    this.sessions.draw(sessions.data.map(({ user, ...rest }) => ({ ...rest, email: user.email })));
    this.users.draw(users.data);
    this.pager.draw(users.data.length, users.total);
  }

  #sessionRow(session) {
    const named = `the session of ${session.email} from ${dateTime(session.created_at)}`;
    const does = (label, work, done, options = {}) => {
      const button = h("button", { type: "button", class: `small ${options.class ?? ""}`, "aria-label": `${label}: ${named}`, title: options.title, data: { act: label } }, label);
      button.addEventListener("click", async () => {
        await act(button, work, done);
        await this.again();
      });
      return button;
    };
    const path = `/sessions/${segment(session.id)}`;
    return row(
      [
        h("p", {}, h("strong", {}, session.email), session.sockets ? [" ", badge(plural(session.sockets, "socket"))] : null),
        h("p", { class: "soft" }, `since ${dateTime(session.created_at)} · until ${dateTime(session.expires_at)} · ${session.user_agent || "no user agent"}`),
      ],
      [
        does("Expire now", () => post(`${path}/expire`), "Its access tokens have expired: a refresh still works", { title: "Its access tokens end now; the refresh token still works" }),
        does("With refresh", () => post(`${path}/expire`, { token: "both" }), "All its tokens have expired", { title: "Access and refresh tokens end now" }),
        does("Revoke", () => remove(path), "The session is revoked", { class: "danger", title: "As signing out elsewhere does; sockets are closed" }),
      ],
    );
  }

  #userRow(user) {
    const token = h("button", { type: "button", class: "small", "aria-label": `Copy an access token of ${user.email}`, data: { act: "token" } }, "Copy a token");
    token.addEventListener("click", () => copy(async () => (await post("/tokens", { user: user.email })).token, `A token of ${user.email}, good for a day`));
    return row(
      [
        h("p", {}, h("strong", {}, user.email), user.name ? ` ${user.name}` : "", " ", user.role === "user" ? null : badge(user.role, "accent"), user.email_verified ? null : badge("not verified", "warn")),
        h("p", { class: "soft" },
          h("a", { href: address("state", "users", user.email) }, plural(user.sessions, "session")), " · ",
          h("a", { href: address("state", "tasks", user.email) }, plural(user.tasks, "task")), ` · ${plural(user.uploads, "upload")} · ${relative(user.created_at, store.now())}`),
      ],
      [token],
    );
  }
}

customElements.define("dk-users", Users);
