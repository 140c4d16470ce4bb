import {passOn} from '@devkit/test/msw';
import {expect, test} from '@devkit/test/vitest';
import {http, HttpResponse} from 'msw';
import {setupServer} from 'msw/node';
import {afterAll, beforeAll} from 'vitest';
import {Tasks} from '../frontend/tasks.js';

let backend;
const mine = http.get('*/api/flags', () => HttpResponse.json({dark: true})); // answered by MSW, all else by devkit
const server = setupServer(mine, passOn(() => backend));
beforeAll(() => server.listen({onUnhandledRequest: 'error'}));
afterAll(() => server.close());

const tasksOf = async (devkit) => new Tasks('http://shop.test', (await (backend = devkit).user()).headers);

test('what MSW does not handle is kept by devkit', async ({devkit}) => {
  const tasks = await tasksOf(devkit);
  await tasks.add('Buy milk');
  expect((await tasks.list())[0]).toBe('Buy milk');
  expect(await (await fetch('http://shop.test/api/flags')).json()).toEqual({dark: true});
  await devkit.scenario.use('maintenance');
  await expect(tasks.list()).rejects.toThrow('The backend is down. Again in 5 s');
});

test('a list that breaks off is asked for again', async ({devkit}) => {
  const tasks = await tasksOf(devkit);
  await devkit.drill('connection-reset', async () => {
    for (let round = 0; round < 6; round++) await tasks.list();
  });
});
