import { readFileSync } from 'node:fs';
import { type Acts, flushTheLock, moveTheMac, ownDevice, settleIn, tearDown, wireAsTunnel } from './acts.ts';
import type { Need } from './case.ts';

export type PostureName =
  | 'without NET_RAW'
  | 'default'
  | 'NET_ADMIN'
  | 'NET_ADMIN, lock torn down'
  | 'NET_ADMIN, lock flushed, routes left'
  | 'NET_ADMIN, wire renamed to tun0'
  | 'NET_ADMIN, own device on the wire'
  | 'NET_ADMIN, another MAC'
  | 'docker exec --privileged'
  | 'a namespace of its own';

/** What an attacker may do, and what it does to its namespace before each volley. */
export interface Posture {
  readonly name: PostureName;
  /** For containers' names. */
  readonly word: string;
  /** Arguments of `docker run` and of `docker exec`. */
  readonly run: readonly string[];
  readonly exec: readonly string[];
  readonly lacks: readonly Need[];
  readonly acts?: Acts;
  /** The wire is moved out of the locked namespace, into one that the attacker has made. */
  readonly ownNamespace: boolean;
}

const NET_ADMIN = ['--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW'];
/** What `unshare` and `setns` need. */
const SYS_ADMIN = [...NET_ADMIN, '--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined'];

const RESOLVER = 'the rules of Docker’s resolver';

const DEFAULT = { run: [], exec: [], lacks: ['NET_ADMIN'], ownNamespace: false } satisfies Partial<Posture>;
const ADMIN = { ...DEFAULT, run: NET_ADMIN, lacks: [] } satisfies Partial<Posture>;

/** Docker's own set. It has NET_RAW already, so this row is "+ NET_RAW" as well. */
export const dockerDefault: Posture = { ...DEFAULT, name: 'default', word: 'default' };
export const withoutRaw: Posture = {
  ...DEFAULT,
  name: 'without NET_RAW',
  word: 'unraw',
  run: ['--cap-drop', 'NET_RAW'],
  lacks: ['NET_RAW', 'NET_ADMIN'],
};
export const tornDown: Posture = {
  ...ADMIN,
  name: 'NET_ADMIN, lock torn down',
  word: 'torn',
  acts: tearDown,
  lacks: [RESOLVER],
};

/** In every state. */
export const POSTURES: readonly Posture[] = [
  withoutRaw,
  dockerDefault,
  { ...ADMIN, name: 'NET_ADMIN', word: 'admin' },
  tornDown,
];

/** Only while there is no tunnel whose device has the name. */
export const wireNamedAsTunnel: Posture = {
  ...ADMIN,
  name: 'NET_ADMIN, wire renamed to tun0',
  word: 'renamed',
  acts: wireAsTunnel,
};

/** What only a root inside can do. Each changes its namespace for good, so each is one container in one state. */
export const ROOT_TRICKS: readonly Posture[] = [
  { ...ADMIN, name: 'NET_ADMIN, lock flushed, routes left', word: 'flushed', acts: flushTheLock },
  {
    ...ADMIN,
    name: 'NET_ADMIN, own device on the wire',
    word: 'device',
    acts: ownDevice,
    lacks: [RESOLVER, 'IPv6 by the device'],
  },
  { ...ADMIN, name: 'NET_ADMIN, another MAC', word: 'mac', acts: moveTheMac, lacks: [RESOLVER, 'the wire’s own MAC'] },
  {
    ...ADMIN,
    name: 'docker exec --privileged',
    word: 'exec',
    run: [],
    exec: ['--privileged'],
    acts: tearDown,
    lacks: [RESOLVER],
  },
  {
    ...ADMIN,
    name: 'a namespace of its own',
    word: 'ns',
    run: SYS_ADMIN,
    acts: settleIn,
    lacks: [RESOLVER, 'Docker’s namespace'],
    ownNamespace: true,
  },
];

const STATUS = '/proc/self/status';
const LAST_CAPABILITY = '/proc/sys/kernel/cap_last_cap';

/** Docker can't give what it has not got: `--privileged` takes a host on which root has every capability. */
export function isPossible({ exec }: Posture): boolean {
  if (!exec.includes('--privileged')) return true;
  const all = (1n << (BigInt(readFileSync(LAST_CAPABILITY, 'utf8').trim()) + 1n)) - 1n;
  const mine = /^CapBnd:\t(\w+)$/m.exec(readFileSync(STATUS, 'utf8'))?.[1] ?? '0';
  return BigInt(`0x${mine}`) === all;
}
