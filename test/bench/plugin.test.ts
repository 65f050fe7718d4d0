/** The managed plugin: built by scripts/bench, since nothing can be installed in the surroundings of the tests. */
import { beforeAll, describe, test } from 'vitest';
import { LOGIN, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { installPlugin, PLUGIN, pluginAnswers, pluginPid, reference, upgradePlugin } from '../support/plugin.ts';
import { setup } from '../support/plugin-setup.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { NETWORK, runContainer, startSession, unique } from '../support/session.ts';
import { networkLog } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';
import { residentOf } from './processes.ts';
import { Report, Series } from './report.ts';
import { inRounds } from './rounds.ts';
import { GATEWAY, LARGEST, OPENVPN_UDP, RUNS, SIZES, WIREGUARD } from './ways.ts';

const PINGS = 300;

describe.skipIf(process.env.KASM_SIDECAR_TEST_PLUGIN === undefined)('the managed plugin', () => {
  const world = usePluginWorld({ install: false });
  const report = new Report('the managed plugin');

  beforeAll(async () => {
    await setup();
    await installPlugin(reference('first'));
    await pluginAnswers();
    await docker('network', 'create', '-d', PLUGIN, NETWORK);
  });

  /** Milliseconds from `docker plugin enable` until it answers. */
  async function enable(): Promise<number> {
    const began = performance.now();
    const answered = pluginAnswers().then(() => performance.now() - began);
    await docker('plugin', 'enable', PLUGIN);
    return answered;
  }

  const memory = async (): Promise<number> => residentOf((await pluginPid()) ?? Number.NaN);
  const foundAgain = async (): Promise<number> => (await networkLog()).split('Found again in state').length - 1;

  test('enabled, with and without sessions', { timeout: 600_000 + LARGEST * 10_000 }, async () => {
    const [ready, resident, again] = [new Series(), new Series(), new Series()];
    for (let run = 0; run < RUNS; run++) {
      await docker('plugin', 'disable', '-f', PLUGIN);
      ready.push('no session', await enable());
    }
    resident.push('no session', await memory());
    const names: string[] = [];
    for (const count of SIZES) {
      const title = `${count} sessions, ${WIREGUARD}`;
      const more = Array.from({ length: count - names.length }, () => unique('plugin'));
      await inRounds(more, (name) => startSession(world.lab, name));
      names.push(...more);
      resident.push(title, await memory());
      for (let run = 0; run < RUNS; run++) {
        await docker('plugin', 'disable', '-f', PLUGIN);
        const before = await foundAgain();
        const began = performance.now();
        ready.push(title, await enable());
        const all = async () => (await foundAgain()) - before >= count;
        await waitFor('all sessions to be found again', all, { everyMs: 20, timeoutMs: 60_000 });
        again.push(title, (performance.now() - began) / 1000);
      }
    }
    await inRounds(names, (name) => docker('rm', '-f', name));
    report.add('`docker plugin enable` until it answers', 'ms', ready.rows);
    report.add('memory of the plugin’s process', 'MiB', resident.rows);
    report.add('`docker plugin enable` until all sessions are known again', 's', again.rows);
  });

  test('an upgrade: pings through the tunnels, 20 a second', { timeout: 300_000 }, async () => {
    const lost = new Series();
    const [wireguard, openvpn] = [unique('plugin'), unique('plugin')];
    await startSession(world.lab, wireguard);
    const server = await startOpenVpnServer(world.lab.names, GATEWAY);
    const egress = { type: 'openvpn', config: await server.clientConfig(), credential: LOGIN };
    await putLaunchScript(openvpn, { version: 1, egress });
    await runContainer(openvpn);
    await waitForState(openvpn, 'connected');
    const ping = async (name: string): Promise<number> => {
      const text = await docker('exec', name, 'ping', '-q', '-i', '0.05', '-c', String(PINGS), '203.0.113.80');
      return PINGS - Number(/(\d+) packets received/.exec(text)?.[1]);
    };
    for (const version of ['next', 'first'] as const) {
      const both = Promise.all([ping(wireguard), ping(openvpn)]);
      await upgradePlugin(version);
      const [ofWireGuard, ofOpenVpn] = await both;
      lost.push(WIREGUARD, ofWireGuard);
      lost.push(OPENVPN_UDP, ofOpenVpn);
    }
    await server.signal('SIGKILL');
    report.add(`pings lost of ${PINGS}, while the plugin is upgraded`, '', lost.rows);
  });
});
