import type {Control, Input, Schemas} from './control.js';
import {gone} from './control.js';
import {ControlError, DevkitError} from './errors.js';
import {lines} from './journal.js';
import {Cookies} from './session.js';

export type Entry = Schemas['RequestEntry'] | Schemas['MailEntry'] | Schemas['SocketEntry'];
export type Report = Schemas['Report'];
/** How a sandbox is made; see `devkit sandbox create`. */
export type SandboxOptions = Input<'sandbox.create'>;

/** Signed in where `as` names a user by email (or its part before the @), or is left out; `as: null` is nobody. */
export interface FetchOptions extends RequestInit {
  as?: string | null;
}

/** A drill that did not pass. */
export class DrillFailed extends DevkitError {
  override name = 'DrillFailed';

  constructor(readonly report: Report) {
    const judged = report.expectations.filter(({verdict}) => verdict !== 'passed');
    const said = judged.map(({id, verdict, title, reason}) => `${verdict}: ${title} (${id}): ${reason}`);
    super([`The drill of ${report.scenario.name} ${report.verdict}`, ...said].join('\n  '));
  }
}

/** Somebody who is signed in to a sandbox. Their `fetch` keeps cookies. */
export interface User {
  email: string;
  password: string | undefined;
  /** What makes a call theirs. */
  headers: Record<string, string>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Where a sandbox is. `server` is the server's own address, which alone means `main`; `owned`: whether `remove` removes
 * it; `inPage`: whether this runs in a page, which reaches it by host, and has cookies of its own. */
export interface Place {
  server: string;
  owned?: boolean;
  inPage?: boolean;
}

/** A backend of one's own: data, clock, mails, failures and journal that no other test has. */
export class Sandbox {
  readonly #control: Control;
  readonly #users = new Map<string, Promise<User>>();
  #nobody = new Cookies();
  #removed = false;

  constructor(
    control: Control,
    readonly described: Schemas['Sandbox'],
    private readonly place: Place,
  ) {
    this.#control = control.of(described.id);
  }

  get id(): string {
    return this.described.id;
  }
  /** By host, for browsers: `http://ID.localhost:8000`. */
  get url(): string {
    return this.described.url;
  }
  /** By path, for whatever cannot resolve `ID.localhost`: append paths to it. */
  get pathUrl(): string {
    return this.described.path_url;
  }
  /** Host and port of `url`. */
  get host(): string {
    return new URL(this.url).host;
  }
  /** By header, sent to the server's own address. */
  get headers(): Record<string, string> {
    return {...this.described.header};
  }
  /** Names it too, as a bearer token: for a client that can be told an API key alone. */
  get token(): string {
    return this.described.token;
  }
  /** The server's own address: with `headers`, that of the sandbox. */
  get serverUrl(): string {
    return this.place.server;
  }

  /** Any operation of the control API on this sandbox, by its name. */
  get control(): Control {
    return this.#control;
  }

  readonly clock = {
    show: () => this.#control.call('clock.show'),
    /** `2h`, `-5m`. */
    advance: (by: string) => this.#control.call('clock.advance', {by}),
    freeze: (at?: Date | string) => this.#control.call('clock.freeze', at === undefined ? {} : {at: moment(at)}),
    set: (at: Date | string) => this.#control.call('clock.set', {at: moment(at)}),
    run: (rate = 1) => this.#control.call('clock.run', {rate}),
    reset: () => this.#control.call('clock.reset'),
  };

