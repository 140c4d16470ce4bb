import {test as base, type TestAPI} from 'vitest';
import type {Sandbox, SandboxOptions} from './sandbox.js';

export interface DevkitFixtures {
  /** How each test's sandbox is made: `test.override('devkitSandbox', () => ({scenarios: ['maintenance']}))`. */
  devkitSandbox: SandboxOptions;
  /** The test's own backend. */
  devkit: Sandbox;
}

/** Vitest's `test` with a backend for each that asks for `devkit`. */
export function withDevkit(open: (options: SandboxOptions) => Promise<Sandbox>): TestAPI<DevkitFixtures> {
  return base.extend<DevkitFixtures>({
    devkitSandbox: async ({}, use) => use({}),
    devkit: async ({devkitSandbox, task}, use) => {
      const sandbox = await open(devkitSandbox);
      await use(sandbox);
      const [error] = task.result?.errors ?? [];
      if (error) {
        const text = await sandbox.journal.text().catch((failure: Error) => failure.message);
        const told = `${error.message}\n\ndevkit's journal of ${sandbox.id}:\n${text}\n`;
        error.stack = error.stack?.replace(error.message, () => told) ?? told;
        error.message = told;
      }
      await sandbox.remove();
    },
  });
}
