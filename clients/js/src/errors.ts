/** Something that can be mended, in a sentence. */
export class DevkitError extends Error {
  override name = 'DevkitError';
}

/** A control call that was not done. `details` has a sentence for each bad parameter. */
export class ControlError extends DevkitError {
  override name = 'ControlError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    const more = Object.entries(details).map(([name, told]) => `${name}: ${told}`);
    super([message, ...more].join('\n  '));
  }
}
