import type { SessionState } from '../../shared/session-view.ts';

/** From each state, where a session may go; to the same one where only the reason changes. */
export const TRANSITIONS: Readonly<Record<SessionState, readonly SessionState[]>> = {
  blocked: ['blocked', 'connecting', 'connected', 'failed', 'ended'], // connected: it is wanted without a tunnel
  connecting: ['blocked', 'connected', 'failed', 'ended'],
  connected: ['blocked', 'connecting', 'reconnecting', 'failed', 'ended'], // connecting: by another launch script
  reconnecting: ['blocked', 'connecting', 'connected', 'reconnecting', 'failed', 'ended'],
  failed: ['blocked', 'connecting', 'connected', 'failed', 'ended'],
  ended: [],
};