  readonly mail = {
    list: async (to?: string) => (await this.#control.call('mail.list', to === undefined ? {} : {to})).data,
    /** The newest mail to somebody, waited for where there is none yet. */
    wait: async (to: string, timeout = '10s'): Promise<Schemas['Mail']> => {
      const entry = (await this.#control.call('journal.wait', {type: 'mail', user: to, timeout})) as Schemas['MailEntry'];
      const [newest] = await this.mail.list(to);
      if (!newest) throw new DevkitError(`The mail "${entry.subject}" to ${to} was sent, and is not in the mailbox`);
      return newest;
    },
    clear: () => this.#control.call('mail.clear'),
  };

  readonly scenario = {
    /** Switch a scenario on: its name, or one that has no file, with the keys of a file. */
    use: (which: string | Record<string, unknown>, options: {ttl?: string; force?: boolean} = {}) =>
      typeof which === 'string'
        ? this.#control.call('scenario.use', {name: which, ...options})
        : this.#control.call('scenario.try', {scenario: which, ...options}),
    off: (name?: string) =>
      name === undefined ? this.#control.call('scenario.off_all') : this.#control.call('scenario.off', {name}),
    active: () => this.#control.call('scenario.active'),
  };

  readonly journal = {
    /** Oldest first. */
    list: async (filters: Input<'journal.list'> = {}): Promise<Entry[]> =>
      (await this.#control.call('journal.list', {limit: 10_000, ...filters})).data.reverse(),
    /** The first entry that fits, as soon as it is there; it may be there already. */
    wait: (filters: Input<'journal.wait'> = {}): Promise<Entry> => this.#control.call('journal.wait', filters),
    clear: () => this.#control.call('journal.clear'),
    /** A line for each of the newest entries, and where calls went if none came here. */
    text: async (most = 100): Promise<string> => {
      const entries = await this.journal.list({limit: most});
      const before = (entries[0]?.number ?? 1) - 1;
      if (!entries.length) return this.#silence();
      return (before && entries.length === most ? `(entries up to #${before} left out)\n` : '') + lines(entries);
    },
  };

  readonly events = {
    list: async () => (await this.#control.call('event.list')).data,
    /** Tell an event to the WebSockets that subscribed to its topic. */
    push: (topic: string, payload: Record<string, unknown> = {}, more: {type?: string; user?: string} = {}) =>
      this.#control.call('event.push', {topic, payload, ...more}),
  };

  /** What was called, by the operation's name (`tasks.create`, `tasks.*`). What a client's own HTTP layer sends again
   * counts once: whoever uses it knows of neither. */
  async calls(operation: string): Promise<{count: number; statuses: number[]; entries: Schemas['RequestEntry'][]}> {
    const found = (await this.journal.list({type: 'request', operation})) as Schemas['RequestEntry'][];
    const entries = found.filter(({repeats}) => repeats === null);
    return {count: entries.length, statuses: entries.map(({status}) => status), entries};
  }

  /** Play a scenario while `use` uses the frontend, and judge what that did. Throws DrillFailed where it did not pass. */
  async drill(scenario: string, use: () => unknown, options: {timeout?: string; force?: boolean} = {}): Promise<Report> {
    const {id} = await this.#control.call('drill.start', {scenario, sandbox: this.id, early: false, timeout: '10m', ...options});
    try {
      await use();
      const report = await this.#control.call('drill.finish', {id});
      if (report.verdict !== 'passed') throw new DrillFailed(report);
      return report;
    } finally {
      await this.#control.call('drill.delete', {id}).catch(() => undefined);
    }
  }

  /** Signed in when first asked for: the seeded test user, or whoever has that email (its part before the @ is enough). */
  user(who = ''): Promise<User> {
    let found = this.#users.get(who);
    if (!found) {
      found = this.#signIn(who);
      this.#users.set(who, found);
      found.catch(() => this.#users.delete(who));
    }
    return found;
  }

  /** `fetch` below the sandbox's address, as the test user unless `as` says otherwise. */
  async fetch(path: string, {as = '', ...init}: FetchOptions = {}): Promise<Response> {
    return as === null ? this.#send(path, init, {}, this.#nobody) : (await this.user(as)).fetch(path, init);
  }

  /** Back to the seeded state, with no scenario on. */
  async reset(): Promise<void> {
    this.#users.clear();
    this.#nobody = new Cookies();
    await this.#control.call('scenario.off_all');
    await this.#control.call('state.reset');
  }

  /** End it, unless it was there before. */
  async remove(): Promise<void> {
    if (this.#removed || this.place.owned === false) return;
    this.#removed = true;
    await this.#control.of(undefined).call('sandbox.delete', {id: this.id}).catch((error: unknown) => {
      if (!(error instanceof ControlError && error.status === 404)) throw error;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  async #signIn(who: string): Promise<User> {
    const {test_user: first, test_users: all} = await this.#control.call('state.status');
    const known = who === '' ? first : all.find(({email}) => email === who || email.split('@')[0] === who);
    const email = known?.email ?? who;
    const {token} = await this.#control.call('token.mint', {user: email});
    const [headers, cookies] = [{Authorization: `Bearer ${token}`}, new Cookies()];
    return {
      email,
      password: known?.password,
      headers: this.place.inPage ? headers : {...this.headers, ...headers},
      fetch: (path, init = {}) => this.#send(path, init, headers, cookies),
    };
  }

  async #send(path: string, init: RequestInit, more: Record<string, string>, cookies: Cookies): Promise<Response> {
    const {inPage} = this.place;
    const url = new URL(path, inPage ? this.url : this.serverUrl);
    const headers = new Headers(init.headers);
    // A field of our own would have the browser ask for leave first.
    for (const [name, value] of Object.entries(inPage ? more : {...this.headers, ...more})) {
      if (!headers.has(name)) headers.set(name, value);
    }
    const kept = inPage ? '' : cookies.for(url.pathname);
    if (kept && !headers.has('cookie')) headers.set('cookie', kept);
    const answer = await fetch(url, {...init, headers});
    cookies.keep(answer.headers.getSetCookie());
    if (answer.status === 404 && (await this.#isGone(answer))) throw gone(this.id);
    return answer;
  }

  async #isGone(answer: Response): Promise<boolean> {
    const told = await answer.clone().text().catch(() => '');
    return told.includes(`There is no sandbox '${this.id}' here`);
  }

  async #silence(): Promise<string> {
    const others = await this.#control.of('main').call('journal.list', {limit: 1});
    const elsewhere = others.data.some(({at}) => at >= this.described.created_at)
      ? ' Meanwhile `main` was called: something on the way (a dev server, a proxy) drops what names the sandbox.'
      : '';
    return `Nothing was called in the sandbox ${this.id}.${elsewhere} It is at ${this.url} (browsers), at ${
      this.pathUrl
    } (anything), or at ${this.serverUrl} with ${JSON.stringify(this.headers)}.`;
  }
}

function moment(at: Date | string): string {
  return typeof at === 'string' ? at : at.toISOString();
}
