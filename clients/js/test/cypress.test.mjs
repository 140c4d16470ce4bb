// The commands of Cypress, in a queue that stands in for Cypress' own: what they send, and what they make of the answers.
// tests/clients/js runs it where the package is installed.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {startDevkit} from '@devkit/test';
import {devkit as nodeEvents} from '@devkit/test/cypress/node';

// Commands run one after the other; those that a command adds run before whatever follows it.
let queue = [];
const add = (run, before) => {
  const command = {run, before};
  queue.push(command);
  return {command, then: (next) => add(next, command)};
};
async function drain() {
  const commands = queue;
  for (const command of commands) {
    queue = [];
    const given = command.before?.value;
    let value = command.run(given);
    // A chain has a `then`, and is no promise.
    if (!value?.command) value = await value;
    await drain();
    command.value = value?.command ? value.command.value : (value ?? given);
  }
}
const played = async (body) => {
  queue = [];
  const last = body();
  await drain();
  return last?.command?.value;
};

const [tasks, told, intercepted, hooks] = [{}, [], [], {}];
const config = await nodeEvents((event, given) => event === 'task' && Object.assign(tasks, given), {env: {}});
tasks['devkit:tell'] = (text) => told.push(text) && null;
globalThis.Cypress = {
  env: (name) => config.env[name],
  config: () => ({devkit: {seed: 7}}),
  Commands: {add: (name, run) => (cy[name] = (...given) => add(() => run(...given)))},
};
globalThis.cy = {
  task: (name, given) => add(() => tasks[name](given)),
  wrap: (value) => add(() => value),
  then: (run) => add(run),
  intercept: (which, handler) => add(() => void intercepted.push([which, handler])),
};
globalThis.beforeEach = (run) => (hooks.before = run);
globalThis.afterEach = (run) => (hooks.after = run);
await import('@devkit/test/cypress');

const server = await startDevkit({url: config.env.devkitUrl});
const sandboxes = async () => (await server.control.call('sandbox.list')).data.map(({id}) => id);

/** What the frontend of a test sends, as Cypress' proxy passes it on. */
function frontend(path) {
  const request = {headers: {}};
  const [{url, middleware}, handler] = intercepted.at(-2);
  assert.deepEqual([url, middleware], ['**/api/**', true]);
  handler(request);
  return fetch(config.env.devkitUrl + path, {headers: request.headers});
}

test('each test has a sandbox, which its calls are sent to and which is gone in the end', async () => {
  await played(hooks.before);
  const sandbox = await played(() => cy.devkit());
  assert.deepEqual([sandbox.seed, await sandboxes()], [7, ['main', sandbox.id]]);
  await played(() => cy.devkit('scenario.use', {name: 'maintenance'}));
  assert.equal((await frontend('/api/health')).status, 503);
  const {data} = await played(() => cy.devkit('journal.list', {status: '503'}));
  assert.deepEqual(data.map(({operation}) => operation), ['health.get']);
  await assert.rejects(played(() => cy.devkit('scenario.use', {name: 'maintenanec'})), /maintenance/);
  await played(() => hooks.after.call({currentTest: {state: 'failed', fullTitle: () => 'a title'}}));
  assert.match(told.join(), new RegExp(`devkit's journal of ${sandbox.id}, a title:\n#1 .*503  health.get`));
  assert.deepEqual(await sandboxes(), ['main']);
});

test('a drill judges what was done meanwhile, and fails the test', async () => {
  await played(hooks.before);
  const {id} = await played(() => cy.devkit());
  const headers = {'X-Devkit-Sandbox': id, Authorization: `Bearer ${(await played(() => cy.devkit('token.mint', {}))).token}`};
  const list = () => cy.then(async () => void (await (await fetch(`${config.env.devkitUrl}/api/tasks`, {headers})).text()));
  await assert.rejects(
    played(() => cy.devkitDrill('maintenance', () => [list(), list()])),
    /The drill of maintenance failed\n {2}failed: It waits as long as Retry-After says/,
  );
  await played(() => hooks.after.call({currentTest: {state: 'passed'}}));
});
