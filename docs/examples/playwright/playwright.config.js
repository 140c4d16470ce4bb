import {share} from '@devkit/test';
import {defineConfig} from '@playwright/test';

await share(); // one server for all workers; the frontend's configuration finds it in DEVKIT_TEST_URL
const port = Number(process.env.FRONTEND_PORT ?? 5173);

export default defineConfig({
  workers: 4,
  fullyParallel: true,
  webServer: {command: `vite ../frontend --port ${port} --strictPort`, port},
  use: {
    baseURL: `http://localhost:${port}`,
    // A Chromium of the system's; leave it out for Playwright's own.
    launchOptions: {executablePath: process.env.CHROMIUM, args: process.env.CHROMIUM ? ['--no-sandbox'] : []},
  },
});
