import type {components, operations} from './generated/control.js';
import {TABLE} from './generated/table.js';
import {ControlError, DevkitError} from './errors.js';

/** What the control API's document calls by name. */
export type Schemas = components['schemas'];
/** An operation of the control API, such as `clock.advance`. */
export type OperationId = keyof typeof TABLE;

type PathOf<O> = O extends {parameters: {path: infer P}} ? P : unknown;
type QueryOf<O> = O extends {parameters: {query?: infer Q}} ? Omit<NonNullable<Q>, 'devkit_sandbox'> : unknown;
type BodyOf<O> = O extends {requestBody?: {content: {'application/json': infer B}}} ? B : unknown;
type ContentOf<R> = R extends {content: {'application/json': infer A}} ? A : R extends {content: unknown} ? string : never;

/** What an operation is told. */
export type Input<Id extends OperationId> = PathOf<operations[Id]> & QueryOf<operations[Id]> & BodyOf<operations[Id]>;
/** What it answers. */
export type Answer<Id extends OperationId> = {
  [Status in keyof operations[Id]['responses'] & (200 | 201)]: ContentOf<operations[Id]['responses'][Status]>;
}[keyof operations[Id]['responses'] & (200 | 201)];

/** A control call as it goes over the wire. `path` has its query. */
export interface Wire {
  method: string;
  path: string;
  sandbox?: string | undefined;
  body?: unknown;
}
/** An answer as it came. */
export interface WireAnswer {
  status: number;
  type: string;
  text: string;
}
/** Brings a control call to the server: over HTTP in Node; from a page by way of what runs the test. */
export type Transport = (wire: Wire) => Promise<WireAnswer>;

/** Calls the control API, typed by its own document; each call means `sandbox` (left out: `main`). */
export class Control {
  constructor(
    private readonly transport: Transport,
    readonly sandbox?: string,
  ) {}

  /** The same server, and another sandbox. */
  of(sandbox: string | undefined): Control {
    return new Control(this.transport, sandbox);
  }

  /** Throws ControlError with what the server said, DevkitError where no devkit answers. */
  async call<Id extends OperationId>(id: Id, ...[input]: Given<Id>): Promise<Answer<Id>> {
    return answered(await this.transport(wired(id, input, this.sandbox)), this.sandbox);
  }
}

/** The input, which may be left out where nothing is needed. */
export type Given<Id extends OperationId> = Record<never, never> extends Input<Id> ? [input?: Input<Id>] : [input: Input<Id>];

/** A call as it is sent. */
export function wired<Id extends OperationId>(id: Id, input?: Input<Id>, sandbox?: string): Wire {
  const row = TABLE[id];
  const values = {...(input as Record<string, unknown> | undefined)};
  let path: string = row.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values[name]);
    delete values[name];
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const name of row.query as readonly string[]) {
    if (values[name] !== undefined) query.set(name, String(values[name]));
  }
  if (query.size) path += `?${query}`;
  const body = row.method === 'POST' || row.method === 'PUT' ? values : undefined;
  return {method: row.method, path, sandbox, body};
}

/** What an answer says. Throws ControlError, DevkitError. */
export function answered<Id extends OperationId>(answer: WireAnswer, sandbox?: string): Answer<Id> {
  return read(answer, sandbox) as Answer<Id>;
}

function read({status, type, text}: WireAnswer, sandbox: string | undefined): unknown {
  if (!type.includes('json')) {
    if (status < 300) return text;
    throw new DevkitError(`What answers there is no devkit server (status ${status}, no JSON)`);
  }
  const value = JSON.parse(text) as unknown;
  if (status < 300) return value;
  const {error, message, details} = value as Schemas['Failure'];
  if (status === 404 && sandbox !== undefined && /^There is no sandbox/.test(message)) throw gone(sandbox);
  if (status === 401) {
    throw new ControlError(status, error, `${message} Give it as \`token\`, or as DEVKIT_TOKEN.`);
  }
  throw new ControlError(status, error, message, details);
}

/** What is said of a sandbox that was there. */
export function gone(sandbox: string): DevkitError {
  return new DevkitError(
    `The sandbox ${sandbox} is gone: it was removed, its \`ttl\` is over, or the server was started anew`,
  );
}
