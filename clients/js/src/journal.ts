import type {Entry} from './sandbox.js';

/** The entries as text, a line each: what a report shows beside a failing test. */
export function lines(entries: readonly Entry[]): string {
  return entries.map(line).join('\n');
}

function line(entry: Entry): string {
  const struck = entry.faults.map(({kind, rule}) => `${kind} (${rule})`).join(', ');
  const parts = [`#${entry.number}`, entry.at.slice(11, 23), ...told(entry), struck && `↯ ${struck}`];
  return parts.filter(Boolean).join('  ');
}

function told(entry: Entry): string[] {
  switch (entry.type) {
    case 'request':
      return [
        `${entry.method} ${entry.path}`,
        String(entry.status),
        entry.operation ?? `no operation${entry.nearest.length ? ` (near: ${entry.nearest.join(', ')})` : ''}`,
        entry.user ?? '',
        entry.repeats === null ? '' : `again #${entry.repeats}`,
        entry.note ?? '',
      ];
    case 'mail':
      return [`mail "${entry.subject}" to ${entry.to}`];
    case 'socket':
      return [`WebSocket ${entry.direction}`, String(entry.code ?? ''), entry.frame ?? '', entry.user ?? ''];
  }
}
