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
/** No part of a run. */
const GLUETUN =
  'Measured once and apart: the first byte of gluetun (commit b1193252, WireGuard in user space, in the namespace of one container) came ' +
  'after 781 ms, the median of 10 runs (702–973), that of the raw tool beside it after 22 ms.';

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

/** Its first instruction asks the site for this page until it answers. */
const askFor = (page: string): string => `until timeout 1 wget -q -O /dev/null ${SITE}${page}; do :; done`;

/** When the site was first asked for a page since then, by the clock that both have: it is a process of this machine. */
function firstAsked(page: string, since: number): number {
  const asked = bench.lab.site.visits().filter(({ what }) => what === `/${page}`);
  return asked.map(({ time }) => Date.parse(time)).find((time) => time >= since) ?? Number.NaN;
}

const runToItsEnd = (network: string, name: string, ...command: string[]): Promise<string> =>
  docker('run', '--rm', '--name', name, '--network', network, 'bb:latest', ...command);

test('docker run to the first byte', async () => {
  const results = await interleaved(WAYS, async (way, name) => {
    const network = await bench.prepare(way, name);
    const began = Date.now();
    await runToItsEnd(network, name, 'sh', '-c', askFor(name));
    return firstAsked(name, began) - began;
  });
  report.add('`docker run` to the first byte: a server has the request', 'ms', results);
  report.add('the same, to that of Docker’s user-defined bridge', '×', shares(results));
  report.add('the same, after ours without a tunnel: what the tunnel itself adds', 'ms', added(results));
  report.note(GLUETUN);
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
