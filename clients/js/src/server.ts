import {spawn, type ChildProcess} from 'node:child_process';
import {setTimeout as pause} from 'node:timers/promises';
import {Control, type Schemas} from './control.js';
import {DevkitError} from './errors.js';
import {findDevkit} from './find.js';
import {transportTo} from './http.js';
import {Sandbox, type SandboxOptions} from './sandbox.js';
import {isOlder, VERSION} from './version.js';

const PORT_TAKEN = 3;
const TIED = '--until-stdin-closes';
const KEPT_LINES = 200;

/** How a server is found or started. */
export interface StartOptions {
  /** One that runs; else `DEVKIT_URL`. Nothing is started, and nothing is stopped. */
  url?: string;
  /** What control calls need where that server listens beyond loopback; else `DEVKIT_TOKEN`. */
  token?: string;
  /** What runs devkit; else .venv, `devkit` on PATH, `uvx`, `pipx run`, or a container of `DEVKIT_IMAGE`. */
  command?: readonly string[];
  /** Further words for `devkit serve`, such as `--contract`, `backend.yaml`. */
  args?: readonly string[];
  /** Where it listens, if that is free; else, or left out, on any port. */
  port?: number;
  /** The folder whose devkit.yaml, scenarios and seed count. */
  cwd?: string;
  /** Milliseconds that it may take to get ready. */
  timeout?: number;
  env?: NodeJS.ProcessEnv;
}

/** A server that answers. */
export class Devkit {
  readonly control: Control;
  readonly #child: ChildProcess | undefined;
  readonly #exited: Promise<unknown>;

  constructor(
    /** Its own address, which means the sandbox `main`. */
    readonly url: string,
    readonly token: string | undefined,
    readonly status: Schemas['Status'],
    /** The sandbox that the environment names: in `devkit drill … -- COMMAND`. */
    readonly named: string | undefined = undefined,
    started?: Started,
  ) {
    this.control = new Control(transportTo(url, token));
    this.#child = started?.child;
    this.#exited = started?.exited ?? Promise.resolve();
  }

  get version(): string {
    return this.status.version;
  }

  /** A fresh sandbox, which removes itself after an hour if nobody does. Where the environment names one, that one. */
  async sandbox(options: SandboxOptions = {}): Promise<Sandbox> {
    if (this.named !== undefined) {
      const found = await this.control.call('sandbox.show', {id: this.named});
      return new Sandbox(this.control, found, {server: this.url, owned: false});
    }
    const made = await this.control.call('sandbox.create', {ttl: '1h', ...options});
    return new Sandbox(this.control, made, {server: this.url});
  }

  /** End the server, if it was started here. */
  async stop(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin?.end();
    const late = new AbortController();
    await Promise.race([this.#exited, pause(10_000, undefined, {signal: late.signal}).catch(() => undefined)]);
    late.abort();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Start `devkit serve` in memory, or take the one that `url` or `DEVKIT_URL` names; ready when it resolves. A server that
 * was started ends with this process, however that ends. Throws DevkitError. */
export async function startDevkit(options: StartOptions = {}): Promise<Devkit> {
  const env = options.env ?? process.env;
  const given = options.url ?? env['DEVKIT_URL'];
  const token = options.token ?? env['DEVKIT_TOKEN'];
  if (given) {
    const {base, sandbox} = parted(given);
    return new Devkit(base, token, await ask(base, token), sandbox ?? env['DEVKIT_SANDBOX']);
  }
  const folder = options.cwd ?? process.cwd();
  const command = options.command ?? findDevkit(folder, env);
  const deadline = performance.now() + (options.timeout ?? 120_000);
  let started = await start(command, options, options.port ?? 0, deadline);
  if (started === 'taken') started = await start(command, options, 0, deadline);
  if (started === 'taken') throw new DevkitError('No port is free');
  try {
    return new Devkit(started.url, token, await ready(started, token, deadline), undefined, started);
  } catch (error) {
    started.child.kill('SIGKILL');
    throw error;
  }
}

interface Started {
  child: ChildProcess;
  exited: Promise<unknown>;
  url: string;
}

async function start(
  command: readonly string[],
  {args = [], cwd, env}: StartOptions,
  port: number,
  deadline: number,
): Promise<Started | 'taken'> {
  const [program = '', ...before] = command;
  const words = [...before, 'serve', '--memory', '--json', TIED, '--port', String(port), ...args];
  const child = spawn(program, words, {cwd, env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true});
  const exited = new Promise((resolve) => child.once('close', resolve));
  const said: string[] = [];
  const failed = (what: string) =>
    new DevkitError([`${[program, ...words].join(' ')}: ${what}`, ...said.slice(-20)].join('\n  '));
  const url = await new Promise<string | undefined>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failed('it did not get ready in time'));
    }, deadline - performance.now());
    const listen = (line: string) => {
      said.push(line);
      if (said.length > KEPT_LINES) said.shift();
      if (!line.startsWith('{"event": "ready"')) return;
      clearTimeout(late);
      resolve((JSON.parse(line) as {url: string}).url);
    };
    onLines(child.stdout!, listen);
    onLines(child.stderr!, listen);
    child.stdin!.on('error', () => undefined);
    child.once('error', (error) => {
      clearTimeout(late);
      reject(failed(error.message));
    });
    child.once('close', (code) => {
      clearTimeout(late);
      if (code === PORT_TAKEN) resolve(undefined);
      else if (said.some((line) => line.includes(TIED))) reject(failed(old('this devkit')));
      else reject(failed(`it ended with ${code}`));
    });
  });
  if (url === undefined) return 'taken';
  // Nothing of it keeps this process alive: it ends when this one does.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as {unref(): void}).unref();
  return {child, exited, url};
}

function onLines(stream: NodeJS.ReadableStream, tell: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split(/\r?\n/);
    rest = parts.pop() ?? '';
    parts.forEach(tell);
  });
  stream.on('end', () => rest && tell(rest));
}

/** What a server that was just started says of itself, as soon as it answers. */
async function ready({url, child}: Started, token: string | undefined, deadline: number): Promise<Schemas['Status']> {
  for (;;) {
    try {
      return await ask(url, token);
    } catch (error) {
      if (child.exitCode !== null || performance.now() > deadline) throw error;
      await pause(25);
    }
  }
}

async function ask(url: string, token: string | undefined): Promise<Schemas['Status']> {
  const status = await new Control(transportTo(url, token)).call('state.status');
  if (typeof status.version !== 'string') throw new DevkitError(`What answers at ${url} is no devkit server`);
  if (isOlder(status.version)) throw new DevkitError(old(`the devkit at ${url} (${status.version})`));
  return status;
}

function old(which: string): string {
  return `${which} is older than this package (${VERSION}): pip install --upgrade devkit-mock, and start it anew`;
}

/** A server's own address, and the sandbox that `http://w1.localhost:8000` or `http://localhost:8000/~w1` names. */
export function parted(address: string): {base: string; sandbox: string | undefined} {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new DevkitError(`${address} is no address of a server: write it as http://localhost:8000`);
  }
  const byPath = /^\/~([\w-]+)\/?$/.exec(url.pathname)?.[1];
  const byHost = /^([\w-]+)\.localhost$/.exec(url.hostname)?.[1];
  if (byHost !== undefined) url.hostname = 'localhost';
  return {base: url.origin, sandbox: byPath ?? byHost};
}
