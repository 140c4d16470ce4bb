/**
 * The tasks that are shown, gathered from three sides that do not agree at all times: pages of the list, answers to what
 * the user did, and events.
 *
 * - Each row once: rows are kept by id, so that one which moved to the next page meanwhile is not shown twice.
 * - What the user did stays: a read that comes from a replica behind does not take it back for `REMEMBERED`.
 * - The newest state wins: an event older than the one that a row already has changes nothing, and one that comes twice is
 *   heard once. What was deleted does not come back by a late event.
 *
 * Tells `change`.
 */

import * as naive from "../naive.js";
import { Failure } from "../net/failure.js";
import { readTask } from "./task.js";

export const PAGE = 20;
const REMEMBERED = 30_000;

export class Tasks extends EventTarget {
  /** `idle`, `loading`, `ready` or `failed`, and then `failure` says how. */
  state = "idle";
  failure = null;
  total = 0;

  #client;
  #has;
  #restart;
  #rows = new Map();
  #order = [];
  #pages = 0;
  #created = new Map();
  #changed = new Map();
  #deleted = new Map();
  #heard = new Map();
  #newestEvent = 0;
  #current = null;
  #again = false;
  #refetching = false;

  constructor({ client, has, restart }) {
    super();
    this.#client = client;
    this.#has = has;
    this.#restart = restart;
  }

  get rows() {
    return this.#order.map((id) => this.#rows.get(id));
  }

  get hasMore() {
    return this.state !== "failed" && this.#pages > 0 && this.#pages * PAGE < this.total;
  }

