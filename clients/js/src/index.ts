export {Control, type Answer, type Input, type OperationId, type Schemas} from './control.js';
export {ControlError, DevkitError} from './errors.js';
export {DrillFailed, Sandbox, type Entry, type FetchOptions, type Place, type Report, type SandboxOptions, type User} from './sandbox.js';
export {Devkit, startDevkit, type StartOptions} from './server.js';
export {share} from './shared.js';
export {VERSION} from './version.js';
