import type { Attacker } from '../attacker.ts';
import type { Group } from '../case.ts';
import type { StateName } from './state.ts';

/** A way in which a container gets its VPN. */
export interface Way {
  /** As `--way` takes it. */
  readonly name: string;
  readonly title: string;
  readonly ours: boolean;
  /** How it is set up here. */
  readonly how: string;
  /** Documents that say so. */
  readonly sources: readonly string[];
}

export interface Reached {
  readonly attackers: readonly { readonly way: string; readonly attacker: Attacker }[];
  readonly undo?: () => Promise<unknown>;
}

/** Ways whose containers are brought into a state, and attacked, together. A new way is one of these; nothing else knows it. */
export interface Fleet {
  readonly ways: readonly Way[];
  /** Why this way is never in that state; undefined: it can be. */
  absent(way: string, state: StateName): string | undefined;
  /** One attacker a way and posture, all in `state`. */
  reach(state: StateName, ways: readonly string[]): Promise<Reached>;
  /** What of the catalogue says something about these ways. */
  cases(all: readonly Group[]): readonly Group[];
}
