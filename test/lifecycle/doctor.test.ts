import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { docker } from '../support/docker.ts';
import { hostCli, inspectPlugin, PLUGIN, pluginAnswers } from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { NETWORK, runContainer, startSession } from '../support/session.ts';
import { attempt, type Outcome, sh } from '../support/shell.ts';

/** The managed plugin's own command line, run on the host: what an operator has who installed nothing else. */
const world = usePluginWorld();
const SESSION = 'examined';

beforeAll(async () => {
  await docker('network', 'create', '-d', PLUGIN, NETWORK);
  await docker('network', 'create', 'kasm_default_network');
  await runContainer('kasm_proxy', { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, 'kasm_proxy');
  await startSession(world.lab, SESSION, { run: ['-e', 'KASM_API_HOST=proxy'] });
});

interface Check {
  readonly id: string;
  readonly status: string;
  readonly seen: string;
  readonly fix?: string;
}

const examine = async (...args: string[]) => read(await hostCli('doctor', '--json', ...args));

function read({ exitCode, stdout, stderr }: Outcome): { exitCode: number; checks: Check[]; ill: string[] } {
  if (!stdout.startsWith('{')) throw new Error(`no JSON: ${stderr}`);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  const failures = checks.filter(({ status }) => status === 'failure');
  return { exitCode, checks, ill: failures.map(({ id, seen, fix }) => `${id}: ${seen} → ${fix}`) };
}

test('of a healthy host has no failure, and the probe finds no leak', async () => {
  const { exitCode, checks, ill } = await examine('--probe');
  expect(ill).toEqual([]);
  expect(exitCode).toBe(0);
  const seen = (id: string) => checks.find((check) => check.id === id)?.seen;
  expect(seen('plugin')).toMatch(/^kasmweb\/sidecar:1\.1 \(.+\) is enabled$/);
  expect(seen('tools')).toMatch(/^in the plugin: ip .*openvpn/);
  expect(seen('probe-guard')).toMatch(/6 frames arrived, 0 passed$/);
});

test('a host without nft: the plugin’s own is taken, also in the session’s namespace and for the probe', async () => {
  const folder = await mkdtemp('/tmp/no-nft-');
  try {
    const left = ['dirname', 'readlink', 'nsenter', 'ip', 'iptables', 'iptables-save', 'ip6tables', 'ip6tables-save'];
    for (const name of left) await symlink((await sh('which', name)).trim(), join(folder, name));
    const program = `/var/lib/docker/plugins/${await inspectPlugin('{{.Id}}')}/rootfs/usr/bin/kasm-sidecar`;
    const { checks, ill } = read(await attempt(['env', `PATH=${folder}`, program, 'doctor', '--json', '--probe']));
    expect(ill).toEqual([]);
    expect(checks.find(({ id }) => id === 'probe-guard')?.seen).toMatch(/6 frames arrived, 0 passed$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('while the plugin is disabled says so, and that the rules still stand', async () => {
  await docker('plugin', 'disable', '-f', PLUGIN);
  try {
    const { exitCode, checks, ill } = await examine();
    expect(exitCode).toBe(1);
    expect(ill).toContainEqual(
      expect.stringMatching(/^plugin: .* is installed but disabled → docker plugin enable kasm/),
    );
    const fine = checks.filter(({ status }) => status === 'ok').map(({ id }) => id);
    expect(fine).toEqual(expect.arrayContaining(['host-rules', 'session-lock', 'session-guard']));
  } finally {
    await docker('plugin', 'enable', PLUGIN);
    await pluginAnswers();
  }
});
