import { beforeAll, describe, expect, test } from 'vitest';
import { waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { killEngine, startEngine, stopEngine } from '../support/engine.ts';
import { runContainer } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { Crew } from './crew.ts';
import { type Flooder, flooder, leavings, seeUnprotected } from './flood.ts';
import { KINDS } from './kinds.ts';
import type { Trail } from './marks.ts';
import { createPlainNetwork, type Network } from './network.ts';
import { dockerDefault } from './posture.ts';
import { settle } from './volley.ts';
import { useLeakWorld } from './world.ts';

/**
 * What happens to a session from outside while its first process sends without a pause. What is tried is little, but it is
 * tried at every moment of the event, from the first instruction on.
 */
const world = useLeakWorld();
const crew = new Crew(world);

/** `--restart always`: the engine starts it again when it starts itself. */
const flood = (network: Network): Flooder =>
  flooder(world.observer, dockerDefault, network, { run: ['--restart', 'always'] });

/** One a kind, with a tunnel. */
const names: string[] = [];
const trails: Trail[] = [];

const all = async (command: string, ...args: string[]): Promise<void> =>
  void (await Promise.all(names.map((name) => docker(command, ...args, name))));

const allConnected = async (): Promise<void> => {
  await Promise.all(names.map((name) => waitForState(name, 'connected', 60_000)));
};

/** Docker's own calls time out while the sidecar or the engine is busy with all of them. */
const EVENT_MS = 180_000;

beforeAll(async () => {
  for (const kind of KINDS) {
    const { trail, options } = flood(world.sessions);
    const name = `flood-${kind.name}`;
    await crew.putScript(name, kind);
    await runContainer(name, options);
    names.push(name);
    trails.push(trail);
  }
  await allConnected();
}, EVENT_MS);

test('the control: the same flood of an unprotected container is seen, by every way', () =>
  seeUnprotected(world.observer));

interface Event {
  readonly name: string;
  readonly happen: () => Promise<unknown>;
}

const IPTABLES = ['iptables', 'ip6tables'] as const;

/** As an administrator does it who wants a clean start. */
async function flushHostIptables(): Promise<void> {
  for (const program of IPTABLES) {
    for (const table of ['raw', 'mangle', 'nat', 'filter']) await sh(program, '-t', table, '-F');
    for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) await sh(program, '-P', chain, 'ACCEPT');
  }
}

const guards = async (): Promise<number> =>
  (await sh('nft', 'list', 'chains', 'netdev')).split('\n').filter((line) => line.includes('chain from_ksh')).length;

/** One after the other, on the same sessions. The last ones take away what Docker itself has set up. */
const EVENTS: readonly Event[] = [
  {
    name: 'another container shares its namespace',
    happen: async () => {
      const { trail, options } = flood(world.sessions);
      trails.push(trail);
      await runContainer('flood-shared', { ...options, network: `container:${names[0]}` });
      await sleep(2_000);
      await docker('rm', '-f', 'flood-shared');
    },
  },
  {
    name: 'the container is paused, and goes on',
    happen: async () => {
      await all('pause');
      await sleep(1_000);
      await all('unpause');
    },
  },
  { name: 'the container is restarted', happen: () => all('restart', '-t', '0') },
  {
    name: 'its network is disconnected, and connected again',
    happen: async () => {
      await Promise.all(names.map((name) => docker('network', 'disconnect', world.sessions.name, name)));
      await sleep(1_000);
      await Promise.all(names.map((name) => docker('network', 'connect', world.sessions.name, name)));
    },
  },
  {
    name: 'a second and a third network are attached while it runs, and detached',
    happen: async () => {
      const networks = [await createPlainNetwork(), await createPlainNetwork()];
      for (const network of networks)
        await Promise.all(names.map((name) => docker('network', 'connect', network.name, name)));
      await sleep(1_000);
      for (const network of networks)
        await Promise.all(names.map((name) => docker('network', 'disconnect', network.name, name)));
    },
  },
  {
    name: 'the sidecar is restarted',
    happen: async () => {
      await world.sidecar.stop();
      await sleep(1_000);
      await world.sidecar.start();
    },
  },
  { name: 'the host’s iptables are flushed', happen: flushHostIptables },
  {
    name: 'all of the host’s nftables are flushed, until the guards are back',
    happen: async () => {
      const before = await guards();
      expect(before).toBeGreaterThan(names.length);
      await sh('nft', 'flush', 'ruleset');
      await waitFor('the guards', async () => (await guards()) >= before, { timeoutMs: 30_000 });
    },
  },
  {
    name: 'the engine is restarted, and its containers with it',
    happen: async () => {
      await stopEngine();
      await startEngine();
    },
  },
  {
    name: 'the engine is killed, and started again',
    happen: async () => {
      await killEngine();
      await sleep(2_000);
      await startEngine();
    },
  },
];

describe.each(EVENTS)('$name', ({ happen }) => {
  let before = 0;
  beforeAll(async () => {
    await world.observer.catchUp();
    before = world.observer.strangerCount;
    await happen();
    await sleep(1_500);
    await settle(world.observer);
  }, EVENT_MS);

  test('nothing gets out', () => {
    expect(trails.flatMap((trail) => leavings(world.observer, trail))).toEqual([]);
  });

  test('the host’s wire carried nothing but tunnels', () => {
    expect(world.observer.strangersSince(before)).toEqual([]);
  });

  test('every session is connected again', allConnected, EVENT_MS);
});
