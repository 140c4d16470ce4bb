// dist/esm and dist/cjs, each with its own types. What TypeScript compiles a file to follows from the package.json above
// it, so CommonJS is made of a copy below one that says so. Vitest is ESM alone, and so is what belongs to it.
import {execFileSync} from 'node:child_process';
import {cpSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (folder, ...more) =>
  execFileSync(process.execPath, [tsc, '-p', folder, ...more], {cwd: root, stdio: 'inherit'});

for (const name of ['dist', '.cjs']) rmSync(join(root, name), {recursive: true, force: true});
compile('.');
cpSync(join(root, 'src'), join(root, '.cjs/src'), {
  recursive: true,
  filter: (path) => !basename(path).startsWith('vitest'),
});
cpSync(join(root, 'tsconfig.json'), join(root, '.cjs/tsconfig.json'));
writeFileSync(join(root, '.cjs/package.json'), '{"type": "commonjs"}\n');
compile('.cjs', '--outDir', 'dist/cjs');
writeFileSync(join(root, 'dist/cjs/package.json'), '{"type": "commonjs"}\n');
rmSync(join(root, '.cjs'), {recursive: true});
