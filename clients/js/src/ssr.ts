import {AsyncLocalStorage} from 'node:async_hooks';

const HEADER = 'X-Devkit-Sandbox';
const NAME = 'devkit_sandbox';

type Fields = Headers | Record<string, string | string[] | undefined>;
/** A request as frameworks have it: the Fetch API's, or Node's. */
export interface Incoming {
  url?: string | undefined;
  headers: Fields;
}

const current = new AsyncLocalStorage<string | undefined>();

/** The sandbox that a request names, by header, query, cookie, or the host that its page was opened at. */
export function sandboxOf({url = '', headers}: Incoming): string | undefined {
  const field = (name: string): string | undefined => {
    if (typeof (headers as Headers).get === 'function') return (headers as Headers).get(name) ?? undefined;
    const value = (headers as Record<string, string | string[] | undefined>)[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const query = new URLSearchParams(url.split('?')[1]?.split('#')[0]).get(NAME);
  const cookie = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]+)`).exec(field('cookie') ?? '')?.[1];
  const hosts = [field('x-forwarded-host')?.split(',')[0]?.trim(), field('host'), host(url)];
  const byHost = hosts.map((one) => /^([\w-]+)\.localhost(?::\d+)?$/i.exec(one ?? '')?.[1]).find(Boolean);
  return field(HEADER.toLowerCase()) ?? query ?? cookie ?? byHost;
}

function host(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** Header fields that hand the sandbox of a request on to the backend; empty where it names none. */
export function sandboxHeaders(request?: Incoming): Record<string, string> {
  const id = request ? sandboxOf(request) : current.getStore();
  return id === undefined ? {} : {[HEADER]: id};
}

/** Run `work` for a request: what `backendFetch` sends meanwhile is sent to its sandbox. */
export function withSandbox<T>(request: Incoming, work: () => T): T {
  return current.run(sandboxOf(request), work);
}

/** The same as a middleware of Express, Connect, Vite's server and their kin. */
export function middleware(): (request: Incoming, response: unknown, next: (error?: unknown) => void) => void {
  return (request, _, next) => withSandbox(request, next);
}

/** `fetch` that hands the sandbox on to what begins with `backend`, and to nobody else. */
export function backendFetch(backend: string | URL, send: typeof fetch = fetch): typeof fetch {
  const origin = new URL(backend).origin;
  return (input, init) => {
    const id = current.getStore();
    const url = input instanceof Request ? input.url : String(input);
    if (id === undefined || !URL.canParse(url) || new URL(url).origin !== origin) return send(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    if (!headers.has(HEADER)) headers.set(HEADER, id);
    return send(input, {...init, headers});
  };
}
