import { hash } from 'node:crypto';
import type { Namespace } from '../host/netns.ts';
import { rulesGeneration } from '../host/rules-generation.ts';
import type { Lock } from '../plan/lock.ts';
import type { SessionRecord } from '../store/records.ts';

/** A lock that was seen to stand, and the generation of the namespace's rules in which it was: with another, who knows. */
export type LockSighting = NonNullable<SessionRecord['sighting']>;

/** To be taken before one looks: a change that comes in between makes another generation. Undefined where that can't be told. */
export function sightingOf(namespace: Namespace, { v4, v6 }: Lock): LockSighting | undefined {
  try {
    const generation = rulesGeneration(namespace);
    return generation === undefined ? undefined : { lock: hash('sha256', JSON.stringify([v4, v6])), generation };
  } catch {
    return undefined; // it is an economy, and the lock's own work tells what is wrong
  }
}
