import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LOGIN, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { listen, putLaunchScript, session, waitForState } from '../support/control.ts';
import { docker, inNamespace, namespaceOf, pidOf } from '../support/docker.ts';
import { PLUGIN, pluginAnswers, pluginPid, upgradePlugin } from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { exitAddress, NETWORK, runContainer, startSession, unique } from '../support/session.ts';
import { attempt } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';

const world = usePluginWorld();
const PROXY = 'kasm_proxy';
/** The issue's own limit: a user-space tunnel is back in the same namespace. */
const BACK_WITHIN_MS = 5_000;

beforeAll(async () => {
  await docker('network', 'create', 'kasm_default_network');
  await docker('network', 'create', '-d', PLUGIN, NETWORK);
  await runContainer(PROXY, { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, PROXY);
});
afterEach(async () => {
  const others = (await docker('ps', '-aq', '--filter', 'name=life')).split('\n').filter(Boolean);
  if (others.length > 0) await docker('rm', '-f', ...others);
});

/** A session may still be called connected in the first moment: what counts is that its traffic comes back. */
const comesBack = (name: string): Promise<boolean> =>
  waitFor(`traffic of ${name}`, async () => (await exitAddress(name, { seconds: 1 })) === '203.0.113.11', {
    timeoutMs: BACK_WITHIN_MS,
    everyMs: 50,
  });

/** Nothing gets out but through the tunnel: the site has not seen the host's own address since. */
async function seesNoLeak(name: string, act: () => Promise<unknown>): Promise<void> {
  const before = world.lab.site.visits().length;
  await docker('exec', '-d', name, 'sh', '-c', 'while :; do timeout 1 wget -qO- http://203.0.113.80/; sleep 0.1; done');
  await act();
  const since = world.lab.site.visits().slice(before);
  expect(since).not.toEqual([]); // or nothing was tried
  expect(since.filter(({ from }) => from === '203.0.113.1')).toEqual([]);
}

const tunnelProcess = async (name: string): Promise<number> => (await session(name)).body.tunnel.process_id;

/** What would outlive the plugin now. */
async function survivors(): Promise<string[]> {
  const groups = await attempt([
    'sh',
    '-c',
    'cat /sys/fs/cgroup/kasm-sidecar/cgroup.procs /sys/fs/cgroup/*/kasm-sidecar/cgroup.procs',
  ]);
  return groups.stdout.split('\n').filter((pid) => pid !== '' && pid !== '0'); // 0: of another test's surroundings
}

const isLocked = async (name: string): Promise<boolean> =>
  (await inNamespace(name, 'iptables', '-S', 'OUTPUT')).includes('-P OUTPUT DROP');

describe('the plugin is gone, and comes back', () => {
  test('disable -f and enable: the session stays locked, and its tunnel goes on in the same namespace', async () => {
    const name = unique('life');
    await startSession(world.lab, name);
    const [namespace, tunnel] = [await namespaceOf(name), await tunnelProcess(name)];
    await seesNoLeak(name, async () => {
      await docker('plugin', 'disable', '-f', PLUGIN);
      expect(await isLocked(name)).toBe(true);
      expect(await exitAddress(name, { seconds: 2 })).toBe('203.0.113.11');
      await docker('plugin', 'enable', PLUGIN);
      await pluginAnswers();
    });
    await waitForState(name, 'connected');
    expect([await namespaceOf(name), await tunnelProcess(name)]).toEqual([namespace, tunnel]);
  });

  test('an upgrade drops no packet, and ends no tunnel', async () => {
    const [wireguard, openvpn] = [unique('life'), unique('life')];
    await startSession(world.lab, wireguard);
    const server = await startOpenVpnServer(world.lab.names, 1, { port: 1194 });
    const egress = { type: 'openvpn', config: await server.clientConfig(), credential: LOGIN };
    await putLaunchScript(openvpn, { version: 1, egress });
    await runContainer(openvpn);
    await waitForState(openvpn, 'connected');
    const names = [wireguard, openvpn];
    const tunnels = await Promise.all(names.map(tunnelProcess));
    const pings = names.map((name) => docker('exec', name, 'ping', '-q', '-i', '0.05', '-c', '300', '203.0.113.80'));
    await upgradePlugin('next');
    const ends = await Promise.all(pings);
    console.log(ends.map((text) => /\d+ packets.*/.exec(text)?.[0]).join('\n'));
    for (const end of ends) expect(end).toContain('300 packets transmitted, 300 packets received');
    for (const name of names) await waitForState(name, 'connected');
    expect(await Promise.all(names.map(tunnelProcess))).toEqual(tunnels);
    await docker('rm', '-f', ...names);
    expect(await survivors()).toEqual([]); // the new plugin has ended what the old one had started
    await server.signal('SIGKILL');
    await upgradePlugin('first');
  });

  test('kill -9: Docker starts it again, and the session is found again', async () => {
    const name = unique('life');
    await startSession(world.lab, name);
    const before = await pluginPid();
    await seesNoLeak(name, async () => {
      process.kill(before ?? Number.NaN, 'SIGKILL');
      await waitFor('another process', async () => ![undefined, before].includes(await pluginPid()), { everyMs: 20 });
      await pluginAnswers();
      await comesBack(name);
    });
  });

  test('a container that ended meanwhile is told as ended, once', async () => {
    const name = unique('life');
    await startSession(world.lab, name);
    const { body } = await session(name);
    await docker('plugin', 'disable', '-f', PLUGIN);
    process.kill(await pidOf(name), 'SIGKILL');
    await docker('plugin', 'enable', PLUGIN);
    await pluginAnswers();
    const stream = await listen('/v1/events?after=0');
    const ends = () => stream.events.filter((event) => event.namespace === body.namespace && event.state === 'ended');
    await waitFor('the end', () => ends().length > 0);
    stream.end();
    expect(ends()).toHaveLength(1);
  });

  test('the proxy goes on all the time, and a new session reaches it', async () => {
    const name = unique('life');
    await docker('plugin', 'disable', '-f', PLUGIN);
    expect(await exitAddress(PROXY)).toBe('203.0.113.1');
    await docker('plugin', 'enable', PLUGIN);
    await pluginAnswers();
    await startSession(world.lab, name);
    expect(await docker('exec', PROXY, 'ip', 'a')).toMatch(/\bk-p-p-[0-9a-f]+/);
  });
});
