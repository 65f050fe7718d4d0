import { describe, expect, test } from 'vitest';
import { SESSION_STATES } from '../../../src/shared/session-view.ts';
import { planPassage } from '../../../src/sidecar/plan/passage.ts';
import { isOpen } from '../../../src/sidecar/plan/wire.ts';

describe('planPassage', () => {
  test.each(SESSION_STATES)('opens nothing past a tunnel without `allow`: %s', (state) => {
    const passage = planPassage(state, { kind: 'tunnel', allow: [] });
    expect(isOpen(passage)).toBe(false);
    if (passage.kind === 'session') expect(passage.direct).toEqual([]);
  });

  test.each(['blocked', 'connecting', 'failed'] as const)('keeps `none` and `allow` shut while %s', (state) => {
    expect(planPassage(state, { kind: 'none' })).toEqual({ kind: 'session', direct: [] });
    expect(planPassage(state, { kind: 'tunnel', allow: ['10.0.0.0/8'] })).toEqual({ kind: 'session', direct: [] });
  });

  test('never falls back: no wish, no way', () => {
    for (const state of SESSION_STATES) expect(isOpen(planPassage(state, undefined))).toBe(false);
  });
});
