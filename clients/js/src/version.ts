/** This package's, and the server's that it is made for. */
export const VERSION = '0.1.0';

/** Whether a server of that version lacks what this package was made for. One without a number is not judged. */
export function isOlder(version: string): boolean {
  const [theirs, ours] = [version, VERSION].map((text) => text.split(/[.+-]/, 3).map(Number));
  for (const [place, part] of ours!.entries()) {
    const other = theirs![place] ?? 0;
    if (Number.isNaN(other)) return false;
    if (other !== part) return other < part;
  }
  return false;
}
