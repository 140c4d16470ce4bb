import {fileURLToPath} from 'node:url';
import type {Plugin} from 'vitest/config';
import type {Wire, WireAnswer} from './control.js';
import {transportTo} from './http.js';
import type {Devkit} from './server.js';
import {shared} from './shared.js';

let server: Promise<Devkit> | undefined;
const opened = (): Promise<Devkit> => (server ??= shared());

/** What a page asks of the process that runs Vitest. */
export interface Commands {
  devkitServer(context: unknown): Promise<{url: string; named?: string | undefined}>;
  devkitCall(context: unknown, wire: Wire): Promise<WireAnswer>;
}
const commands: Commands = {
  devkitServer: async () => {
    const {url, named} = await opened();
    return {url, named};
  },
  devkitCall: async (_, wire) => {
    const {url, token} = await opened();
    return transportTo(url, token)(wire);
  },
};

/** `plugins: [devkit()]`: one server for all workers, and what `@devkit/test/vitest` needs in browser mode. */
export default function devkit(): Plugin {
  return {
    name: 'devkit',
    config: () => ({
      test: {
        globalSetup: [fileURLToPath(new URL('./setup.js', import.meta.url))],
        browser: {commands: {...commands}},
      },
    }),
  } as Plugin;
}
