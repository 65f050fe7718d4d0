import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EgressError } from '../../../src/shared/errors.ts';
import { SESSION_STATES, type SessionEvent, type SessionState } from '../../../src/shared/session-view.ts';
import { EventJournal } from '../../../src/sidecar/sessions/event-journal.ts';
import { SessionLedger } from '../../../src/sidecar/sessions/session-ledger.ts';
import { TRANSITIONS } from '../../../src/sidecar/sessions/transitions.ts';

let folder: string;
let journal: EventJournal;
let lines: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  journal = new EventJournal(join(folder, 'events.jsonl'));
  journal.open();
  lines = [];
});
// It writes its record without being waited for.
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));

const NAMESPACE = '0123456789ab';
const STALE = new EgressError('TUNNEL_STALE');

function ledgerIn(state: SessionState): SessionLedger {
  const write = (level: string) => (subject: string, text: string) => void lines.push(`${level} ${subject} ${text}`);
  const log = { info: write('info'), warn: write('warn'), error: write('error') };
  const record = {
    version: 1,
    namespace: NAMESPACE,
    sandboxKey: `/var/run/docker/netns/${NAMESPACE}`,
    role: 'session',
    state,
    since: new Date(0).toISOString(),
    cut: false,
    held: false,
    announces: false,
  } as const;
  return new SessionLedger({ events: journal, log }, record, join(folder, NAMESPACE));
}

function step(ledger: SessionLedger, state: SessionState, why?: EgressError): void {
  const previous = ledger.move(state, why);
  if (previous) ledger.announce(previous);
}

const steps = SESSION_STATES.flatMap((from) => SESSION_STATES.map((to) => [from, to] as const));
const legal = steps.filter(([from, to]) => TRANSITIONS[from].includes(to));

describe('the states of the contract', () => {
  test('what ended stays so, and every other state can end', () => {
    expect(TRANSITIONS.ended).toEqual([]);
    for (const state of SESSION_STATES.filter((state) => state !== 'ended'))
      expect(TRANSITIONS[state]).toContain('ended');
  });

  test('only what was connected reconnects', () => {
    const from = SESSION_STATES.filter((state) => TRANSITIONS[state].includes('reconnecting'));
    expect(from).toEqual(['connected', 'reconnecting']);
  });

  test('from each, it can be cut, and fail', () => {
    for (const state of SESSION_STATES.filter((state) => state !== 'ended' && state !== 'blocked')) {
      expect(TRANSITIONS[state]).toContain('blocked');
      if (state !== 'failed') expect(TRANSITIONS[state]).toContain('failed');
    }
  });
});

describe('a step', () => {
  test.each(legal)('%s → %s is one line of the log and one event, with its reason', async (from, to) => {
    step(ledgerIn(from), to, STALE);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^(info|warn|error) 0123456789ab .* → .*: .+ \(TUNNEL_STALE\) \[0123456789ab\]$/);
    expect(lines[0]).toContain(`${from} → ${to}`);
    const events: SessionEvent[] = journal.after(0);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ previous: from, state: to, reason: { code: 'TUNNEL_STALE' } });
    expect(events[0]?.reason?.remedy).toBeTruthy();
  });

  test('that changes nothing is neither', async () => {
    const ledger = ledgerIn('connected');
    step(ledger, 'reconnecting', STALE);
    step(ledger, 'reconnecting', STALE);
    expect(journal.after(0)).toHaveLength(1);
    expect(lines).toHaveLength(1);
  });

  test('to the same state for another reason is both', async () => {
    const ledger = ledgerIn('connected');
    step(ledger, 'reconnecting', STALE);
    step(ledger, 'reconnecting', new EgressError('TUNNEL_DIED'));
    expect(journal.after(0).map(({ reason }) => reason?.code)).toEqual(['TUNNEL_STALE', 'TUNNEL_DIED']);
  });

  test('that should not be is taken all the same, and the log says so', async () => {
    const ledger = ledgerIn('failed');
    step(ledger, 'reconnecting', STALE);
    expect(ledger.record.state).toBe('reconnecting');
    expect(lines[0]).toBe(`error ${NAMESPACE} There should be no way from failed to reconnecting [${NAMESPACE}]`);
  });
});
