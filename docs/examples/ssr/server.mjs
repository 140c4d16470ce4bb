import {createServer} from 'node:http';
import {backendFetch, middleware} from '@devkit/test/ssr';

const [backend, hand] = [process.env.DEVKIT_TEST_URL, middleware()];
const ask = backendFetch(backend);

createServer((request, response) =>
  hand(request, response, async () => response.end(await (await ask(`${backend}/api/health`)).text())),
).listen(3000);
