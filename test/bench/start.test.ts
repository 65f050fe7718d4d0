import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import { docker } from '../support/docker.ts';
import { Report } from './report.ts';
import {
  DEFAULT_BRIDGE,
  interleaved,
  NO_NETWORK,
  NO_TUNNEL_WANTED,
  OPENVPN_LATE,
  OPENVPN_TCP,
  OPENVPN_UDP,
  PLAIN,
  SITE,
  useBench,
  WIREGUARD,
  WIREGUARD_LATE,
} from './ways.ts';

const bench = useBench();
const report = new Report('starting');
const TUNNELS = [WIREGUARD, WIREGUARD_LATE, OPENVPN_UDP, OPENVPN_LATE, OPENVPN_TCP];
const WAYS = [PLAIN, DEFAULT_BRIDGE, NO_TUNNEL_WANTED, ...TUNNELS];
/** To be compared with the fair one, Docker's user-defined bridge, run by run. */
const shares = (results: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(results).map(([way, values]) => [
      way,
      values.map((value, run) => value / (results[PLAIN]?.[run] ?? Number.NaN)),
    ]),
  );

/** What a tunnel costs besides the network that it is on, run by run. */
const added = (results: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(
    TUNNELS.map((way) => [
      way,
      (results[way] ?? []).map((value, run) => value - (results[NO_TUNNEL_WANTED]?.[run] ?? Number.NaN)),
    ]),
  );

const uptime = async (): Promise<number> => Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);

/** Its first instruction asks the site until it answers, and says when that was; /proc/uptime is the host's. */
const FIRST_BYTE = `until timeout 1 wget -q -O /dev/null ${SITE}; do :; done; cat /proc/uptime`;

const runToItsEnd = (network: string, name: string, ...command: string[]): Promise<string> =>
  docker('run', '--rm', '--name', name, '--network', network, 'bb:latest', ...command);

test('docker run to the first byte from a server', async () => {
  const results = await interleaved(WAYS, async (way, name) => {
    const network = await bench.prepare(way, name);
    const began = await uptime();
    const printed = await runToItsEnd(network, name, 'sh', '-c', FIRST_BYTE);
    return (Number(printed.split(' ')[0]) - began) * 1000;
  });
  report.add('`docker run` to the first byte from a server', 'ms', results);
  report.add('the same, to that of Docker’s user-defined bridge', '×', shares(results));
  report.add('the same, after ours without a tunnel: what the tunnel itself adds', 'ms', added(results));
});

test('docker run --rm to the end of true', async () => {
  const results = await interleaved([...WAYS, NO_NETWORK], async (way, name) => {
    const network = await bench.prepare(way, name);
    const began = performance.now();
    await runToItsEnd(network, name, 'true');
    return performance.now() - began;
  });
  report.add('`docker run --rm` to the end of `true`', 'ms', results);
  report.add('the same, to that of Docker’s user-defined bridge', '×', shares(results));
});
