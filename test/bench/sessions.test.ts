import { readFile } from 'node:fs/promises';
import { beforeAll, test } from 'vitest';
import { LOGIN, type OpenVpnServer, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { control, putLaunchScript, session, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { DRIVER, launchScript, NETWORK, unique } from '../support/session.ts';
import { attempt } from '../support/shell.ts';
import { sleep } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';
import { Report } from './report.ts';

const world = useWorld();
const report = new Report();
const BRIDGE = 'user-defined';
const SITE = 'http://203.0.113.80/';
const RUNS = Number(process.env.KASM_SIDECAR_BENCH_RUNS ?? 8);
const BYTES = 150_000_000;

const servers: Partial<Record<'udp' | 'tcp', OpenVpnServer>> = {};
beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
  await docker('network', 'create', BRIDGE);
  servers.udp = await startOpenVpnServer(world.lab.names, 1, { port: 1401 });
  servers.tcp = await startOpenVpnServer(world.lab.names, 1, { port: 1402, protocol: 'tcp' });
});

const openVpnScript = async (protocol: 'udp' | 'tcp') => ({
  version: 1,
  egress: { type: 'openvpn', config: await servers[protocol]?.clientConfig(), credential: LOGIN },
});

/** How a container leaves, by the table's name for it; gives the network after its launch script was sent. */
const WAYS: Readonly<Record<string, (name: string) => Promise<string>>> = {
  'Docker’s user-defined bridge': async () => BRIDGE,
  'WireGuard (user space)': async (name) => {
    await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
    return NETWORK;
  },
  'OpenVPN, UDP': async (name) => {
    await putLaunchScript(name, await openVpnScript('udp'));
    return NETWORK;
  },
  'OpenVPN, TCP': async (name) => {
    await putLaunchScript(name, await openVpnScript('tcp'));
    return NETWORK;
  },
};

const uptime = async (): Promise<number> => Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);

/** Interleaved, so that a busy moment of the machine hits all ways alike. */
async function interleaved(measure: (way: string, name: string) => Promise<number>, runs = RUNS) {
  const results: Record<string, number[]> = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
  for (let run = 0; run < runs; run++) {
    for (const way of Object.keys(WAYS)) results[way]?.push(await measure(way, unique('bench')));
  }
  return results;
}

/** Its first instruction asks the site until it answers, and says when that was; /proc/uptime is the host's. */
const FIRST_BYTE = `until timeout 1 wget -q -O /dev/null ${SITE}; do :; done; cat /proc/uptime`;

test('docker run to the first byte from a server', async () => {
  const results = await interleaved(async (way, name) => {
    const network = (await WAYS[way]?.(name)) ?? '';
    const began = await uptime();
    const printed = await docker(
      'run',
      '--rm',
      '--name',
      name,
      '--network',
      network,
      'bb:latest',
      'sh',
      '-c',
      FIRST_BYTE,
    );
    return (Number(printed.split(' ')[0]) - began) * 1000;
  });
  report.add('`docker run` to the first byte from a server', 'ms', results);
});

test('docker run --rm to the end of true', async () => {
  const results = await interleaved(async (way, name) => {
    const network = (await WAYS[way]?.(name)) ?? '';
    const began = performance.now();
    await docker('run', '--rm', '--name', name, '--network', network, 'bb:latest', 'true');
    return performance.now() - began;
  });
  report.add('`docker run --rm` to the end of `true`', 'ms', results);
});

const residentOf = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test('download, one stream; memory of the tunnel', async () => {
  const memory: Record<string, number[]> = {};
  const rates = await interleaved(async (way, name) => {
    const network = (await WAYS[way]?.(name)) ?? '';
    await docker('run', '-d', '--name', name, '--network', network, 'bb:latest');
    if (network === NETWORK) await waitForState(name, 'connected');
    await attempt(['docker', 'exec', name, 'wget', '-q', '-O', '/dev/null', `${SITE}bytes/10000000`]);
    const began = performance.now();
    await docker('exec', name, 'wget', '-q', '-O', '/dev/null', `${SITE}bytes/${BYTES}`);
    const seconds = (performance.now() - began) / 1000;
    const pid = network === NETWORK ? (await session(name)).body.tunnel?.process_id : undefined;
    if (pid !== undefined) memory[way] = [...(memory[way] ?? []), await residentOf(pid)];
    await docker('rm', '-f', name);
    return (BYTES * 8) / seconds / 1e6;
  }, 3);
  report.add('download, one stream', 'Mbit/s', rates);
  report.add('memory of the tunnel’s process after that', 'MiB', memory);
});

/** Clock ticks that a process and its ended children have used; proc(5): fields 14 to 17. */
async function ticksOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

const IDLE_SECONDS = 30;
const TICKS_PER_SECOND = 100;

async function idleCpu(): Promise<number> {
  const before = await ticksOf(world.sidecar.pid);
  await sleep(IDLE_SECONDS * 1000);
  return ((await ticksOf(world.sidecar.pid)) - before) / TICKS_PER_SECOND / IDLE_SECONDS;
}

test('the daemon at rest', async () => {
  const count = Number(process.env.KASM_SIDECAR_BENCH_SESSIONS ?? 20);
  const cpu: Record<string, number[]> = { 'no session': [(await idleCpu()) * 100] };
  const memory: Record<string, number[]> = { 'no session': [await residentOf(world.sidecar.pid)] };
  for (const way of ['WireGuard (user space)', 'OpenVPN, UDP']) {
    const names = Array.from({ length: count }, () => unique('idle'));
    await Promise.all(
      names.map(async (name) => {
        const network = (await WAYS[way]?.(name)) ?? '';
        await docker('run', '-d', '--name', name, '--network', network, 'bb:latest');
        await waitForState(name, 'connected', 60_000);
      }),
    );
    await sleep(15_000);
    cpu[`${count} sessions, ${way}`] = [(await idleCpu()) * 100];
    memory[`${count} sessions, ${way}`] = [await residentOf(world.sidecar.pid)];
    await docker('rm', '-f', ...names);
    for (const name of names) await control('DELETE', `/v1/launch-scripts/${name}`);
  }
  report.add('CPU of the daemon at rest, with its children', '% of a core', cpu);
  report.add('memory of the daemon', 'MiB', memory);
});
