import {test as base, type BrowserContextOptions} from '@playwright/test';
import type {Sandbox, SandboxOptions} from './sandbox.js';
import type {Devkit, StartOptions} from './server.js';
import {shared} from './shared.js';

/** Options for `use` in playwright.config and for `test.use`. */
export interface DevkitOptions {
  /** How each test's sandbox is made: `{scenarios: ['maintenance'], time: '2026-01-20T10:00:00Z', frozen: true}`. */
  devkitSandbox: SandboxOptions;
  /** How pages name their sandbox: by the page's host (`http://ID.localhost:5173`), or by a header on all they send. */
  devkitBy: 'host' | 'header';
}
export interface DevkitFixtures {
  /** The test's own backend. */
  devkit: Sandbox;
}
export interface DevkitWorkerFixtures {
  /** How the server is started, where `globalSetup: '@devkit/test/setup'` has not done so. */
  devkitStart: StartOptions;
  devkitServer: Devkit;
}

type Permission = NonNullable<BrowserContextOptions['permissions']>[number];
const [ASKS_SINCE, ASKING]: [number, Permission] = [142, 'local-network-access'];

/** Playwright's `test`, each with a backend of its own: `page` is opened on its address, `request` calls it. */
export const test = base.extend<DevkitOptions & DevkitFixtures, DevkitWorkerFixtures>({
  devkitSandbox: [{}, {option: true}],
  devkitBy: ['host', {option: true}],
  devkitStart: [{}, {option: true, scope: 'worker'}],
  devkitServer: [
    async ({devkitStart}, use) => {
      const devkit = await shared(devkitStart);
      await use(devkit);
      await devkit.stop();
    },
    {scope: 'worker', timeout: 180_000},
  ],
  devkit: async ({devkitServer, devkitSandbox}, use, info) => {
    const sandbox = await devkitServer.sandbox(devkitSandbox);
    await use(sandbox);
    if (info.status !== info.expectedStatus) {
      const body = await sandbox.journal.text().catch((error: Error) => error.message);
      await info.attach('devkit journal', {body, contentType: 'text/plain'});
    }
    await sandbox.remove();
  },
  baseURL: async ({devkit, devkitBy, baseURL}, use) => {
    await use(devkitBy === 'header' ? (baseURL ?? devkit.serverUrl) : onHost(baseURL, devkit));
  },
  extraHTTPHeaders: async ({devkit, devkitBy, extraHTTPHeaders}, use) => {
    await use(devkitBy === 'header' ? {...extraHTTPHeaders, ...devkit.headers} : extraHTTPHeaders);
  },
  permissions: async ({browser, browserName, permissions}, use) => {
    const asks = browserName === 'chromium' && Number.parseInt(browser.version()) >= ASKS_SINCE;
    await use(asks && !permissions?.includes(ASKING) ? [...(permissions ?? []), ASKING] : permissions);
  },
  request: async ({playwright, devkit, extraHTTPHeaders}, use) => {
    const headers = {...extraHTTPHeaders, ...devkit.headers};
    // Playwright resolves names as the system does, which need not know those below localhost: the header names it.
    const context = await playwright.request.newContext({baseURL: devkit.serverUrl, extraHTTPHeaders: headers});
    await use(context);
    await context.dispose();
  },
});

export {expect} from '@playwright/test';

/** The frontend's address with the sandbox as its host; the sandbox's own where there is no frontend beside it. */
function onHost(baseURL: string | undefined, devkit: Sandbox): string {
  if (baseURL === undefined) return devkit.url;
  const url = new URL(baseURL);
  if (url.hostname !== 'localhost') {
    throw new Error(
      `The page's address ${baseURL} has no names below it that lead to this machine: ` +
        "write it with localhost, or set `devkitBy: 'header'`",
    );
  }
  url.hostname = `${devkit.id}.localhost`;
  return url.href;
}
