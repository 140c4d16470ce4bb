import {expect, test} from '@devkit/test/vitest';
import {Tasks} from '../frontend/tasks.js';

const tasksOf = async (devkit) => new Tasks(devkit.url, (await devkit.user()).headers);

test('what is added is in the list', async ({devkit}) => {
  const tasks = await tasksOf(devkit);
  await tasks.add('Buy milk');
  expect((await tasks.list())[0]).toBe('Buy milk');
  expect((await devkit.calls('tasks.*')).statuses).toEqual([201, 200]);
});

test('it says that the backend is down', async ({devkit}) => {
  await devkit.scenario.use('maintenance');
  await expect((await tasksOf(devkit)).list()).rejects.toThrow('The backend is down. Again in 5 s');
});

test('a list that breaks off is asked for again', async ({devkit}) => {
  const tasks = await tasksOf(devkit);
  await devkit.drill('connection-reset', async () => {
    for (let round = 0; round < 6; round++) expect(await tasks.list()).toHaveLength(5);
  });
});
