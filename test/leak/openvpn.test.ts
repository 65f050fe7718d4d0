import { afterAll, describe } from 'vitest';
import { LOGIN, type OpenVpnServer, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { tearDown } from './acts.ts';
import { startAttacker } from './attacker.ts';
import { useStages } from './stages.ts';
import { expectNothingLater, useControls, useLeakWorld } from './world.ts';

const world = useLeakWorld();
const controlOf = useControls(world, [
  ['default', undefined],
  ['all', tearDown],
]);
const { attackers, whenFired, whenAllDies } = useStages(world, controlOf);

let server: OpenVpnServer | undefined;
afterAll(() => server?.signal('SIGKILL'));

/** Two attackers with a tunnel to `remote`, and without waiting where nobody answers there. */
async function launch(word: string, remote: string, state: 'connecting' | 'connected'): Promise<void> {
  server ??= await startOpenVpnServer(world.lab.names, 1);
  for (const capabilities of ['default', 'all'] as const) {
    const name = `ovpn-${word}-${capabilities}`;
    const config = await server.clientConfig({ remotes: [remote] });
    const egress = { type: 'openvpn', config, credential: LOGIN };
    await putLaunchScript(name, { version: 1, egress, deadline_seconds: 300 });
    attackers[capabilities] = await startAttacker(name, capabilities, world.sessions);
    await waitForState(name, state);
  }
}

describe('while connecting', () => {
  whenFired(() => launch('connecting', '203.0.113.99 1194', 'connecting'), [['default'], ['all', tearDown]]);
});

describe('connected', () => {
  whenFired(() => launch('connected', '203.0.113.11 1194', 'connected'), [['default']]);
});

whenAllDies('openvpn.*--dev kst');

expectNothingLater(world);
