import {request as http} from 'node:http';
import {request as https} from 'node:https';
import type {Transport} from './control.js';
import {DevkitError} from './errors.js';

/** Control calls over HTTP. Not by `fetch`, which tests replace, intercept and take away. */
export function transportTo(base: string, token: string | undefined): Transport {
  return ({method, path, sandbox, body}) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers = {
        Accept: 'application/json',
        ...(payload && {'Content-Type': 'application/json', 'Content-Length': payload.length}),
        ...(sandbox !== undefined && {'X-Devkit-Sandbox': sandbox}),
        ...(token !== undefined && {'X-Devkit-Token': token}),
      };
      const send = base.startsWith('https:') ? https : http;
      const failed = (error: Error & {code?: string}) =>
        reject(new DevkitError(`No devkit server answers at ${base} (${error.code ?? error.message})`));
      const call = send(base + path, {method, headers, agent: false}, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', failed);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers['content-type'] ?? '',
            text: Buffer.concat(parts).toString(),
          }),
        );
      });
      call.on('error', failed);
      call.end(payload);
    });
}
