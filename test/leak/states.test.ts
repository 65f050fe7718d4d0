import { afterAll, describe, expect, test } from 'vitest';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { launchScript } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { callTheWireATunnel, ownDevice, tearDown } from './acts.ts';
import { type Attacker, lookAt, startAttacker, startTunnelled } from './attacker.ts';
import { hostLinksOf, useStages, WITHOUT_RAW } from './stages.ts';
import { expectNothingLater, useControls, useLeakWorld } from './world.ts';

const world = useLeakWorld();
const controlOf = useControls(world, [
  ['default', undefined],
  ['all', undefined, callTheWireATunnel],
  ['all', tearDown, ownDevice],
]);

const { attackers, attackerWith, whenFired, whenAllDies } = useStages(world, controlOf);

const guardsOf = async (attacker: Attacker): Promise<string[]> => {
  const tables = (await sh('nft', 'list', 'tables')).split('\n');
  return (await hostLinksOf(attacker)).filter((link) => tables.includes(`table netdev kasm_sidecar_${link}`));
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

describe('after it has failed', () => {
  whenFired(async () => {
    for (const capabilities of ['default', 'all'] as const) {
      const name = `failed-${capabilities}`;
      const client = await world.lab.gateway(1).addClient({ ipv6: true });
      const config = client.text.replace('203.0.113.11', '203.0.113.99');
      await putLaunchScript(name, launchScript(client, { config }, { deadline_seconds: 1 }));
      attackers[capabilities] = await startAttacker(name, capabilities, world.sessions);
      await waitForState(name, 'failed');
    }
  }, [['default'], ['all', tearDown]]);
});

describe('connected, and on another network as well', () => {
  whenFired(async () => {
    for (const capabilities of ['default', 'all'] as const) {
      const name = `second-${capabilities}`;
      await startTunnelled(world.lab, name, capabilities, world.sessions);
      await docker('network', 'connect', world.plain.name, name);
      const attacker = await lookAt(name, world.plain);
      attackers[capabilities] = attacker;
      await waitFor('the guard of the other interface', async () => (await guardsOf(attacker)).length === 2);
    }
  }, [['default'], ['all', tearDown]]);
});

describe('connected', () => {
  whenFired(async () => {
    attackers.default = await startTunnelled(world.lab, 'connected-default', 'default', world.sessions);
    attackers.all = await startTunnelled(world.lab, 'connected-all', 'all', world.sessions);
  }, [['default']]);
});

whenAllDies('wireguard-go.*kst');

describe('the lock alone: the guard and the host’s rules are gone', () => {
  whenFired(
    async () => {
      const links = await hostLinksOf(attackerWith('default'));
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
  const [link] = await hostLinksOf(attackerWith('default'));
  const table = `netdev kasm_sidecar_${link}`;
  await waitFor('the guard', async () => (await sh('nft', 'list', 'tables')).includes(table));
});

expectNothingLater(world);
