import { readFile, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOGIN, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { control, putLaunchScript, session, waitForState } from '../support/control.ts';
import { addressOn, docker, inNamespace, namespaceOf, tryDocker } from '../support/docker.ts';
import {
  exists,
  hostCli,
  inspectPlugin,
  installPlugin,
  PLUGIN,
  pluginAnswers,
  pluginPid,
  reference,
} from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import {
  exitAddress,
  launchScript,
  NETWORK,
  NO_TUNNEL,
  runContainer,
  startSession,
  unique,
} from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { modeOf, networkLog, RUN_FOLDER } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';

const world = usePluginWorld({ install: false });
const PROXY = 'kasm_proxy';
const RESOLV_CONF = '/etc/resolv.conf';

/** As DHCP clients do it: a new file in the place of the old one. */
async function replaceResolvConf(nameserver: string): Promise<void> {
  await writeFile(`${RESOLV_CONF}.new`, `nameserver ${nameserver}\n`);
  await rename(`${RESOLV_CONF}.new`, RESOLV_CONF);
}

let timezone: string | undefined;

beforeAll(async () => {
  timezone = await sh('readlink', '/etc/localtime').catch(() => undefined);
  await unlink('/etc/localtime').catch(() => undefined);
  await symlink('/usr/share/zoneinfo/Asia/Tokyo', '/etc/localtime');
});
afterAll(async () => {
  await unlink('/etc/localtime');
  if (timezone !== undefined) await symlink(timezone, '/etc/localtime');
  await replaceResolvConf(world.lab.resolver.v4);
});

describe('docker plugin install, on a host that never saw it', () => {
  test('R70: needs no settings, and leaves it enabled', async () => {
    for (const path of ['/run/kasm-sidecar', '/var/lib/kasm-sidecar', '/var/log/kasm-sidecar', '/etc/kasm-sidecar'])
      expect([path, await exists(path)]).toEqual([path, false]);
    await installPlugin(reference('first'));
    expect(await inspectPlugin('{{.Enabled}} {{.PluginReference}}')).toBe(`true ${reference('first')}`);
    expect(await docker('plugin', 'ls', '--format', '{{.Name}} {{.Enabled}}')).toBe(`${PLUGIN} true`); // R53
    await pluginAnswers();
  });

  test('it is granted what config.json says, and no more', async () => {
    const status = await readFile(`/proc/${await pluginPid()}/status`, 'utf8');
    const effective = BigInt(`0x${/CapEff:\s*(\w+)/.exec(status)?.[1]}`);
    const has = (bit: bigint) => (effective & (1n << bit)) !== 0n;
    // linux/capability.h: NET_ADMIN, SYS_PTRACE, SYS_ADMIN; not SYS_MODULE, SYS_RAWIO, SYS_BOOT, SYS_TIME
    expect([12n, 19n, 21n].map(has)).toEqual([true, true, true]);
    expect([16n, 17n, 22n, 25n].map(has)).toEqual([false, false, false, false]);
  });

  test('R46, R47: the network needs no option, and has the default pool', async () => {
    await docker('network', 'create', '-d', PLUGIN, NETWORK);
    expect(await docker('network', 'inspect', '-f', '{{.Driver}} {{len .IPAM.Config}}', NETWORK)).toBe(`${PLUGIN} 1`);
    await waitFor('the bridge’s name', () => sh('ip', '-br', 'link', 'show', 'br_kasm_sidecar'));
  });

  test('R48: the running proxy is connected, and has its interface', async () => {
    await docker('network', 'create', 'kasm_default_network');
    await runContainer(PROXY, { network: 'kasm_default_network' });
    await docker('network', 'connect', NETWORK, PROXY);
    expect(await docker('exec', PROXY, 'ip', 'a')).toMatch(/\bk-p-p-[0-9a-f]+/);
  });
});

describe('a session', () => {
  test('leaves by its WireGuard gateway, from its first instruction on', async () => {
    const name = unique('first');
    await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
    await runContainer(name, { command: ['sh', '-c', 'wget -qO- http://203.0.113.80/ >/tmp/seen; exec sleep 3600'] });
    const seen = await waitFor('the page', () => docker('exec', name, 'cat', '/tmp/seen'));
    expect(seen).toBe('you came from 203.0.113.11');
    expect(await docker('exec', name, 'ip', 'link')).toMatch(/\bk-p-[0-9a-f]{6}\b/); // R49
    expect(await modeOf(`${RUN_FOLDER}/${await namespaceOf(name)}/wg/wg.conf`)).toBe('0600 0:0');
  });

  test('has both locks, with the sysctls that a read-only /proc/sys would refuse', async () => {
    const name = unique('locked');
    await startSession(world.lab, name);
    expect(await inNamespace(name, 'iptables', '-S', 'OUTPUT')).toContain('-P OUTPUT DROP');
    expect(await inNamespace(name, 'sysctl', '-n', 'net.ipv4.conf.all.arp_ignore')).toBe('1');
    expect(await sh('nft', 'list', 'chains', 'netdev')).toContain('chain from_ksh');
  });

  test('leaves by its OpenVPN server', async () => {
    const server = await startOpenVpnServer(world.lab.names, 2, { port: 1300 });
    try {
      const name = unique('openvpn');
      const egress = { type: 'openvpn', provider: 'Lab', config: await server.clientConfig({}), credential: LOGIN };
      await putLaunchScript(name, { version: 1, egress, deadline_seconds: 20 });
      await runContainer(name);
      await waitForState(name, 'connected', 25_000);
      expect(await exitAddress(name)).toBe('203.0.113.12');
    } finally {
      await server.signal('SIGKILL');
    }
  });

  test('`none` leaves by the host', async () => {
    const name = unique('none');
    await putLaunchScript(name, NO_TUNNEL);
    await runContainer(name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.1');
  });

  test('a Kasm image gets its status file, and the proxy’s name', async () => {
    const name = unique('kasm');
    await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
    const script =
      'mkdir -p /dockerstartup; until [ -s /dockerstartup/.egress_status ]; do sleep 0.1; done; sleep 3600';
    await runContainer(name, { run: ['-e', 'KASM_API_HOST=proxy'], command: ['sh', '-c', script] });
    await waitForState(name, 'connected');
    const again = await tryDocker('restart', '-t', '0', name); // the folder is there from the start now
    expect(again.exitCode).toBe(0);
    await waitFor(
      'ready',
      async () => (await docker('exec', name, 'cat', '/dockerstartup/.egress_status')) === 'ready',
    );
    const hosts = await docker('exec', name, 'cat', '/etc/hosts');
    expect(hosts).toMatch(new RegExp(`^${(await addressOn(NETWORK, PROXY)).replaceAll('.', '\\.')}\\s+proxy$`, 'm'));
  });
});

describe('what is the host’s', () => {
  test('a resolv.conf that the host replaces counts at once', async () => {
    await replaceResolvConf('203.0.113.99'); // where nobody is
    const [lost, found] = [unique('lost'), unique('found')];
    const client = await world.lab.gateway(1).addClient({ endpoint: 'gw1.test' });
    await putLaunchScript(lost, launchScript(client, {}, { deadline_seconds: 3 }));
    await runContainer(lost);
    await waitForState(lost, 'failed');
    await replaceResolvConf(world.lab.resolver.v4);
    await putLaunchScript(found, launchScript(await world.lab.gateway(1).addClient({ endpoint: 'gw1.test' })));
    await runContainer(found);
    await waitForState(found, 'connected');
  });

  test('the log has the host’s local time', async () => {
    const hour = (await networkLog()).split('\n')[0]?.slice(0, 13);
    const tokyo = new Date(Date.now() + 9 * 3600_000).toISOString();
    expect([tokyo.slice(0, 13), new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 13)]).toContain(
      hour?.replace(' ', 'T'),
    );
  });

  test('the logs have both names, and Docker’s call leads to the namespace', async () => {
    const name = unique('logged');
    await startSession(world.lab, name);
    const namespace = await namespaceOf(name);
    expect(await readFile('/var/log/kasm-sidecar/plugin.log', 'utf8')).toContain(`/netns/${namespace}`);
    expect(await readFile('/var/log/kasm-sidecar/network-sidecar.log', 'utf8')).toContain(`[${namespace}]`);
  });

  test('the command line works on the host, from the plugin’s files', async () => {
    const { exitCode, stdout } = await hostCli('status', '--json');
    expect([0, 1]).toContain(exitCode); // 1: one of them has failed
    expect(JSON.parse(stdout).sessions.length).toBeGreaterThan(0);
  });

  test('its socket and its control endpoint are for root alone', async () => {
    expect(await modeOf('/var/run/kasm-sidecar/control.sock')).toBe('0600 0:0');
    expect((await control('GET', '/v1/version')).status).toBe(200);
    expect((await session('nobody')).status).toBe(404);
  });
});
