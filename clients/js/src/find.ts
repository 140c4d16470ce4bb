import {existsSync} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';
import {DevkitError} from './errors.js';
import {VERSION} from './version.js';

const PACKAGE = `devkit-mock>=${VERSION}`;
const WINDOWS = process.platform === 'win32';

/** The command that runs `devkit`, in the order in which one would expect it: what the project has pinned first.
 * Throws DevkitError with the ways to have one. */
export function findDevkit(folder: string, env: NodeJS.ProcessEnv): string[] {
  const devkit = inVenv(folder, env) ?? onPath('devkit', env);
  if (devkit) return [devkit];
  const uvx = onPath('uvx', env);
  if (uvx) return [uvx, '--from', PACKAGE, 'devkit'];
  const pipx = onPath('pipx', env);
  if (pipx) return [pipx, 'run', '--spec', PACKAGE, 'devkit'];
  const engine = env['DEVKIT_IMAGE'] ? (onPath('podman', env) ?? onPath('docker', env)) : undefined;
  if (engine) return [engine, 'run', '--rm', '--interactive', '--network=host', env['DEVKIT_IMAGE']!, 'devkit'];
  throw new DevkitError(
    [
      `There is no devkit to start: no .venv in ${folder} or above has one, and neither devkit, uvx nor pipx is on PATH.`,
      `  Either install it: python -m venv .venv && .venv/bin/pip install "${PACKAGE}"`,
      '  or install uv (https://docs.astral.sh/uv/) or pipx, which run it without an installation,',
      '  or name one that runs: DEVKIT_URL=http://localhost:8000 (or DEVKIT_IMAGE, with podman or docker).',
    ].join('\n'),
  );
}

function inVenv(folder: string, env: NodeJS.ProcessEnv): string | undefined {
  const places = env['VIRTUAL_ENV'] ? [env['VIRTUAL_ENV']] : [];
  for (let at = folder; ; at = dirname(at)) {
    places.push(join(at, '.venv'));
    if (dirname(at) === at) break;
  }
  const program = WINDOWS ? join('Scripts', 'devkit.exe') : join('bin', 'devkit');
  return places.map((place) => join(place, program)).find((path) => existsSync(path));
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const names = WINDOWS ? [`${name}.exe`, `${name}.cmd`] : [name];
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  // npm puts its own programs there, and a `devkit` among them is a stranger's.
  const ours = folders.filter((folder) => !/node_modules[\\/]\.bin$/.test(folder));
  return ours.flatMap((folder) => names.map((one) => join(folder, one))).find((path) => existsSync(path));
}
