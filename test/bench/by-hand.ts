import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, until } from '../../lab/daemon.ts';
import { addNamespace, ipBatch, removeNamespace, runInside } from '../../lab/namespace.ts';
import { LOGIN } from '../../lab/openvpn-server.ts';
import { findProcesses } from '../../src/sidecar/host/process.ts';
import { docker, pidOf } from '../support/docker.ts';
import { sh } from '../support/shell.ts';
import type { Bench } from './ways.ts';
import { BRIDGE, GATEWAY } from './ways.ts';

/** A namespace whose only way out is a tunnel that somebody has set up with the tool's own means: no rules of ours, no daemon. */
export interface ByHand {
  readonly namespace: string;
  /** Of the tool. */
  readonly pid: number;
  end(): Promise<void>;
}

/**
 * Where the tool runs: in the namespace, which has a wire to the host, as gluetun and most recipes have it; or on the host, with
 * its device moved inside, as the sidecar has it: into a namespace where nothing else is, or into that of a container on
 * Docker's user-defined bridge, where Docker has its rules for names, and with them connection tracking.
 */
export type Place = (typeof PLACES)[number];
export const PLACES = ['inside', 'on the host', 'on the host, for a container'] as const;

const FOLDER = mkdtempSync(join(tmpdir(), 'by-hand-'));
const SERVER = '203.0.113.11';
/**
 * Begins a session of its own, as with a service manager or a shell: Linux shares the cores between sessions (sched(7),
 * autogroup), and beside its servers in one session the tool is switched to a third less often than the sidecar's.
 */
const ALONE = 'setsid';
let count = 0;

function writeSecret(name: string, text: string): string {
  const file = join(FOLDER, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** An address of a documentation range for each end, and the host in between. */
async function layWire(namespace: string, number: number): Promise<void> {
  const [host, inside] = [`198.51.100.${number * 4 + 1}`, `198.51.100.${number * 4 + 2}`];
  const link = `hand${number}`;
  await sh('ip', 'link', 'add', 'name', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  await ipBatch(undefined, [`address add ${host}/30 dev ${link}`, `link set dev ${link} up`]);
  await ipBatch(namespace, [
    `address add ${inside}/30 dev eth0`,
    'link set dev eth0 up',
    `route add default via ${host} dev eth0`,
  ]);
  await sh('iptables', '-I', 'FORWARD', '-i', link, '-j', 'ACCEPT');
  await sh('iptables', '-I', 'FORWARD', '-o', link, '-j', 'ACCEPT');
  await sh('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', `${inside}/32`, '-j', 'MASQUERADE');
}

/** It ends with its namespace. */
async function addContainer(name: string): Promise<void> {
  await docker('run', '--rm', '-d', '--name', name, '--network', BRIDGE, 'bb:latest');
  await sh('ip', 'netns', 'attach', name, String(await pidOf(name)));
}

async function makePlace(bench: Bench, place: Place): Promise<{ namespace: string; device: string }> {
  const number = ++count;
  const namespace = `${bench.lab.names.prefix}-hand${number}`;
  if (place === 'on the host, for a container') await addContainer(namespace);
  else await addNamespace(namespace);
  if (place === 'inside') await layWire(namespace, number);
  return { namespace, device: `htun${number}` };
}

const handle = (namespace: string, argument: string): ByHand => {
  const [found] = findProcesses((argv) => argv.includes(argument) && !/nsenter$/.test(argv[0] ?? ''));
  if (!found) throw new Error(`no process has ${argument}`);
  return {
    namespace: `/run/netns/${namespace}`,
    pid: found.id,
    end: async () => {
      process.kill(found.id, 'SIGTERM');
      await removeNamespace(namespace);
    },
  };
};

export async function wireGuardByHand(bench: Bench, place: Place, mtu: number): Promise<ByHand> {
  const { namespace, device } = await makePlace(bench, place);
  const { text } = await bench.lab.gateway(GATEWAY).addClient();
  const address = /^Address = ([^,\n]+)/m.exec(text)?.[1] ?? '';
  const config = writeSecret(device, text.replace(/^(Address|DNS|MTU) = .*\n/gm, ''));
  const argv = [ALONE, 'wireguard-go', device];
  await (place === 'inside' ? runInside(namespace, argv) : sh(...(argv as [string, string])));
  await until(device, async () => (await sh('wg', 'show', 'interfaces')).includes(device));
  await sh('wg', 'setconf', device, config); // by its socket, wherever the device is
  if (place === 'inside') {
    const wire = /via (\S+)/.exec(await runInside(namespace, ['ip', 'route', 'show', 'default']))?.[1];
    await ipBatch(namespace, [`route add ${SERVER} via ${wire} dev eth0`]);
  } else await sh('ip', 'link', 'set', 'dev', device, 'netns', namespace);
  await ipBatch(namespace, [
    `address add ${address} dev ${device}`,
    `link set dev ${device} mtu ${mtu} up`,
    `route replace default dev ${device}`,
  ]);
  return handle(namespace, device);
}

export async function openVpnByHand(bench: Bench, place: Place, mtu: number): Promise<ByHand> {
  const { namespace, device } = await makePlace(bench, place);
  const config = writeSecret(`${device}.ovpn`, await bench.openVpn.udp.clientConfig());
  const login = writeSecret(`${device}.login`, `${LOGIN.username}\n${LOGIN.password}\n`);
  const log = join(FOLDER, `${device}.log`);
  const argv = [ALONE, 'openvpn', '--config', config, '--dev', device, '--dev-type', 'tun', '--auth-user-pass', login];
  if (place === 'inside') startDaemon(namespace, argv, log);
  else startDaemon(await hostNamespace(), [...argv, '--ifconfig-noexec', '--route-noexec'], log);
  await until(device, () => readFileSync(log, 'utf8').includes('Initialization Sequence Completed'));
  if (place !== 'inside') {
    const address = /ifconfig (\S+) /.exec(readFileSync(log, 'utf8'))?.[1] ?? '';
    await sh('ip', 'link', 'set', 'dev', device, 'netns', namespace);
    await ipBatch(namespace, [`address add ${address}/24 dev ${device}`, `link set dev ${device} up`]);
    await ipBatch(namespace, [`route replace default dev ${device}`]);
  }
  await ipBatch(namespace, [`link set dev ${device} mtu ${mtu}`]);
  return handle(namespace, device);
}

/** A name under /run/netns for where this process is. */
async function hostNamespace(): Promise<string> {
  const name = 'bench-host';
  await sh('sh', '-c', `[ -e /run/netns/${name} ] || ip netns attach ${name} $$`);
  return name;
}
