import { dropLock } from '../support/session.ts';
import type { Group } from './case.ts';
import { aboveTheLock } from './catalogue.ts';
import { type Crew, type Member, mute, unmute } from './crew.ts';
import { KINDS } from './kinds.ts';
import type { LeakWorld } from './world.ts';

/** A row of the matrix: where a session stands when its attackers fire. */
export interface State {
  readonly name: string;
  /** Makes it so, from whatever the row before has left. */
  readonly prepare: (crew: Crew, world: LeakWorld) => Promise<void>;
  readonly undo?: (world: LeakWorld) => Promise<unknown>;
  /** Who fires; everyone where it is missing. */
  readonly who?: (member: Pick<Member, 'kind' | 'posture'>) => boolean;
  readonly groups?: (all: readonly Group[]) => Group[];
}

/** The lock alone holds who has not got the means to flush it, and what it can see: no packet sockets. */
const byTheLockAlone: Pick<State, 'who' | 'groups'> = {
  who: ({ posture }) => posture.lacks.includes('NET_ADMIN'),
  groups: aboveTheLock,
};

export const STATES: readonly State[] = [
  {
    name: 'before the launch script',
    prepare: async (crew) => void (await crew.members()),
    who: ({ kind }) => kind === KINDS[0], // nobody knows yet which kind it will be
  },
  {
    name: 'connecting',
    prepare: async (crew) => crew.launch(await crew.members(), 'site', 'connecting'),
  },
  {
    name: 'failed',
    prepare: async (crew) => crew.launch(await crew.members(), 'site', 'failed'),
  },
  {
    name: 'connected',
    prepare: (crew) => crew.connect(),
  },
  {
    name: 'reconnecting',
    prepare: async (crew, { lab }) => {
      await crew.connect();
      await mute(lab.gateway(1));
      await crew.waitForSilence();
    },
    undo: ({ lab }) => unmute(lab.gateway(1)),
  },
  {
    name: 'daemon dead',
    prepare: async (crew, { sidecar }) => {
      await crew.connect();
      await sidecar.kill();
    },
  },
  {
    name: 'daemon dead, guard and host’s rules removed: the lock alone',
    prepare: async (crew, { sidecar }) => {
      await crew.connect();
      await sidecar.kill();
      await crew.removeGuards();
    },
    ...byTheLockAlone,
  },
  {
    name: 'daemon dead, lock removed: the guard alone',
    prepare: async (crew, { sidecar }) => {
      await crew.connect();
      await sidecar.kill();
      for (const { attacker } of await crew.members()) await dropLock(attacker.container);
    },
  },
  {
    name: 'daemon and tunnel process dead',
    prepare: async (crew, { sidecar }) => {
      await crew.connect();
      await sidecar.kill();
      await crew.killTunnels();
    },
  },
  {
    name: 'daemon and tunnel process dead, guard and host’s rules removed: the lock alone',
    prepare: async (crew, { sidecar }) => {
      await crew.connect();
      await sidecar.kill();
      await crew.killTunnels();
      await crew.removeGuards();
    },
    ...byTheLockAlone,
  },
];
