import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { TUNNEL_PREFIX } from '../../src/shared/names.ts';
import { docker, inContainer, inNamespace } from '../support/docker.ts';
import { exitAddress } from '../support/session.ts';
import { attempt, sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { type Attacker, carryOut, startAttacker, startTunnelled } from './attacker.ts';
import { hex } from './attempts/payload.ts';
import { udpTo } from './attempts/socket.ts';
import {
  address6,
  arp,
  BROADCAST,
  ETHERTYPE,
  ethernet,
  icmp6,
  ipv4,
  ipv6,
  PROTOCOL,
  TCP_FLAGS,
  tcp,
} from './bytes/build.ts';
import type { Attempt, Mark } from './case.ts';
import { makeTrail } from './marks.ts';
import { createPlainNetwork, type Network } from './network.ts';
import { describeSighting } from './observer.ts';
import { dockerDefault, tornDown } from './posture.ts';
import { settle } from './volley.ts';
import { useLeakWorld } from './world.ts';

/** Attacks that come from the session's own network, as from a hostile LAN: the host's bridge stands for who sends. */
const world = useLeakWorld();
const PROBE = fileURLToPath(new URL('attacker/probe.py', import.meta.url));

let session: Attacker;
let control: Attacker;
let plain: Network;
/** Inside the tunnel: nobody outside may learn that it is here. */
let inner = '';
/** The control's: on its loopback, which Linux answers for on every interface by default. */
const CONTROL_INNER = '10.64.77.7';

beforeAll(async () => {
  session = await startTunnelled(world.lab, 'outside-session', dockerDefault, world.sessions);
  inner =
    /inet ([\d.]+)/.exec(await inNamespace(session.container, 'ip', '-4', 'address', 'show', 'dev', 'wg'))?.[1] ?? '';
  plain = await createPlainNetwork();
  control = await startAttacker('outside-control', tornDown, plain);
  await inNamespace(control.container, 'ip', 'address', 'add', `${CONTROL_INNER}/32`, 'dev', 'lo');
});

/** Sends frames out of the bridge, with all of the host's rights. */
async function sendFromBridge({ network }: Attacker, attempts: readonly Attempt[]): Promise<void> {
  const order = {
    acts: [],
    attempts: attempts.map((one, index) => ({ ...one, device: network.bridge.name, tag: `${index}` })),
  };
  await execa('/usr/bin/python3', ['-IS', PROBE, 'once'], { input: JSON.stringify(order) });
  await settle(world.observer);
}

const frame = (bytes: Buffer): Attempt => ({ op: 'frame', bytes: hex(bytes) });

/** Whatever came out of the container bearing the mark, also what the guard then dropped. */
const answers = (attacker: Attacker, mark: Mark): string[] =>
  world.observer
    .sightings(mark)
    .filter(({ link, outgoing }) => attacker.ownLinks.includes(link) && !outgoing)
    .map(describeSighting);

describe('the inner address is not disclosed (CVE-2019-14899, MLLVD-CR-24-03)', () => {
  /** Who asks has an address that only this mark has, so an answer to it is known by it. */
  async function askByArp(attacker: Attacker, wanted: string): Promise<string[]> {
    const mark = world.observer.newMark();
    const asker = attacker.at.nobody4(mark);
    world.observer.knowByAddress(asker, mark);
    const from = { mac: attacker.at.gatewayMac, ip: asker };
    const question = arp({ operation: 1, from, to: { mac: BROADCAST, ip: wanted } }, Buffer.alloc(18));
    await sendFromBridge(attacker, [frame(ethernet(BROADCAST, attacker.at.gatewayMac, ETHERTYPE.arp, question))]);
    return answers(attacker, mark);
  }

  async function probeByTcp(attacker: Attacker, wanted: string, flags: number): Promise<string[]> {
    const mark = world.observer.newMark();
    const { gatewayMac, gateway4, mac } = attacker.at;
    const segment = tcp(gateway4, wanted, { from: mark.port, to: 40_000 }, flags, Buffer.alloc(0));
    const packet = ipv4({ from: gateway4, to: wanted, protocol: PROTOCOL.tcp }, segment);
    await sendFromBridge(attacker, [frame(ethernet(mac, gatewayMac, ETHERTYPE.ipv4, packet))]);
    return answers(attacker, mark);
  }

  test('by ARP', async () => {
    expect(await askByArp(control, CONTROL_INNER)).not.toEqual([]);
    expect(await askByArp(session, inner)).toEqual([]);
  });

  test.each([
    ['SYN', TCP_FLAGS.syn],
    ['SYN and ACK', TCP_FLAGS.synAck],
    ['ACK with data', TCP_FLAGS.pushAck],
  ])('by TCP: %s', async (_, flags) => {
    expect(await probeByTcp(control, CONTROL_INNER, flags)).not.toEqual([]);
    expect(await probeByTcp(session, inner, flags)).toEqual([]);
  });
});

test('router advertisements give a session no address, no route and no resolver (TunnelVision, IPv6)', async () => {
  const advertise = ({ at }: Attacker): Attempt => {
    const router = 'fe80::bad:1';
    const prefix = Buffer.concat([
      Buffer.from('030440c0', 'hex'),
      Buffer.from('00000e1000000e1000000000', 'hex'),
      address6('2001:db8:bad::'),
    ]);
    const body = Buffer.concat([Buffer.from('4000070800000000', 'hex'), Buffer.alloc(4), prefix]);
    const message = icmp6(router, 'ff02::1', 134, body);
    return frame(
      ethernet(
        '33:33:00:00:00:01',
        at.gatewayMac,
        ETHERTYPE.ipv6,
        ipv6(router, 'ff02::1', PROTOCOL.icmp6, message, 255),
      ),
    );
  };
  const learnt = async ({ container }: Attacker): Promise<string> =>
    `${await inNamespace(container, 'ip', '-6', 'route', 'show', 'table', 'all')}\n${await inNamespace(container, 'ip', '-6', 'address')}`;
  await sendFromBridge(control, [advertise(control)]);
  await sendFromBridge(session, [advertise(session)]);
  await waitFor('the control to believe it', async () => (await learnt(control)).includes('2001:db8:bad'));
  expect(await learnt(session)).not.toMatch(/2001:db8:bad|fe80::bad/);
});

test('a DHCP server on the network with option 121 gives a session no lease (TunnelVision, CVE-2024-3661)', async () => {
  const serve = async ({ network: { bridge, prefix4, gateway4 } }: Attacker): Promise<string> => {
    const pidFile = `/run/leak-dhcp-${bridge.name}.pid`;
    await sh(
      'dnsmasq',
      '--conf-file=/dev/null',
      '--port=0',
      '--user=root',
      `--pid-file=${pidFile}`,
      `--interface=${bridge.name}`,
      '--bind-interfaces',
      '--leasefile-ro',
      '--no-ping',
      '--dhcp-authoritative',
      `--dhcp-range=${prefix4}200.1,${prefix4}200.99,255.255.0.0,120`,
      `--dhcp-option=121,203.0.113.80/32,${gateway4}`,
    );
    return pidFile;
  };
  const ask = async ({ container, at }: Attacker): Promise<string> => {
    const { stdout, stderr } = await inContainer(
      container,
      10,
      'udhcpc',
      '-n',
      '-q',
      '-t',
      '2',
      '-T',
      '1',
      '-s',
      '/bin/true',
      '-i',
      at.device,
    );
    return stdout + stderr;
  };
  const pidFiles = [await serve(control), await serve(session)];
  try {
    expect(await ask(control)).toContain('obtained');
    expect(await ask(session)).not.toContain('obtained');
  } finally {
    for (const file of pidFiles) await attempt(['sh', '-c', `kill $(cat ${file})`]);
  }
});

test('one session can’t take over another’s tunnel by the server’s port (port shadow, CVE-2021-3773)', async () => {
  const victim = await startTunnelled(world.lab, 'outside-victim', dockerDefault, world.sessions);
  // The lab's own servers are listed as well.
  const tunnels = async (what: string): Promise<string[]> =>
    (await sh('wg', 'show', 'all', what)).split('\n').filter((line) => line.startsWith(TUNNEL_PREFIX));
  const endpoints = () => tunnels('endpoints');
  const ports = (await tunnels('listen-port')).map((line) => Number(line.split(/\s+/)[1]));
  const before = await endpoints();
  const trail = makeTrail(
    world.observer,
    ports.map((port) => (mark: Mark) => udpTo('203.0.113.1', port, mark, { from: { port: 51_820 } })),
  );
  await carryOut(session, { acts: [], attempts: trail.attempts });
  await settle(world.observer);
  const arrived = trail.marks.flatMap((mark) => world.observer.sightings(mark).filter(world.observer.isWan));
  expect(arrived.map(describeSighting), 'the control: they arrive at the host, from the server').not.toEqual([]);
  expect(await endpoints()).toEqual(before);
  expect(await exitAddress(victim.container)).toBe('203.0.113.11');
  await docker('rm', '-f', victim.container);
});
