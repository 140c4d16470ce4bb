// Types and table of the control API, made of its OpenAPI document, which comes by standard input.
import {createHash} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {text as readText} from 'node:stream/consumers';
import openapiTS, {astToString} from 'openapi-typescript';

const folder = new URL('../src/generated/', import.meta.url);
const text = (await readText(process.stdin)).trim();
const document = JSON.parse(text);
// Without the version: a release alone changes no type. tests/clients/js compares it, and needs nothing of npm's for that.
const digest = createHash('sha256').update(text.replace(/^ {4}"version": .*\n/m, '')).digest('hex');
const made = `Made by scripts/generate.mjs of the control API's OpenAPI document. SHA-256: ${digest}`;

// A file is nothing for a call that is made of JSON, and answered with a text.
const isFile = ({requestBody, responses}) =>
  [requestBody, ...Object.values(responses)].some(({content = {}} = {}) => !Object.keys(content).every((type) => /json|text|xml/.test(type)));
const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, one]) => {
    if (isFile(one)) return [];
    const query = (one.parameters ?? []).flatMap((parameter) => (parameter.in === 'query' ? [parameter.name] : []));
    return `  '${one.operationId}': {method: '${method.toUpperCase()}', path: '${path}', query: ${JSON.stringify(query)}},`;
  }),
);
const files = {
  'control.ts': `// ${made}\n${astToString(await openapiTS(document, {defaultNonNullable: false}))}`,
  'table.ts': `// ${made}\nexport const TABLE = {\n${rows.join('\n')}\n} as const;\n`,
};

for (const [name, source] of Object.entries(files)) writeFileSync(new URL(name, folder), source);
