// A small honest app over one of the clients, and somebody who uses it: looks, reads what is wrong, tries again after a
// moment, signs in where that is asked for.
import axios from 'axios';
import {clients} from './http.js';
import {sockets} from './sockets.js';
import {streams} from './streams.js';

// Headers that an app adds to every call, where the play asks for that.
if (window.extra) {
  Object.assign(axios.defaults.headers.common, window.extra);
  const send = window.fetch;
  window.fetch = (input, init) => {
    const request = new Request(input, init);
    for (const [name, value] of Object.entries(window.extra)) request.headers.set(name, value);
    return send(request);
  };
}

const wait = seconds => new Promise(resolve => setTimeout(resolve, 1000 * seconds));
const account = {email: 'test@example.com', password: 'TestPass123!'};

/** Signs in; nothing where that fails again and again. */
async function signIn(http) {
  for (let attempt = 0; attempt < 8; attempt++) {
    try { await http.post('/auth/login', account); await http.get('/auth/me'); return; } catch { await wait(1.1); }
  }
}

/** Does `act`, and tries again as the app offers: after a moment, and signed in anew where nobody is. */
async function does(http, act, attempts = 4, pause = 3.5) {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try { return await act(); } catch (error) {
      if (error.status === 401) { await wait(1.1); await signIn(http); } else await wait(pause);
    }
  }
  return null;
}

const looks = http => does(http, () => Promise.all([http.get('/tasks'), http.get('/auth/me'), http.get('/tasks?page=2')]));
const sends = (http, size) => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(size)]), 'a.bin');
  return http.upload(form);
};

const acts = {
  // Nobody looks again at once: a call that comes soon is the library's own.
  async looks(http) { for (let n = 0; n < 3; n++) { await looks(http); await wait(4); } await looks(http); },
  async looksOften(http, times = 5) { for (let n = 0; n < times; n++) await looks(http); },
  looksForLong: http => acts.looksOften(http, 20),
  async adds(http) {
    await looks(http);
    await does(http, () => http.post('/tasks', {title: 'Buy milk'}), 2);
    await looks(http); await wait(2.5); await looks(http);
  },
  async uploads(http, size = 6_000_000) {
    await Promise.race([does(http, () => sends(http, size), 2), wait(14)]);
    await looks(http);
  },
  async uploadsOnce(http) { await sends(http, 400_000).catch(() => {}); await wait(3.5); await looks(http); },
};

window.prepare = async client => { window.http = clients[client](window.api); await signIn(window.http); };
window.use = async (client, act) => {
  window.http ??= clients[client](window.api);
  if (act === 'signsIn') { await signIn(window.http); await acts.looks(window.http); } else await acts[act](window.http);
};
window.listen = async (client, token, seconds) => {
  sockets[client](`${window.api.replace('http', 'ws').replace(/\/api$/, '')}/ws?token=${token}`);
  await wait(seconds);
};
window.ask = async (client, token) => {
  const ask = () => Promise.race([streams[client](window.api, token), wait(10).then(() => { throw new Error('silence'); })]);
  try { await ask(); } catch { await wait(4); await ask().catch(() => {}); }
};
