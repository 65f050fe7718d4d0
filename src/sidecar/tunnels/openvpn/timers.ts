import type { Findings } from '../findings.ts';
import type { OutputLine } from './render.ts';
import type { Selection } from './selection.ts';
import type { Directive } from './tokens.ts';

/** In seconds. More often would load the server; more rarely, and a dead tunnel would not be noticed. */
const PING = { least: 5, most: 60 };
const PING_RESTART = { least: 10, most: 120 };

type Bounds = typeof PING;

/** `keepalive A B` is `ping A` and `ping-restart B` for a client. What ends the process restarts it here. */
export function readTimers(selection: Selection, findings: Findings): OutputLine[] {
  const keepalive = selection
    .all('keepalive')
    .map(({ line, args: [ping = '', restart = ''] }) => ({ line, ping, restart }));
  const pings = [...selection.all('ping').map(single), ...keepalive.map(({ line, ping }) => ({ line, text: ping }))];
  const restarts = [
    ...selection.all('ping-restart').map(single),
    ...selection.all('ping-exit').map(single),
    ...keepalive.map(({ line, restart }) => ({ line, text: restart })),
  ];
  return [
    ...readBounded('ping', pings, PING, findings),
    ...readBounded('ping-restart', restarts, PING_RESTART, findings),
    ...readPollTimeout(selection, findings),
  ];
}

interface Timer {
  readonly line: number;
  readonly text: string;
}

const single = ({ line, args }: Directive): Timer => ({ line, text: args[0] ?? '' });

function readBounded(
  name: 'ping' | 'ping-restart',
  timers: readonly Timer[],
  { least, most }: Bounds,
  findings: Findings,
): OutputLine[] {
  const last = timers.toSorted((a, b) => a.line - b.line).at(-1);
  if (!last) return [];
  const seconds = /^\d{1,9}$/.test(last.text) ? Number(last.text) : 0;
  if (seconds === 0) {
    findings.note(last.line, name, "it is off or no number of seconds; the server's or the sidecar's own is used");
    return [];
  }
  const used = Math.min(Math.max(seconds, least), most);
  if (used !== seconds) findings.note(last.line, name, `${used} s is used, so that a dead server is noticed in time`);
  return [{ name, args: [String(used)] }];
}

/** An older name of server-poll-timeout. */
function readPollTimeout(selection: Selection, findings: Findings): OutputLine[] {
  const old = selection.last('connect-timeout');
  if (!old || selection.has('server-poll-timeout')) return [];
  const seconds = Number(/^\d{1,3}$/.exec(old.args[0] ?? '')?.[0] ?? 0);
  if (seconds >= 5 && seconds <= 120) return [{ name: 'server-poll-timeout', args: [String(seconds)] }];
  findings.note(old.line, 'connect-timeout', 'it is not a number of seconds from 5 to 120; the line is dropped');
  return [];
}
