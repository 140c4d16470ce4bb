/**
 * Who is signed in. The session itself is a cookie that scripts cannot read: all that can be known is what the backend says
 * when it is asked, so after a sign-in it is asked.
 *
 * `state` is `unknown` (not asked yet, or no answer yet), `out` or `in`; tells `change`. `ended` is the Failure that ended
 * a session, where one did.
 */

import * as naive from "./naive.js";
import { Failure } from "./net/failure.js";

const MARK = "devkit-demo-signed-in";

export class Session extends EventTarget {
  state = "unknown";
  user = null;
  ended = null;

  #client = null;
  #has;
  #naivelyAsking = false;

  constructor({ has }) {
    super();
    this.#has = has;
  }

  /** The client and the session know each other: it is made second, and needs `over`. */
  use(client) {
    this.#client = client;
  }

  /** Find out, when the page is opened. Whoever never signed in here is not asked about: it would only be refused. */
  async resume() {
    if (!localStorage.getItem(MARK)) return this.#become("out");
    try {
      this.#become("in", (await this.#me()).body.user);
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      if (this.state === "unknown") this.#become("out", null, failure);
    }
  }

  /** Rejects with the Failure of the sign-in; its code is `no_session` where the browser kept nothing of it. */
  async signIn(email, password) {
    const call = { operation: "auth.login", method: "POST", path: "/api/auth/login", json: { email, password } };
    const signIn = async () => {
      const { body } = await this.#client.call({ ...call, anonymous: true, keyless: true });
      this.#client.token = body?.token ?? null;
    };
    const me = () => this.#me({ anonymous: true });
    const answer = await (this.#has("session-check") ? this.#checked(signIn, me) : naive.signInAgainAndAgain(signIn, me));
    localStorage.setItem(MARK, "yes");
    this.#become("in", answer.body.user);
  }

  /** Go on with a session that was begun in another way, of which this is the refresh token. Rejects with a Failure. */
  async adopt(refreshToken) {
    const call = { operation: "auth.refresh", method: "POST", path: "/api/auth/refresh", json: { refreshToken } };
    const begin = async () => {
      const { body } = await this.#client.call({ ...call, anonymous: true, keyless: true });
      this.#client.token = body?.token ?? null;
    };
    const answer = await this.#checked(begin, () => this.#me({ anonymous: true }));
    localStorage.setItem(MARK, "yes");
    this.#become("in", answer.body.user);
  }

  async signOut() {
    localStorage.removeItem(MARK);
    const call = { operation: "auth.logout", method: "POST", path: "/api/auth/logout" };
    // Out is out, for this page, whether or not the backend can be told.
    await this.#client.call({ ...call, anonymous: true, keyless: true, isHarmless: true, patience: 3000 }).catch(() => {});
    this.#become("out");
  }

  /** The backend no longer takes the session, and no refresh helps. */
  over(failure) {
    if (this.state === "out") return;
    if (!this.#has("session-end")) {
      this.#askOn();
      return;
    }
    localStorage.removeItem(MARK);
    this.#become("out", null, failure);
  }

  #me(options = {}) {
    return this.#client.call({ operation: "auth.me", method: "GET", path: "/api/auth/me", ...options });
  }

  async #checked(signIn, me) {
    await signIn();
    try {
      return await me();
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      // There is a session, and it is old already: that can be mended, and is no fault of the browser's.
      if (failure.code === "token_expired") return this.#me();
      throw new Failure("refused", { status: 401, code: "no_session", requestId: failure.requestId, cause: failure });
    }
  }

  #become(state, user = null, ended = null) {
    if (state === "out") this.#client.token = null;
    Object.assign(this, { state, user, ended });
    this.dispatchEvent(new Event("change"));
  }

  #askOn() {
    if (this.#naivelyAsking) return;
    this.#naivelyAsking = true;
    const list = { operation: "tasks.list", method: "GET", path: "/api/tasks" };
    naive.keepAsking(() => this.#client.call(list)).finally(() => (this.#naivelyAsking = false));
  }
}
