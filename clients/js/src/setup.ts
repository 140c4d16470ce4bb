// `globalSetup: '@devkit/test/setup'` of Playwright, Jest and Vitest: one server for all workers of the suite.
import type {Devkit} from './server.js';
import {share} from './shared.js';

let devkit: Devkit | undefined;

/** Playwright and Vitest call what this returns in the end; Jest's server ends with Jest. */
export default async function setup(): Promise<() => Promise<void>> {
  devkit = await share();
  return teardown;
}

export async function teardown(): Promise<void> {
  await devkit?.stop();
}
