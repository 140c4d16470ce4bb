// Compiled, and never run: what the types take, and what they refuse.
import {startDevkit, type Answer, type Report, type Sandbox} from '@devkit/test';
import {test as jestTest} from '@devkit/test/jest';
import {passOn} from '@devkit/test/msw';
import {expect, test} from '@devkit/test/playwright';
import setup from '@devkit/test/setup';
import {backendFetch, middleware, sandboxHeaders, withSandbox} from '@devkit/test/ssr';
import {test as vitestTest} from '@devkit/test/vitest';
import plugin from '@devkit/test/vitest/plugin';

export async function uses(): Promise<void> {
  const devkit = await startDevkit({port: 8000, args: ['--contract', 'backend.yaml']});
  const sandbox: Sandbox = await devkit.sandbox({scenarios: ['maintenance'], frozen: true});
  const {count, statuses}: {count: number; statuses: number[]} = await sandbox.calls('tasks.create');
  const report: Report = await sandbox.drill('maintenance', async () => count + statuses.length);
  const verdict: 'passed' | 'failed' | 'inconclusive' = report.verdict;
  const clock: Answer<'clock.show'> = await sandbox.clock.advance('2h');
  const time: string = clock.time;
  for (const entry of await sandbox.journal.list({status: '4xx'})) {
    if (entry.type === 'request') entry.path.slice();
    // @ts-expect-error: a mail has no path
    if (entry.type === 'mail') entry.path;
  }
  await sandbox.control.call('snapshot.save', {name: 'before'});
  const rows: number = (await sandbox.control.call('user.list', {limit: 1})).total;
  const page: string = await sandbox.control.call('drill.html', {id: 'd-1'});
  await sandbox.control.call('event.push', {topic: 'tasks', payload: {task: {title: 'any object'}}});
  // @ts-expect-error: there is no such operation
  await sandbox.control.call('clock.stop');
  // @ts-expect-error: `by` is needed
  await sandbox.control.call('clock.advance');
  // @ts-expect-error: a duration is a text
  await sandbox.clock.advance(7200);
  // @ts-expect-error: there is no such option
  await devkit.sandbox({scenario: 'maintenance'});
  const handler = passOn(() => sandbox, '*/v1/*');
  const ask: typeof fetch = backendFetch(devkit.url);
  withSandbox(new Request('http://w1.localhost'), () => ask('/'));
  console.log(verdict, time, rows, page, handler, middleware(), sandboxHeaders(), plugin(), setup);
}

test.use({devkitSandbox: {time: '2026-01-20T10:00:00Z'}, devkitBy: 'header'});
// @ts-expect-error: by host or by header
test.use({devkitBy: 'cookie'});
test('a page', async ({page, devkit, devkitServer}) => {
  await page.goto(devkitServer.url);
  expect((await devkit.fetch('/api/tasks', {as: null})).status).toBe(401);
});
vitestTest.override('devkitSandbox', () => ({seed: 7}));
vitestTest('a test', async ({devkit}) => devkit.mail.wait('ada@example.com'));
jestTest.with({seed: 7}).only('a test', async ({devkit}) => devkit.events.push('tasks'));
