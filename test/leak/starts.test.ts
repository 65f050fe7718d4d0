import { describe, expect, test } from 'vitest';
import { docker } from '../support/docker.ts';
import { unique } from '../support/session.ts';
import { asAttacker } from './attacker.ts';
import type { Mark } from './case.ts';
import { nameOf } from './cases/names.ts';
import type { Network } from './network.ts';
import type { Sighting } from './observer.ts';
import { describeSighting } from './observer.ts';
import { dockerDefault, type Posture, tornDown } from './posture.ts';
import { settle } from './volley.ts';
import { useLeakWorld } from './world.ts';

/** Leaks of 1 in 30 starts were seen once; for a long run (1,000 starts): KASM_SIDECAR_LEAK_ROUNDS=63. */
const ROUNDS = Number(process.env.KASM_SIDECAR_LEAK_ROUNDS ?? 2);
const AT_ONCE = 16;

const world = useLeakWorld();

/** The three ways out that a container's first instruction has: Docker's resolver, another one, and a connection. */
interface Marks {
  readonly embedded: Mark;
  readonly resolver: Mark;
  readonly connection: Mark;
}

const IPTABLES = '/usr/sbin/xtables-nft-multi iptables';
const FORGET = ['filter', 'mangle']
  .map((table) => `${IPTABLES} -t ${table} -F; ${IPTABLES} -t ${table} -P OUTPUT ACCEPT;`)
  .join(' ');

const commandOf = ({ embedded, resolver, connection }: Marks, posture: Posture): string[] => [
  'sh',
  '-c',
  `${posture === tornDown ? FORGET : ''}
   nslookup ${nameOf(embedded)} 127.0.0.11 & nslookup ${nameOf(resolver)} 203.0.113.53 &
   nc -w 1 203.0.113.80 ${connection.port} </dev/null & wait; exit 0`,
];

/** Starts `AT_ONCE` containers at one moment, each of which tries to leave by its first instruction. */
async function startAtOnce(network: Network, posture: Posture): Promise<Marks[]> {
  const mark = () => world.observer.newMark();
  const all = Array.from({ length: AT_ONCE }, () => ({ embedded: mark(), resolver: mark(), connection: mark() }));
  await Promise.all(
    all.map((marks) => {
      // The tools' mounts would make the start of those who don't need them slower, and so the race easier to win.
      const { run = [] } = posture === tornDown ? asAttacker(posture, network) : {};
      const options = ['--rm', '--name', unique('start'), '--network', network.name, ...run];
      return docker('run', ...options, 'bb:latest', ...commandOf(marks, posture));
    }),
  );
  await settle(world.observer);
  return all;
}

const isOut = (sighting: Sighting): boolean =>
  world.observer.isWan(sighting) || ['lo', world.sessions.bridge.name].includes(sighting.linkName);

const seenOutside = (mark: Mark): string[] => world.observer.sightings(mark).filter(isOut).map(describeSighting);

describe.each([dockerDefault, tornDown])('the first instruction, $name', (posture) => {
  test('of an unprotected container gets out (the control)', async () => {
    const all = await startAtOnce(world.plain, dockerDefault);
    for (const way of ['embedded', 'resolver', 'connection'] as const)
      expect(all.flatMap((marks) => seenOutside(marks[way])).length, way).toBeGreaterThan(0);
  });

  test(`of ${ROUNDS * AT_ONCE} sessions, ${AT_ONCE} at once, gets nothing out`, async () => {
    const leaks: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const all = await startAtOnce(world.sessions, posture);
      leaks.push(...all.flatMap((marks) => Object.values(marks).flatMap(seenOutside)));
    }
    expect(leaks).toEqual([]);
  }, 1_800_000);
});
