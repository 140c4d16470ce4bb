import {type Devkit} from './server.js';
import {shared} from './shared.js';
import {withDevkit} from './vitest-fixture.js';

let server: Promise<Devkit> | undefined;

export const test = withDevkit(async (options) => (await (server ??= shared())).sandbox(options));
export {expect} from 'vitest';
export type {DevkitFixtures} from './vitest-fixture.js';
