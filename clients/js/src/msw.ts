import {bypass, http, HttpResponse, passthrough, type HttpHandler} from 'msw';
import type {Sandbox} from './sandbox.js';

/** What a handler needs to know of a sandbox. */
export type Target = Pick<Sandbox, 'pathUrl' | 'serverUrl'> | {pathUrl: string; serverUrl: string};

/** What a backend must not be told: it is about another connection, or about another address. */
const NOT_HANDED_ON = ['host', 'connection', 'content-length', 'x-devkit-sandbox'];

/** A handler for the end of MSW's list: what no handler before it took goes to the sandbox. `target` may be a function,
 * for a sandbox that each test makes anew; `paths` says which addresses are the backend's. */
export function passOn(target: Target | (() => Target), paths = '*/api/*'): HttpHandler {
  return http.all(paths, async ({request}) => {
    const {pathUrl, serverUrl} = typeof target === 'function' ? target() : target;
    const url = new URL(request.url);
    if (url.origin === new URL(serverUrl).origin) return passthrough();
    // Of the entries: what MSW puts in the place of `Headers` loses those of a copy.
    const headers = new Headers([...request.headers]);
    for (const name of NOT_HANDED_ON) headers.delete(name);
    const body = ['GET', 'HEAD'].includes(request.method) ? null : await request.arrayBuffer();
    const call = new Request(pathUrl + url.pathname + url.search, {
      method: request.method,
      headers,
      body,
      redirect: 'manual',
      signal: request.signal,
    });
    let answer: Response;
    try {
      answer = await fetch(bypass(call));
    } catch {
      // The sandbox broke the connection off, as some faults do: that is what the frontend shall meet.
      return HttpResponse.error();
    }
    const told = new Headers([...answer.headers]);
    // What `fetch` has undone already.
    for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) told.delete(name);
    return new HttpResponse(answer.body, {status: answer.status, statusText: answer.statusText, headers: told});
  });
}
