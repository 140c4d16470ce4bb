interface Cookie {
  value: string;
  path: string;
  expires: number;
}

/** The cookies of one user at one address. Which host they are for is known: there is just one. */
export class Cookies {
  readonly #kept = new Map<string, Cookie>();

  /** Keep what an answer sets (RFC 6265, section 5.3: Max-Age wins over Expires; what is over goes). */
  keep(lines: readonly string[], now = Date.now()): void {
    for (const line of lines) {
      const [pair = '', ...parts] = line.split(';');
      const cut = pair.indexOf('=');
      if (cut < 1) continue;
      const told = new Map(
        parts.map((part) => {
          const [name = '', ...value] = part.split('=');
          return [name.trim().toLowerCase(), value.join('=').trim()];
        }),
      );
      const path = told.get('path')?.startsWith('/') ? told.get('path')! : '/';
      const age = told.get('max-age');
      const until = age ? now + Number(age) * 1000 : Date.parse(told.get('expires') ?? '');
      const expires = Number.isNaN(until) ? Infinity : until;
      const name = pair.slice(0, cut).trim();
      if (expires <= now) this.#kept.delete(`${name};${path}`);
      else this.#kept.set(`${name};${path}`, {value: pair.slice(cut + 1).trim(), path, expires});
    }
  }

  /** The field `Cookie` for that path; empty for none. Longer paths come first (section 5.4). */
  for(path: string, now = Date.now()): string {
    return [...this.#kept]
      .filter(([, one]) => one.expires > now && below(path, one.path))
      .sort(([, one], [, other]) => other.path.length - one.path.length)
      .map(([key, one]) => `${key.slice(0, key.indexOf(';'))}=${one.value}`)
      .join('; ');
  }
}

function below(path: string, prefix: string): boolean {
  return path === prefix || (path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/'));
}
