import {fileURLToPath} from 'node:url';
import type {Plugin} from 'vitest/config';
import type {Wire, WireAnswer} from './control.js';
import {transportTo} from './http.js';
import type {Devkit} from './server.js';
import {ORIGINS, shared} from './shared.js';

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

/** Vitest's own port for pages where none is set; it takes one of the next where that is taken. */
const [FIRST_PORT, PORTS] = [63_315, 20];

interface Settings {
  test?: {browser?: {enabled?: boolean; api?: number | {port?: number}}};
}

/** `plugins: [devkit()]`: one server for all workers, and what `@devkit/test/vitest` needs in browser mode. */
export default function devkit(): Plugin {
  return {
    name: 'devkit',
    config: (settings: Settings) => {
      const {enabled, api} = settings.test?.browser ?? {};
      const first = (typeof api === 'number' ? api : api?.port) ?? FIRST_PORT;
      const origins = Array.from({length: enabled ? PORTS : 0}, (_, step) => `http://localhost:${first + step}`);
      process.env[ORIGINS] = origins.join(' ');
      return {
        test: {
          globalSetup: [fileURLToPath(new URL('./setup.js', import.meta.url))],
          browser: {commands: {...commands}},
        },
      };
    },
  } as Plugin;
}
