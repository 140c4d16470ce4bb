/**
 * Signing in with an account elsewhere (OAuth 2.0, authorization code): the browser goes to the provider and comes back with
 * a code, or with an error.
 *
 * - The state is drawn by the backend and remembered here: whoever comes back with another one did not leave from this page.
 * - A code is good once, and so is a state: when anything goes wrong, the user begins again at the beginning.
 * - What comes back is taken out of the address at once: a reload must not send a used code again.
 */

import * as naive from "./naive.js";
import { Failure } from "./net/failure.js";

export const PROVIDERS = { google: "Google", github: "GitHub" };
export const RETURN = "/social";

const KEPT = "devkit-demo-social";

export class SocialLogin {
  #client;
  #session;
  #has;

  constructor({ client, session, has }) {
    this.#client = client;
    this.#session = session;
    this.#has = has;
  }

  /** Leave for the provider's page. Rejects with a Failure where there is no way there. */
  async begin(provider) {
    const path = `/api/v2/auth/social/${encodeURIComponent(provider)}/initiate/`;
    // The page's own query stays: it says which virtues are off.
    const redirect_uri = location.origin + RETURN + location.search;
    const query = { redirect_uri, response_type: "code" };
    const call = { operation: "social.initiate", method: "GET", path, query, anonymous: true };
    const { body } = await this.#client.call(call);
    if (typeof body?.auth_url !== "string" || typeof body?.state !== "string") throw new Failure("unreadable");
    sessionStorage.setItem(KEPT, JSON.stringify({ provider, redirect_uri, state: body.state }));
    location.assign(body.auth_url);
  }

  /** Come back from there, with the query that the provider sent. Rejects with a Failure. */
  async finish(query) {
    const left = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    sessionStorage.removeItem(KEPT);
    const error = query.get("error");
    if (error) throw new Failure("refused", { status: 403, code: error });
    if (!left || left.state !== query.get("state")) throw new Failure("refused", { status: 400, code: "state_invalid" });
    const json = { ...left, code: query.get("code") };
    const call = { operation: "social.callback", method: "POST", path: "/api/v2/auth/social/callback/", json };
    const send = () => this.#client.call({ ...call, anonymous: true, keyless: true });
    const { body } = await (this.#has("fresh-start") ? send() : naive.sendAgain(send));
    await this.#session.adopt(body?.refresh);
  }
}
