import {Devkit, startDevkit, type StartOptions} from './server.js';

/** Origins of a runner's own pages, which may call the server that `share` starts; separated by spaces. */
export const ORIGINS = 'DEVKIT_TEST_ORIGINS';
const [URL_NAME, TOKEN_NAME] = ['DEVKIT_TEST_URL', 'DEVKIT_TEST_TOKEN'];

/** Start the server that all workers of a suite use, in the process that starts them; they find it by the environment.
 * Where it was shared already, it is that one: so it may stand in a configuration that every worker reads. */
export async function share(options: StartOptions = {}): Promise<Devkit> {
  if (process.env[URL_NAME] !== undefined) return shared(options);
  const origins = (process.env[ORIGINS] ?? '').split(' ').filter(Boolean);
  const args = [...(options.args ?? []), ...origins.flatMap((origin) => ['--origin', origin])];
  const devkit = await startDevkit({...options, args});
  process.env[URL_NAME] = devkit.named === undefined ? devkit.url : `${devkit.url}/~${devkit.named}`;
  if (devkit.token !== undefined) process.env[TOKEN_NAME] = devkit.token;
  return devkit;
}

/** The server that this suite shares; one of this process's own, where nobody shared any. */
export async function shared(options: StartOptions = {}): Promise<Devkit> {
  const url = process.env[URL_NAME];
  const token = process.env[TOKEN_NAME];
  return startDevkit(url === undefined ? options : {...options, url, ...(token !== undefined && {token})});
}
