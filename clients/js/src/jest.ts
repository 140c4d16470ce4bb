import type {Sandbox, SandboxOptions} from './sandbox.js';
import type {Devkit} from './server.js';
import {shared} from './shared.js';

/** A test that is given its own backend. */
export type Body = (given: {devkit: Sandbox}) => unknown;
type Plain = (name: string, body: () => unknown, timeout?: number) => void;
interface Globals {
  test?: Plain & {only: Plain; skip: Plain};
}

/** `test` with a backend for each; `test.with({scenarios: ['maintenance']})` makes it otherwise. */
export interface DevkitTest {
  (name: string, body: Body, timeout?: number): void;
  only(name: string, body: Body, timeout?: number): void;
  skip(name: string, body: Body, timeout?: number): void;
  with(options: SandboxOptions): DevkitTest;
}

let server: Promise<Devkit> | undefined;

function made(options: SandboxOptions): DevkitTest {
  const {test} = globalThis as Globals;
  if (!test) throw new Error('@devkit/test/jest needs the globals of Jest: it cannot be imported outside of its tests');
  const by =
    (plain: Plain) =>
    (name: string, body: Body, timeout = 30_000): void =>
      plain(name, () => run(options, body), timeout);
  return Object.assign(by(test), {
    only: by(test.only),
    skip: by(test.skip),
    with: (more: SandboxOptions) => made({...options, ...more}),
  });
}

async function run(options: SandboxOptions, body: Body): Promise<void> {
  const devkit = await (await (server ??= shared())).sandbox(options);
  try {
    await body({devkit});
  } catch (error) {
    throw await withJournal(error, devkit);
  } finally {
    await devkit.remove();
  }
}

/** The error, which now tells what reached the backend. */
export async function withJournal(error: unknown, devkit: Sandbox): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  const text = await devkit.journal.text().catch((failure: Error) => failure.message);
  const told = `\n\ndevkit's journal of ${devkit.id}:\n${text}\n`;
  const {message, stack} = error;
  error.message = message + told;
  if (stack?.includes(message)) error.stack = stack.replace(message, () => error.message);
  return error;
}

export const test: DevkitTest = made({});
