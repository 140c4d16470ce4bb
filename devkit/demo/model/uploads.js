/**
 * Files on their way, and those that are stored.
 *
 * `fetch` cannot tell how far a body has got, so this is an XMLHttpRequest. What it tells is what the browser has handed to
 * the system; the backend's own `upload_progress` events tell what has arrived. The bar shows the slower of the two.
 *
 * - 100 % is not the end: a file counts once the backend has answered, and until then the bar says that it is being stored.
 * - When nothing moves for `STALLED`, the user is told, and may send it again or leave it. Nothing is sent twice by itself.
 *
 * A transfer is `{number, id, file, state, percent, failure}`; `id` is what the backend calls it; `state` is `sending`, `storing`, `stalled`, `stored`, `failed` or
 * `cancelled`. Tells `change`.
 */

import { Failure, refusal } from "../net/failure.js";
import { VERSION } from "../net/sending.js";

const STALLED = 8_000;

export class Uploads extends EventTarget {
  stored = [];
  transfers = [];
  /** Why there is no list: the Failure; null where there is one. */
  failure = null;
  /** False where the backend has no such thing. */
  available = true;
  limit = null;

  #client;
  #backend;
  #has;
  #over;
  #count = 0;
  #loading = false;
  #again = false;

  /** `over(failure)` is told when the session has ended. */
  constructor({ client, backend, has, over }) {
    super();
    this.#client = client;
    this.#backend = backend;
    this.#has = has;
    this.#over = over;
  }

  clear() {
    for (const transfer of this.transfers) transfer.request?.abort();
    Object.assign(this, { stored: [], transfers: [], failure: null, available: true });
    this.#tell();
  }

  /** Called while it is under way, it is done once more afterwards: what was stored meanwhile may be missing. */
  async load() {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    await this.#list();
    this.#loading = false;
    if (!this.#again) return;
    this.#again = false;
    await this.load();
  }

  async #list() {
    try {
      const { body } = await this.#client.call({ operation: "uploads.list", method: "GET", path: "/api/uploads" });
      this.stored = (Array.isArray(body?.data) ? body.data : []).filter((file) => typeof file?.id === "string");
      Object.assign(this, { failure: null, available: true });
    } catch (failure) {
      // That the session is over is told by whoever asks to sign in again.
      this.failure = failure.status === 401 ? null : failure;
      if (failure.status === 404 && this.#has("final-answers")) this.available = false;
    }
    this.#tell();
  }

  /** What the backend allows; where it cannot be asked, it will say so itself. */
  async loadLimit() {
    const call = { operation: "config.get", method: "GET", path: "/api/config", anonymous: true, plain: true };
    const answer = await this.#client.call(call).catch(() => null);
    const limit = answer?.body?.limits?.uploadMaxBytes;
    this.limit = Number.isFinite(limit) ? limit : null;
    this.#tell();
  }

  send(file) {
    const transfer = { number: ++this.#count, id: crypto.randomUUID(), file, state: "sending", percent: 0, failure: null };
    this.transfers = [transfer, ...this.transfers];
    if (this.limit === null || file.size <= this.limit) return void this.#begin(transfer);
    // The backend would say the same, after having been sent all of it.
    Object.assign(transfer, { state: "failed", failure: new Failure("refused", { status: 413, code: "payload_too_large" }) });
    return this.#tell();
  }

  again(transfer) {
    transfer.request?.abort();
    // A new name: the backend may still hold what came under the old one.
    Object.assign(transfer, { id: crypto.randomUUID(), state: "sending", percent: 0, failure: null });
    this.#begin(transfer);
  }

  cancel(transfer) {
    transfer.state = "cancelled";
    clearTimeout(transfer.watch);
    transfer.request?.abort();
    this.#tell();
  }

  dismiss(transfer) {
    this.transfers = this.transfers.filter((other) => other !== transfer);
    this.#tell();
  }

  /** An event of the live connection. */
  hear(frame) {
    const transfer = this.transfers.find((one) => one.id === frame.upload_id);
    if (!transfer || frame.type !== "upload_progress" || !["sending", "storing", "stalled"].includes(transfer.state)) return;
    const percent = Math.min(100, Math.max(0, Number(frame.percent) || 0));
    if (percent > (transfer.arrived ?? -1)) {
      transfer.arrived = percent;
      this.#moved(transfer);
    }
  }

  async #begin(transfer) {
    transfer.arrived = transfer.handed = undefined;
    this.#moved(transfer);
    const began = Date.now();
    try {
      await this.#post(transfer);
    } catch (failure) {
      if (failure.status !== 401 || transfer.renewed) return this.#failed(transfer, failure);
      transfer.renewed = true;
      return this.#client.renewal.newerThan(began).then(
        () => this.#begin(transfer),
        (refused) => {
          if (refused.isFinal) this.#over(refused);
          this.#failed(transfer, refused);
        },
      );
    }
    if (!this.#isCurrent(transfer)) return undefined;
    clearTimeout(transfer.watch);
    Object.assign(transfer, { state: "stored", percent: 100 });
    this.#tell();
    return this.load();
  }

  /** Resolves when the backend has stored it; rejects with a Failure. */
  #post(transfer) {
    const request = (transfer.request = new XMLHttpRequest());
    const form = new FormData();
    form.append("file", transfer.file);
    request.open("POST", `${this.#backend.http}/api/uploads`);
    request.withCredentials = true;
    request.setRequestHeader("X-Client-Version", VERSION);
    request.setRequestHeader("X-Upload-Id", transfer.id);
    request.upload.onprogress = ({ loaded, total }) => {
      transfer.handed = (100 * loaded) / total;
      this.#moved(transfer);
    };
    return new Promise((resolve, reject) => {
      request.onload = () => (request.status === 201 ? resolve() : reject(failureOf(request)));
      request.onerror = () => reject(new Failure("unreachable"));
      request.onabort = () => reject(new Failure("cancelled"));
      request.send(form);
    });
  }

  /** Something moved, so it is watched anew from here. */
  #moved(transfer) {
    const seen = [transfer.handed, transfer.arrived].filter((percent) => percent !== undefined);
    transfer.percent = seen.length ? Math.max(transfer.percent, Math.min(...seen)) : 0;
    transfer.state = transfer.percent >= 100 ? "storing" : "sending";
    if (transfer.percent >= 100 && !this.#has("honest-progress")) transfer.state = "stored";
    clearTimeout(transfer.watch);
    if (this.#has("stall-watch")) transfer.watch = setTimeout(() => this.#stalled(transfer), STALLED);
    this.#tell();
  }

  #stalled(transfer) {
    transfer.state = "stalled";
    this.#tell();
  }

  #failed(transfer, failure) {
    if (!this.#isCurrent(transfer) || failure.kind === "cancelled") return;
    clearTimeout(transfer.watch);
    if (!this.#has("honest-progress") && transfer.state === "stored") return;
    Object.assign(transfer, { state: "failed", failure });
    this.#tell();
    if (!this.#has("final-answers") && (transfer.tries = (transfer.tries ?? 0) + 1) < 6) this.again(transfer);
  }

  #isCurrent(transfer) {
    return this.transfers.includes(transfer) && transfer.state !== "cancelled";
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function failureOf(request) {
  let body = null;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    // A page of a proxy: the status has to do.
  }
  return refusal({ status: request.status, headers: { get: (name) => request.getResponseHeader(name) } }, body);
}
