import { describe, expect, test } from 'vitest';
import { SESSION_STATES } from '../../../src/shared/session-view.ts';
import { planPassage } from '../../../src/sidecar/plan/passage.ts';

describe('planPassage', () => {
  test.each(SESSION_STATES)('opens nothing past a tunnel without `allow`: %s', (state) => {
    const passage = planPassage(state, { kind: 'tunnel', allow: [] });
    expect(passage).toEqual(state === 'ended' ? { kind: 'shut' } : { kind: 'session', direct: [] });
  });

  test.each(['blocked', 'connecting', 'failed'] as const)('keeps `none` and `allow` shut while %s', (state) => {
    expect(planPassage(state, { kind: 'none' })).toEqual({ kind: 'session', direct: [] });
    expect(planPassage(state, { kind: 'tunnel', allow: ['10.0.0.0/8'] })).toEqual({ kind: 'session', direct: [] });
  });

  test('is open for `none` alone: everything that `allow` names still has its lock', () => {
    expect(planPassage('connected', { kind: 'none' })).toEqual({ kind: 'open' });
    expect(planPassage('connected', { kind: 'tunnel', allow: ['0.0.0.0/0'] }).kind).toBe('session');
  });

  test('never falls back: no wish, no way', () => {
    for (const state of SESSION_STATES) expect(planPassage(state, undefined).kind).not.toBe('open');
  });
});
