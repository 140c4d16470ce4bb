// What `@devkit/test/vitest` is in a page: control calls go by Vitest's commands, since no page of another origin may
// steer devkit.
import {commands} from 'vitest/browser';
import {Control} from './control.js';
import {Sandbox} from './sandbox.js';
import {withDevkit} from './vitest-fixture.js';
import type {Commands} from './vitest-plugin.js';

const {devkitCall, devkitServer} = commands as unknown as {
  [Name in keyof Commands]: Commands[Name] extends (context: never, ...given: infer G) => infer R ? (...given: G) => R : never;
};
const control = new Control(devkitCall);

export const test = withDevkit(async (options) => {
  const {url: server, named} = await devkitServer();
  const owned = named === undefined;
  const found = owned
    ? await control.call('sandbox.create', {ttl: '1h', ...options})
    : await control.call('sandbox.show', {id: named});
  return new Sandbox(control, found, {server, owned, inPage: true});
});
export {expect} from 'vitest';
export type {DevkitFixtures} from './vitest-fixture.js';
