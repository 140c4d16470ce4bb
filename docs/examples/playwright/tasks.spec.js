import {expect, test} from '@devkit/test/playwright';

for (const title of ['Buy milk', 'Call Ada', 'Water the plants']) {
  test(`"${title}" is in the list, and nowhere else`, async ({page, devkit}) => {
    await page.goto('/');
    await page.getByLabel('Title').fill(title);
    await page.getByRole('button', {name: 'Add'}).click();
    await expect(page.getByRole('listitem').first()).toHaveText(title);
    expect((await devkit.calls('tasks.create')).statuses).toEqual([201]);
  });
}

test('the page says that the backend is down', async ({page, devkit}) => {
  await page.goto('/');
  await expect(page.getByRole('status')).toHaveText('Ready');
  await devkit.scenario.use('maintenance');
  await page.getByRole('button', {name: 'Reload'}).click();
  await expect(page.getByRole('status')).toHaveText('The backend is down. Again in 5 s');
});

test('a list that breaks off is asked for again', async ({page, devkit}) => {
  await devkit.drill('truncated-json', async () => {
    await page.goto('/');
    await expect(page.getByRole('listitem')).toHaveCount(5);
  });
});
