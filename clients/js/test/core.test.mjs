// What depends on no runner, against a real server. tests/clients/js runs it, in a folder with `.venv/bin/devkit`.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer, request} from 'node:http';
import {createServer as createSocket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

const from = (name) => import(`${process.env.DEVKIT_PACKAGE}/${name}.js`);
const {ControlError, DevkitError, DrillFailed, startDevkit} = await from('index');
const {findDevkit} = await from('find');
const {Cookies} = await from('session');
const {isOlder} = await from('version');
const {parted} = await from('server');
const {backendFetch, middleware, sandboxHeaders, sandboxOf, withSandbox} = await from('ssr');

const folder = mkdtempSync(join(tmpdir(), 'devkit-js-'));
let devkit;
before(async () => {
  devkit = await startDevkit();
});
after(async () => {
  await devkit.stop();
  rmSync(folder, {recursive: true});
});

const json = (value) => ({
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify(value),
});
const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/** A sandbox until the test is over. */
async function sandboxFor(t, options) {
  const sandbox = await devkit.sandbox(options);
  t.after(() => sandbox.remove());
  return sandbox;
}

/** A server of node:http until the test is over; its address. */
async function serving(t, answer) {
  const server = createServer(answer);
  const port = await listening(server);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}`;
}

/** A folder of programs, each of which says how it was called. */
function programs(...names) {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const name of names) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

test('a sandbox is reached by host, path and header, and its calls are signed in', async (t) => {
  const sandbox = await sandboxFor(t);
  assert.equal(sandbox.url, `http://${sandbox.host}`);
  assert.equal(sandbox.host, `${sandbox.id}.localhost:${new URL(devkit.url).port}`);
  assert.deepEqual(sandbox.headers, {'X-Devkit-Sandbox': sandbox.id});
  assert.equal((await (await sandbox.fetch('/api/tasks')).json()).total, 57);
  assert.equal((await sandbox.fetch('/api/tasks', {as: null})).status, 401);
  const by = await fetch(`${sandbox.pathUrl}/api/tasks`, {headers: (await sandbox.user('admin')).headers});
  assert.equal(by.status, 200);
  assert.deepEqual((await sandbox.calls('tasks.list')).statuses, [200, 401, 200]);
});

test('two sandboxes do not meet', async (t) => {
  const one = await sandboxFor(t);
  const other = await sandboxFor(t);
  assert.equal((await one.fetch('/api/tasks', json({title: 'Mine'}))).status, 201);
  await one.scenario.use('maintenance');
  assert.equal((await one.fetch('/api/tasks')).status, 503);
  assert.equal((await (await other.fetch('/api/tasks')).json()).total, 57);
  assert.equal((await other.calls('*')).count, 1);
});

test('cookies that a sandbox sets come back to it', async (t) => {
  const sandbox = await sandboxFor(t);
  const user = {email: 'test@example.com', password: 'TestPass123!'};
  assert.equal((await sandbox.fetch('/api/auth/login', {as: null, ...json(user)})).status, 200);
  assert.equal((await sandbox.fetch('/api/tasks', {as: null})).status, 200);
  assert.equal((await sandbox.fetch('/api/auth/logout', {as: null, method: 'POST'})).ok, true);
  assert.equal((await sandbox.fetch('/api/tasks', {as: null})).status, 401);
});

