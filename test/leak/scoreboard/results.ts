import type { StateName } from './state.ts';
import type { Way } from './way.ts';

/** A case of which a packet got out. */
export interface Leaked {
  readonly group: string;
  readonly case: string;
  /** Whether it left the host, or reached no more than the host and its neighbours. */
  readonly reach: 'internet' | 'host';
  readonly packets: number;
  /** The first of them, from the capture. */
  readonly excerpt: string;
}

/** One posture's figures. A case is `shown` where a control of that very round was seen: only such a one can hold or leak. */
export interface Counts {
  readonly cases: number;
  readonly probes: number;
  readonly shown: readonly string[];
  readonly leaked: readonly Leaked[];
  /** Probes whose control was not seen: errors. */
  readonly unproven: readonly string[];
}

export interface Cell extends Counts {
  readonly way: string;
  readonly state: StateName;
  readonly posture: string;
  /** Whether it may change its own namespace. */
  readonly admin: boolean;
}

/** What a run writes, and the table and the page are made of. */
export interface Results {
  readonly date: string;
  readonly machine: string;
  readonly minutes: number;
  /** `--case`; '' for the whole catalogue. */
  readonly filter: string;
  readonly complete: boolean;
  readonly groups: readonly { readonly name: string; readonly cases: number }[];
  readonly unavailable: readonly string[];
  readonly ways: readonly Way[];
  readonly skipped: readonly { readonly way: string; readonly why: string }[];
  readonly absent: readonly { readonly way: string; readonly state: StateName; readonly why: string }[];
  readonly cells: readonly Cell[];
  /** Rounds that could not be fired. */
  readonly errors: readonly string[];
  /** Of ours: packets on the host's wire that are nobody's tunnel, and what was seen only after its round. */
  readonly strangers: readonly string[];
}

const oursOf = (results: Results): Set<string> =>
  new Set(results.ways.filter(({ ours }) => ours).map(({ name }) => name));

/** Why the run is no success: a leak of ours, a control that was not seen, a round that was not fired. */
export function failuresOf(results: Results): string[] {
  const ours = oursOf(results);
  const failures = [...results.errors, ...results.strangers.map((packet) => `ours: ${packet}`)];
  for (const { way, state, posture, leaked, unproven } of results.cells) {
    const where = `${way}, ${state}, ${posture}`;
    if (ours.has(way) && leaked.length > 0) failures.push(`${where}: ${leaked.length} cases leaked`);
    if (unproven.length > 0) failures.push(`${where}: ${unproven.length} controls were not seen`);
  }
  if (results.cells.every(({ probes }) => probes === 0)) failures.push('nothing was fired');
  return failures;
}
