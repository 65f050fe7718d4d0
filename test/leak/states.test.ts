import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { launchScript } from '../support/session.ts';
import { attempt, sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { callTheWireATunnel, ownDevice, tearDown } from './acts.ts';
import { type Attacker, type Capabilities, startAttacker, startTunnelled } from './attacker.ts';
import { CATALOGUE } from './catalogue.ts';
import { type Acts, fire } from './volley.ts';
import { expectNothingLater, expectNothingOut, fireTogether, type Round, useControls, useLeakWorld } from './world.ts';

const world = useLeakWorld();
const controlOf = useControls(world, [
  ['default', undefined],
  ['all', undefined, callTheWireATunnel],
  ['all', tearDown, ownDevice],
]);

/** What a process without raw sockets can try: the lock alone must hold it. */
const WITHOUT_RAW = CATALOGUE.filter(({ name }) => ['transport', 'names', 'the host'].includes(name));

const attackers: Partial<Record<Capabilities, Attacker>> = {};
const there = (capabilities: Capabilities): Attacker => {
  const attacker = attackers[capabilities];
  if (!attacker) throw new Error('the attacker has not started');
  return attacker;
};

/** Fires at the moment that `prepare` has made, once a way, and expects that nothing got out. */
function whenFired(
  prepare: () => Promise<void>,
  ways: readonly (readonly [Capabilities, Acts?])[],
  groups = CATALOGUE,
): void {
  const rounds = new Map<number, Round>();
  beforeAll(async () => {
    await prepare();
    for (const [index, [capabilities, acts]] of ways.entries()) {
      const [round] = await fireTogether(world, [() => fire(world.observer, there(capabilities), groups, acts)]);
      if (round) rounds.set(index, round);
    }
  });
  for (const [index, [capabilities, acts]] of ways.entries()) {
    expectNothingOut(world, `${capabilities} ${acts?.name ?? ''}`.trim(), {
      control: controlOf,
      round: () => rounds.get(index) as Round,
      groups,
    });
  }
}

const linkOf = async ({ ownLinks }: Attacker): Promise<string[]> => {
  const links: { ifname: string; ifindex: number }[] = JSON.parse(await sh('ip', '-json', 'link'));
  return links.filter(({ ifindex }) => ownLinks.includes(ifindex)).map(({ ifname }) => ifname);
};

describe('before the launch script', () => {
  whenFired(async () => {
    attackers.default = await startAttacker('blocked-default', 'default', world.sessions);
    attackers.all = await startAttacker('blocked-all', 'all', world.sessions);
  }, [['default'], ['all', tearDown], ['all', ownDevice]]);
});

describe('while connecting', () => {
  whenFired(async () => {
    for (const capabilities of ['default', 'all'] as const) {
      const name = `connecting-${capabilities}`;
      const client = await world.lab.gateway(1).addClient({ ipv6: true });
      const config = client.text.replace('203.0.113.11', '203.0.113.99');
      await putLaunchScript(name, launchScript(client, { config }, { deadline_seconds: 300 }));
      attackers[capabilities] = await startAttacker(name, capabilities, world.sessions);
      await waitForState(name, 'connecting');
    }
  }, [['default'], ['all', tearDown]]);
});

describe('connected', () => {
  whenFired(async () => {
    attackers.default = await startTunnelled(world.lab, 'connected-default', 'default', world.sessions);
    attackers.all = await startTunnelled(world.lab, 'connected-all', 'all', world.sessions);
  }, [['default']]);
});

describe('after the death of the gateway', () => {
  whenFired(() => world.lab.gateway(1).cut(), [['default']]);
  afterAll(() => world.lab.gateway(1).restore());
});

describe('after kill -9 of the daemon', () => {
  whenFired(async () => void (await world.sidecar.kill()), [['default']]);
});

describe('after kill -9 of the tunnel’s process as well', () => {
  whenFired(async () => {
    await attempt(['pkill', '-KILL', '-f', 'wireguard-go.*kst']);
    await waitFor(
      'the tunnels to be gone',
      async () => (await attempt(['pgrep', '-f', 'wireguard-go.*kst'])).exitCode === 1,
    );
  }, [['default'], ['all', tearDown]]);
});

describe('the lock alone: the guard and the host’s rules are gone', () => {
  whenFired(
    async () => {
      const links = await linkOf(there('default'));
      expect(links.length).toBeGreaterThan(0);
      for (const link of links) await sh('nft', 'delete', 'table', 'netdev', `kasm_sidecar_${link}`);
      await sh('nft', 'delete', 'table', 'inet', 'kasm_sidecar');
    },
    [['default']],
    WITHOUT_RAW,
  );
  // The daemon puts it right again when it is back.
  afterAll(() => world.sidecar.start());
});

test('a daemon that is back has every guard again', async () => {
  const [link] = await linkOf(there('default'));
  const table = `netdev kasm_sidecar_${link}`;
  await waitFor('the guard', async () => (await sh('nft', 'list', 'tables')).includes(table));
});

expectNothingLater(world);
