import type { SessionState } from '../../shared/session-view.ts';
import type { Passage } from './wire.ts';

/** What a launch script wants, as far as the rules depend on it. */
export type Wish = { readonly kind: 'tunnel'; readonly allow: readonly string[] } | { readonly kind: 'none' };

/**
 * One policy a state. A tunnel's own packets need no passage: its device stands inside, its socket outside. So only
 * what goes past the tunnel is decided here, and that is open only while the session is known to be as wished.
 */
export function planPassage(state: SessionState, wish: Wish | undefined): Passage {
  switch (state) {
    case 'blocked':
    case 'connecting':
    case 'failed':
      return { kind: 'session', direct: [] };
    case 'connected':
    case 'reconnecting':
      return wish?.kind === 'none' ? { kind: 'open' } : { kind: 'session', direct: wish?.allow ?? [] };
    case 'ended':
      return { kind: 'shut' };
  }
}