test('cookies are kept as RFC 6265 has it: paths, the end of their time, Max-Age before Expires', () => {
  const cookies = new Cookies();
  cookies.keep(['a=1; Path=/', 'b=2; Path=/api/auth', 'c=3; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'd=x=y'], 0);
  assert.equal(cookies.for('/api/auth/refresh', 0), 'b=2; a=1; c=3; d=x=y');
  assert.equal(cookies.for('/api/authors', 0), 'a=1; c=3; d=x=y');
  assert.equal(cookies.for('/', 10_001), 'a=1; d=x=y');
  cookies.keep(['a=; Max-Age=0; Path=/', 'd=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], 1);
  assert.equal(cookies.for('/', 2), 'c=3');
});

test('clock, mail, events and journal are those of the sandbox', async (t) => {
  const sandbox = await sandboxFor(t, {time: '2026-01-20T10:00:00Z', frozen: true});
  assert.equal((await sandbox.clock.advance('2h')).time, '2026-01-20T12:00:00.000Z');
  const ada = {firstName: 'Ada', email: 'ada@example.com', password: 'TestPass123!', confirmPassword: 'TestPass123!'};
  await sandbox.fetch('/api/auth/register', {as: null, ...json(ada)});
  assert.equal((await sandbox.mail.wait('ada@example.com')).to, 'ada@example.com');
  assert.equal((await sandbox.events.push('tasks', {task: {title: 'New'}}, {type: 'task_created'})).receivers, 0);
  assert.match(await sandbox.journal.text(1), /^\(entries up to #1 left out\)\n#2 /);
  assert.match(await sandbox.journal.text(), /POST \/api\/auth\/register {2}201 {2}auth\.register/);
  await sandbox.reset();
  assert.deepEqual(await sandbox.mail.list(), []);
});

test('a drill tells what the frontend did wrong', async (t) => {
  const sandbox = await sandboxFor(t);
  const twice = async () => {
    await sandbox.fetch('/api/tasks');
    await sandbox.fetch('/api/tasks');
  };
  await assert.rejects(sandbox.drill('maintenance', twice), (error) => {
    assert.ok(error instanceof DrillFailed);
    assert.equal(error.report.verdict, 'failed');
    assert.match(error.message, /It waits as long as Retry-After says \(waits\): #\d+ began/);
    return true;
  });
  assert.deepEqual(await sandbox.scenario.active(), []);
  assert.equal((await devkit.control.call('drill.list')).total, 0);
});

test('a bad parameter is told by its name, and a sandbox that was removed by its own', async () => {
  const sandbox = await devkit.sandbox();
  await assert.rejects(sandbox.clock.advance('soon'), (error) => error instanceof ControlError && /by: .*30s/.test(error.message));
  await devkit.control.call('sandbox.delete', {id: sandbox.id});
  const gone = {name: 'DevkitError', message: new RegExp(`The sandbox ${sandbox.id} is gone: it was removed`)};
  await assert.rejects(sandbox.fetch('/api/tasks'), gone);
  await assert.rejects(sandbox.clock.show(), gone);
  await sandbox.remove();
});

test('a proxy that drops the header is told of', async (t) => {
  const sandbox = await sandboxFor(t);
  const {port} = new URL(devkit.url);
  const proxy = await serving(t, ({method, url, headers}, response) => {
    delete headers['x-devkit-sandbox'];
    request({port, method, path: url, headers: {...headers, host: `localhost:${port}`}}, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    }).end();
  });
  await (await fetch(`${proxy}/api/health`, {headers: sandbox.headers})).text();
  assert.match(await sandbox.journal.text(), /Nothing was called in the sandbox .* Meanwhile `main` was called: .*a proxy\)/);
});

test('a port that is taken is another port, and two suites of one folder do not meet', async (t) => {
  const taken = createSocket();
  const port = await listening(taken);
  t.after(() => taken.close());
  const other = await startDevkit({port});
  t.after(() => other.stop());
  assert.notEqual(new URL(other.url).port, String(port));
  await sandboxFor(t, {id: 'mine'});
  assert.deepEqual((await other.control.call('sandbox.list')).data.map(({id}) => id), ['main']);
});

test('a server ends with the process that started it, even where that is killed', async () => {
  const script = `
    const {startDevkit} = await import(process.argv[1] + '/index.js');
    const {url, status: {pid}} = await startDevkit();
    console.log(JSON.stringify({url, pid}));
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, process.env.DEVKIT_PACKAGE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const {url, pid} = JSON.parse(line);
  const announced = `.devkit/servers/${pid}.json`;
  assert.ok(existsSync(announced));
  child.kill('SIGKILL');
  // It is gone once nobody answers there: asked until then, and no more than a test may take.
  const answers = () => fetch(`${url}/_devkit/api/status`).then((answer) => answer.text().then(() => true), () => false);
  while (await answers());
  while (existsSync(announced)) await new Promise((resolve) => setTimeout(resolve, 20));
});

test('what a server says before it dies is in the error', async () => {
  await assert.rejects(startDevkit({args: ['--contract', 'nowhere.yaml']}), /it ended with 2[^]*nowhere\.yaml/);
  const none = startDevkit({command: [join(folder, 'nowhere')]});
  await assert.rejects(none, /nowhere serve .*ENOENT/);
});

test('a devkit that is older than this package is told', async (t) => {
  assert.deepEqual(['0.0.9', '0.1.0', '0.1.1', '1.0', 'unknown'].map(isOlder), [true, false, false, false, false]);
  const url = await serving(t, (_, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({version: '0.0.9'}));
  });
  await assert.rejects(startDevkit({url}), /0\.0\.9\) is older than this package .*pip install --upgrade devkit-mock/);
  const old = join(programs(), 'devkit');
  writeFileSync(old, '#!/bin/sh\necho "No such option: --until-stdin-closes" >&2\nexit 2\n');
  chmodSync(old, 0o755);
  await assert.rejects(startDevkit({command: [old]}), /this devkit is older than this package/);
});

test('something else at the address, and nothing there, are told apart', async (t) => {
  const url = await serving(t, (_, response) => response.end('<h1>Hello'));
  await assert.rejects(startDevkit({url}), /What answers at http.* is no devkit server/);
  await assert.rejects(startDevkit({url: 'http://127.0.0.1:1'}), /No devkit server answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
  await assert.rejects(startDevkit({url: 'localhost'}), /localhost is no address of a server/);
});

test('a token that is wrong is told, with where to give it', async (t) => {
  const url = await serving(t, ({headers}, response) => {
    const right = headers['x-devkit-token'] === 'right';
    response.writeHead(right ? 200 : 401, {'Content-Type': 'application/json'});
    const refused = {error: 'control_token_required', message: 'Control calls need the header X-Devkit-Token.'};
    response.end(JSON.stringify(right ? {version: '0.1.0'} : refused));
  });
  await assert.rejects(startDevkit({url, token: 'wrong'}), /X-Devkit-Token\. Give it as `token`, or as DEVKIT_TOKEN/);
  assert.equal((await startDevkit({url, env: {DEVKIT_TOKEN: 'right'}})).version, '0.1.0');
});

test('DEVKIT_URL names the server, and a sandbox of it where a drill runs the command', async (t) => {
  const made = await sandboxFor(t);
  for (const address of [made.url, made.pathUrl, `${made.pathUrl}/`]) {
    assert.deepEqual(parted(address), {base: devkit.url, sandbox: made.id});
    const named = await startDevkit({env: {DEVKIT_URL: address}});
    const found = await named.sandbox();
    await found.remove();
    await named.stop();
    assert.equal(found.id, made.id);
  }
  assert.equal((await made.clock.show()).frozen, false, 'it is there still');
});

test('devkit is found in .venv, on PATH, by uvx, pipx or a container, in this order', () => {
  const project = join(folder, 'project');
  mkdirSync(join(project, '.venv/bin'), {recursive: true});
  mkdirSync(join(project, 'web/e2e'), {recursive: true});
  const [all, image] = [programs('devkit', 'uvx', 'pipx', 'podman'), {DEVKIT_IMAGE: 'devkit:1'}];
  const found = (env, at = join(project, 'web/e2e')) => findDevkit(at, env).join(' ').replaceAll(`${folder}/`, '').replace(/bin-\w+\//, '');
  assert.equal(found({PATH: all}), 'devkit');
  assert.equal(found({PATH: programs('uvx', 'pipx')}), 'uvx --from devkit-mock>=0.1.0 devkit');
  assert.equal(found({PATH: programs('pipx')}), 'pipx run --spec devkit-mock>=0.1.0 devkit');
  assert.equal(found({PATH: programs('docker'), ...image}), 'docker run --rm --interactive --network=host devkit:1 devkit');
  writeFileSync(join(project, '.venv/bin/devkit'), '');
  assert.equal(found({PATH: all}), 'project/.venv/bin/devkit');
  const foreign = join(folder, 'node_modules/.bin');
  mkdirSync(foreign, {recursive: true});
  symlinkSync(join(all, 'devkit'), join(foreign, 'devkit'));
  assert.throws(() => findDevkit(folder, {PATH: foreign}), DevkitError, 'npm has a devkit too, which is another');
});

test('where there is none, it is said how to have one', () => {
  assert.throws(() => findDevkit(folder, {PATH: ''}), (error) => {
    assert.ok(error instanceof DevkitError);
    for (const way of [/pip install "devkit-mock/, /uv .*or pipx/, /DEVKIT_URL=http/]) assert.match(error.message, way);
    return true;
  });
});

test('a request names its sandbox by header, query, cookie or host', () => {
  const of = (headers, url) => sandboxOf({headers, url});
  assert.equal(of({'x-devkit-sandbox': 'w1', host: 'w2.localhost'}), 'w1');
  assert.equal(of({}, '/page?devkit_sandbox=w1#x'), 'w1');
  assert.equal(of({cookie: 'a=1; devkit_sandbox=w1'}), 'w1');
  assert.equal(of({host: 'w1.localhost:3000'}), 'w1');
  assert.equal(of({host: 'web:3000', 'x-forwarded-host': 'w1.localhost, proxy'}), 'w1');
  assert.equal(of({host: 'localhost:3000'}, '/'), undefined);
  assert.equal(of({host: 'w1.localhost.example.com'}), undefined);
  assert.equal(sandboxOf(new Request('http://w1.localhost:3000/')), 'w1');
});

test('a page that is rendered on the server asks the sandbox of its request', async (t) => {
  const one = await sandboxFor(t);
  const other = await sandboxFor(t);
  const ask = backendFetch(devkit.url);
  const hand = middleware();
  const page = await serving(t, (request, response) =>
    hand(request, response, async () => {
      // Behind an await, as every framework has it.
      await new Promise((resolve) => setImmediate(resolve));
      response.end(String((await ask(`${devkit.url}/api/health`)).status));
    }),
  );
  for (const {headers} of [one, one, other]) await (await fetch(page, {headers})).text();
  assert.deepEqual([(await one.calls('health.get')).count, (await other.calls('health.get')).count], [2, 1]);
  assert.deepEqual(withSandbox({headers: one.headers['X-Devkit-Sandbox'] && {'x-devkit-sandbox': 'w1'}}, sandboxHeaders), {
    'X-Devkit-Sandbox': 'w1',
  });
  assert.deepEqual(sandboxHeaders(), {});
  const seen = [];
  const elsewhere = backendFetch(devkit.url, async (_, init) => seen.push(init));
  await withSandbox({headers: {host: 'w1.localhost'}}, () => elsewhere('http://127.0.0.1:1/third-party'));
  assert.deepEqual(seen, [undefined], 'nobody else hears of it');
});

test('what it is made of needs no package', () => {
  const source = readFileSync(`${process.env.DEVKIT_PACKAGE}/index.js`, 'utf8');
  assert.doesNotMatch(source, /from '[^.]/);
});
