/** Positive control: what the other files take for granted. Works without the sidecar. */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../lab/gateway.ts';
import type { Lab } from '../../lab/lab.ts';
import { openLab } from '../../lab/lab.ts';
import { docker } from '../support/docker.ts';
import { attempt, sh } from '../support/shell.ts';

const CLIENT = 'test-client';
let lab: Lab;
let client: Client;

/** A WireGuard client made by hand, as any customer of the gateway has one. */
async function plugInClient(): Promise<void> {
  const file = join(tmpdir(), 'test-client.conf');
  const onlyForWg = client.text.split('\n').filter((line) => !/^(Address|DNS|MTU) /.test(line));
  await writeFile(file, onlyForWg.join('\n'), { mode: 0o600 });
  await sh('ip', 'netns', 'add', CLIENT);
  await sh('wireguard-go', CLIENT);
  await sh('wg', 'setconf', CLIENT, file); // before it is moved: wireguard-go drops a caller during that
  await sh('ip', 'link', 'set', 'dev', CLIENT, 'netns', CLIENT);
  await rm(file);
  await sh('ip', '-netns', CLIENT, 'address', 'add', `${client.address}/32`, 'dev', CLIENT);
  await sh('ip', '-netns', CLIENT, 'address', 'add', `${client.address6}/128`, 'dev', CLIENT, 'nodad');
  await sh('ip', '-netns', CLIENT, 'link', 'set', 'dev', CLIENT, 'up');
  await sh('ip', '-netns', CLIENT, 'route', 'add', 'default', 'dev', CLIENT);
  await sh('ip', '-netns', CLIENT, '-6', 'route', 'add', 'default', 'dev', CLIENT);
}

const inClient = (...argv: string[]) => attempt(['nsenter', `--net=/run/netns/${CLIENT}`, 'timeout', '3', ...argv]);
const ask = async (url: string): Promise<string> => (await inClient('busybox', 'wget', '-qO-', url)).stdout;

beforeAll(async () => {
  lab = await openLab();
  client = await lab.gateway(1).addClient({ ipv6: true, presharedKey: true });
  await plugInClient();
});

afterAll(async () => {
  await attempt(['ip', '-netns', CLIENT, 'link', 'delete', 'dev', CLIENT]);
  await attempt(['ip', 'netns', 'delete', CLIENT]);
});

describe('the lab', () => {
  test('the site sees the gateway of a client, in both address families', async () => {
    expect(await ask('http://203.0.113.80/')).toBe(`you came from ${lab.gateway(1).v4}`);
    expect(await ask('http://[2001:db8:113::80]/')).toBe(`you came from ${lab.gateway(1).v6}`);
    expect(lab.site.visits().map(({ from }) => from)).toContain(lab.gateway(1).v4);
  });

  test('the gateway knows names by its own resolver, and who asked', async () => {
    const { stdout } = await inClient('busybox', 'nslookup', 'exit.test', lab.gateway(1).inner4);
    expect(stdout).toContain(`Address: ${lab.gateway(1).v4}`);
    expect(lab.gateway(1).queries()).toContain('exit.test');
    expect(lab.resolver.queries()).not.toContain('exit.test');
  });

  test('a gateway that is cut off is silent, and comes back', async () => {
    await lab.gateway(1).cut();
    expect(await ask('http://203.0.113.80/')).toBe('');
    await lab.gateway(1).restore();
    expect(await ask('http://203.0.113.80/')).toBe(`you came from ${lab.gateway(1).v4}`);
  });

  test('without a tunnel the host comes from its own address', async () => {
    expect(await sh('busybox', 'wget', '-qO-', 'http://203.0.113.80/')).toBe('you came from 203.0.113.1');
  });
});

describe('the engine', () => {
  test('is private: no container, and only its default networks', async () => {
    expect(await docker('ps', '-aq')).toBe('');
    expect(await docker('network', 'ls', '-q', '--filter', 'type=custom')).toBe('');
    expect(await docker('info', '-f', '{{.DockerRootDir}}')).toBe('/var/lib/docker');
  });

  test('runs a container on its default bridge, which leaves by the host', async () => {
    expect(await docker('run', '--rm', 'bb:latest', 'timeout', '4', 'wget', '-qO-', 'http://203.0.113.80/')).toBe(
      'you came from 203.0.113.1',
    );
  });
});
