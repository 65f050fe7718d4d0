import type { Selection } from './selection.ts';
import type { PullFilter, PushedRules } from './settings.ts';

/**
 * What of the server's pushed lines is wanted. route-nopull leaves out the resolvers too, but everything goes through
 * the tunnel here: without another resolver no name would resolve.
 */
export function readPushed(selection: Selection, hasResolvers: boolean): PushedRules {
  const filters = selection.all('pull-filter').map(({ args: [action = '', beginning = ''] }): PullFilter => {
    const kind = action.toLowerCase();
    return { action: kind === 'ignore' || kind === 'reject' ? kind : 'accept', beginning };
  });
  return { ignoreDns: selection.has('route-nopull') && hasResolvers, filters };
}

/** What is to be done with a pushed line. OpenVPN compares its beginning, letter by letter. */
export const decide = (filters: readonly PullFilter[], pushed: string): PullFilter['action'] =>
  filters.find(({ beginning }) => pushed.startsWith(beginning))?.action ?? 'accept';
