import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitForState } from '../support/control.ts';
import { addressOn, docker, namespaceOf, subnetOf, tryDocker } from '../support/docker.ts';
import {
  descriptionOf,
  inspectPlugin,
  installPlugin,
  PLUGIN,
  pluginAnswers,
  publishBroken,
  publishNext,
  reference,
} from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { exitAddress, NETWORK, runContainer, startSession, unique } from '../support/session.ts';
import type { Outcome } from '../support/shell.ts';
import { attempt } from '../support/shell.ts';
import { networkLog } from '../support/sidecar.ts';

const world = usePluginWorld();
const PROXY = 'kasm_proxy';
const FIRST = 'kasm-sidecar: a leak-proof way out of its own for every container of its networks';

const script = (name: string, ...args: string[]): Promise<Outcome> =>
  attempt([fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url)), ...args], 100_000);

const ledger = async (): Promise<string[]> =>
  (await readFile('/var/lib/kasm-sidecar/plugin-versions', 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split('\t')[1] ?? '');

const proxyWorks = async (): Promise<void> => {
  expect(await docker('exec', PROXY, 'ip', 'a')).toMatch(/\bk-p-p-[0-9a-f]+/);
};

beforeAll(async () => {
  await docker('network', 'create', 'kasm_default_network');
  await docker('network', 'create', '-d', PLUGIN, '--subnet', '10.77.0.0/24', '-o', 'deadline=30', NETWORK);
  await runContainer(PROXY, { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, PROXY);
});
afterEach(async () => {
  const others = (await docker('ps', '-aq', '--filter', 'name=script')).split('\n').filter(Boolean);
  if (others.length > 0) await docker('rm', '-f', ...others);
});

describe('scripts/restart-plugin', () => {
  test('R71: refuses while a session runs, and names it', async () => {
    const name = unique('script');
    await startSession(world.lab, name);
    const { exitCode, stderr } = await script('restart-plugin');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(new RegExp(`${name}[^]*add --yes`))]);
    expect(stderr).not.toContain(PROXY);
  });

  test('--yes: network, proxy and session stay', async () => {
    const name = unique('script');
    await startSession(world.lab, name);
    const before = [await namespaceOf(name), await addressOn(NETWORK, PROXY)];
    expect(await script('restart-plugin', '--yes')).toMatchObject({ exitCode: 0 });
    await waitForState(name, 'connected');
    expect([await namespaceOf(name), await addressOn(NETWORK, PROXY)]).toEqual(before);
    expect(await exitAddress(name)).toBe('203.0.113.11');
    await proxyWorks();
  });

  test('--recreate-network: subnet and options are as before, and the proxy is on it', async () => {
    const id = await docker('network', 'inspect', '-f', '{{.Id}}', NETWORK);
    expect(await script('restart-plugin', '--recreate-network')).toMatchObject({ exitCode: 0 });
    expect(await docker('network', 'inspect', '-f', '{{.Id}}', NETWORK)).not.toBe(id);
    expect(await subnetOf(NETWORK)).toBe('10.77.0.0/24');
    expect(await docker('network', 'inspect', '-f', '{{.Options.deadline}}', NETWORK)).toBe('30');
    await proxyWorks();
  });

  test('without a plugin says so, and changes nothing', async () => {
    const { exitCode, stderr } = await attempt(
      ['env', 'PATH=/nowhere:/usr/bin:/bin', 'DOCKER_HOST=unix:///nowhere.sock', 'scripts/restart-plugin'],
      20_000,
    );
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('does not answer')]);
  });
});

describe('scripts/upgrade-plugin', () => {
  beforeEach(async () => {
    await tryDocker('plugin', 'rm', '-f', PLUGIN);
    await rm('/var/lib/kasm-sidecar/plugin-versions', { force: true });
    await rm('/var/lib/kasm-sidecar/plugin-previous', { recursive: true, force: true });
    await installPlugin(reference('first'));
    await pluginAnswers();
  });

  test('--to: the network, the proxy and a session stay, and the new version runs', async () => {
    const name = unique('script');
    await startSession(world.lab, name);
    const before = [await namespaceOf(name), await addressOn(NETWORK, PROXY), await inspectPlugin('{{.Id}}')];
    expect(await script('upgrade-plugin', '--to', reference('next'))).toMatchObject({ exitCode: 1 }); // a session runs
    expect(await descriptionOf()).toBe(FIRST);
    expect(await script('upgrade-plugin', '--to', reference('next'), '--yes')).toMatchObject({ exitCode: 0 });
    expect(await descriptionOf()).toBe('the next version');
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
    expect([await namespaceOf(name), await addressOn(NETWORK, PROXY), await inspectPlugin('{{.Id}}')]).toEqual(before);
    expect(await ledger()).toEqual(['was there', 'upgraded']);
    expect(await docker('plugin', 'ls', '--format', '{{.Name}}')).toBe(PLUGIN); // nothing is left of the download
    await proxyWorks();
  });

  test('--rollback: back and forth again, without the registry', async () => {
    await script('upgrade-plugin', '--to', reference('next'));
    expect(await script('upgrade-plugin', '--rollback')).toMatchObject({ exitCode: 0 });
    expect(await descriptionOf()).toBe(FIRST);
    await proxyWorks();
    const name = unique('script');
    await startSession(world.lab, name); // the network that it was made for still works
    expect(await exitAddress(name)).toBe('203.0.113.11');
    await docker('rm', '-f', name);
    expect(await script('upgrade-plugin', '--rollback')).toMatchObject({ exitCode: 0 });
    expect(await descriptionOf()).toBe('the next version');
    expect(await ledger()).toEqual(['was there', 'upgraded', 'rolled back', 'rolled back']);
  });

  test('a version that does not come up is replaced by the old one', async () => {
    await publishBroken(reference('rolling'));
    const { exitCode, stderr } = await script('upgrade-plugin', '--to', reference('rolling'));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${reference('first')} runs again`)]);
    expect(await descriptionOf()).toBe(FIRST);
    expect(await inspectPlugin('{{.Enabled}}')).toBe('true');
    expect(await ledger()).toEqual(['was there', 'failed', 'put back']);
    await proxyWorks();
    const name = unique('script');
    await startSession(world.lab, name);
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('after that it still knows where the old one came from', async () => {
    await publishBroken(reference('rolling'));
    await script('upgrade-plugin', '--to', reference('rolling'));
    await publishNext(reference('rolling'));
    const { stderr } = await script('upgrade-plugin', '--to', reference('rolling'));
    expect(stderr).toContain(`from ${reference('first')}`);
    expect(await descriptionOf()).toBe('the next version');
  });

  test('a reference that leads nowhere changes nothing', async () => {
    const id = await inspectPlugin('{{.Id}}');
    const { exitCode, stderr } = await script('upgrade-plugin', '--to', '127.0.0.1:5000/kasm/sidecar:none');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('nothing was changed')]);
    expect(await inspectPlugin('{{.Id}} {{.Enabled}}')).toBe(`${id} true`);
  });
});

describe('/etc/kasm-sidecar/config.json', () => {
  afterEach(() => rm('/etc/kasm-sidecar', { recursive: true, force: true }));

  test('a bad one does not keep the plugin from starting, and says why', async () => {
    await mkdir('/etc/kasm-sidecar', { recursive: true });
    await writeFile('/etc/kasm-sidecar/config.json', '{"gate_seconds": "soon"}');
    expect(await script('restart-plugin', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await networkLog()).toMatch(/ERROR \| settings \| .*config\.json: \/gate_seconds: .*; the defaults count/);
  });
});
