import devkit from '@devkit/test/vitest/plugin';
import {playwright} from '@vitest/browser-playwright';
import {defineConfig} from 'vitest/config';

// A Chromium of the system's; leave it out for Playwright's own.
const executablePath = process.env.CHROMIUM;
const launchOptions = executablePath ? {executablePath, args: ['--no-sandbox']} : {};

export default defineConfig({
  plugins: [devkit()],
  test: {
    browser: {
      enabled: true,
      headless: true,
      provider: playwright({launchOptions}),
      instances: [{browser: 'chromium'}],
    },
  },
});