  clear() {
    this.#current?.abort();
    this.#again = false;
    for (const kept of [this.#rows, this.#created, this.#changed, this.#deleted, this.#heard]) kept.clear();
    Object.assign(this, { state: "idle", failure: null, total: 0 });
    this.#order = [];
    this.#pages = 0;
    this.#newestEvent = 0;
    this.#tell();
  }

  /** Fetch anew all that is shown. Called while something is under way, it is done afterwards, and once only. */
  async load() {
    if (this.state === "loading") {
      this.#again = true;
      return;
    }
    await this.#fetching(async (signal) => {
      const pages = Math.max(1, this.#pages);
      const rows = [];
      for (let page = 1; page <= pages; page++) rows.push(...(await this.#page(page, signal)));
      const missing = this.rows.filter(({ id }) => this.#created.has(id) && !rows.some((row) => row.id === id));
      const remembered = missing.filter(({ id }) => this.#remembers(this.#created, id));
      this.#order = [];
      this.#take([...remembered, ...rows]);
      this.#pages = pages;
    });
  }

  /** Fetch the next page, and add it below. */
  async more() {
    if (this.state === "loading" || !this.hasMore) return;
    await this.#fetching(async (signal) => {
      this.#take(await this.#page(this.#pages + 1, signal));
      this.#pages += 1;
    });
  }

  /** `key` stays the same as long as the form does: sending it twice makes one task. Rejects with a Failure. */
  async create(fields, key) {
    const call = { operation: "tasks.create", method: "POST", path: "/api/tasks", json: fields, key };
    const task = this.#read((await this.#client.call(call)).body);
    if (!task) return this.load();
    const isNew = !this.#rows.has(task.id);
    this.#created.set(task.id, Date.now());
    this.#put(task, { first: true });
    if (isNew) this.total += 1;
    this.#tell();
    if (!this.#has("own-writes")) await this.#pollFor(task.id);
    return undefined;
  }

  /** Shown at once, and taken back where the backend refuses it. Rejects with a Failure. */
  async complete(id, completed) {
    const before = this.#rows.get(id);
    this.#changed.set(id, Date.now());
    this.#put({ ...before, completed });
    this.#tell();
    try {
      // It says what shall be, not what shall change: done twice, it is the same.
      const call = { operation: "tasks.complete", method: "PATCH", path: `/api/tasks/${encodeURIComponent(id)}/complete` };
      await this.#client.call({ ...call, json: { completed }, isHarmless: true });
    } catch (failure) {
      this.#changed.delete(id);
      if (failure.status === 404) this.#remove(id);
      else if (this.#rows.has(id)) this.#put(before);
      this.#tell();
      throw failure;
    }
  }

  /** Rejects with a Failure. */
  async remove(id) {
    const call = { operation: "tasks.delete", method: "DELETE", path: `/api/tasks/${encodeURIComponent(id)}`, isHarmless: true };
    await this.#client.call(call).catch((failure) => {
      // Gone is what it should be, whoever did it.
      if (failure.status !== 404) throw failure;
    });
    this.#deleted.set(id, Date.now());
    this.#remove(id);
    this.#tell();
  }

  /** An event of the live connection. */
  hear(frame) {
    const id = frame.task?.id;
    if (!id) return;
    if (!this.#has("ordering") && frame.id <= this.#newestEvent) return this.#restart();
    this.#newestEvent = Math.max(this.#newestEvent, frame.id);
    if (this.#has("ordering") && frame.id <= (this.#heard.get(id) ?? 0)) return;
    this.#heard.set(id, frame.id);
    if (frame.type === "task_deleted") this.#remove(id);
    else this.#news(this.#read(frame.task), frame.type === "task_created");
    this.#tell();
  }

  #news(task, created) {
    if (!task) return;
    if (this.#order.includes(task.id)) this.#put(task);
    else if (created && this.#pages) {
      this.#put(task, { first: true });
      this.total += 1;
    }
  }

  async #page(page, signal) {
    const call = { operation: "tasks.list", method: "GET", path: "/api/tasks", query: { page, limit: PAGE }, signal };
    const { body } = await this.#client.call(call);
    if (!Array.isArray(body?.data)) throw new Failure("unreadable", { status: 200 });
    this.total = Number.isInteger(body.total) ? body.total : body.data.length;
    return body.data.map((given) => this.#read(given)).filter((task) => task && !this.#remembers(this.#deleted, task.id));
  }

  #read(given) {
    return this.#has("tolerance") ? readTask(given) : readTask(naive.strictly(given));
  }

  #take(rows) {
    for (const row of rows) {
      if (!this.#has("merging") && this.#order.includes(row.id)) throw new TypeError(`Keys must be unique: ${row.id}`);
      this.#put(this.#remembers(this.#changed, row.id) ? this.#rows.get(row.id) : row);
    }
  }

  /** Whether the user did that to the task so lately that a read may not know of it yet. */
  #remembers(what, id) {
    return this.#has("own-writes") && Date.now() - (what.get(id) ?? 0) < REMEMBERED;
  }

  #put(task, { first = false } = {}) {
    this.#rows.set(task.id, task);
    if (this.#order.includes(task.id)) return;
    if (first) this.#order.unshift(task.id);
    else this.#order.push(task.id);
  }

  #remove(id) {
    if (!this.#rows.delete(id)) return;
    this.#order = this.#order.filter((other) => other !== id);
    this.total = Math.max(0, this.total - 1);
  }

  async #fetching(fetch) {
    this.#current = new AbortController();
    const { signal } = this.#current;
    this.state = "loading";
    this.#tell();
    try {
      await fetch(signal);
      Object.assign(this, { state: "ready", failure: null });
    } catch (failure) {
      if (signal.aborted) return;
      Object.assign(this, { state: "failed", failure });
      if (failure instanceof TypeError && !this.#has("tolerance")) this.#fetchAgain();
    }
    this.#tell();
    if (this.#again) {
      this.#again = false;
      await this.load();
    }
  }

  #fetchAgain() {
    if (this.#refetching) return;
    this.#refetching = true;
    naive.fetchAgain(() => this.load()).finally(() => (this.#refetching = false));
  }

  async #pollFor(id) {
    let seen = false;
    await naive.pollUntil(
      () => seen,
      async () => {
        seen = (await this.#page(1)).some((row) => row.id === id);
      },
    );
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
