import { beforeAll, describe, expect, test } from 'vitest';
import { HOST } from '../../lab/addresses.ts';
import { LOGIN, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { asAttacker, PYTHON } from '../leak/attacker.ts';
import { nameOf } from '../leak/attempts/name.ts';
import { tcpTo, udpTo } from '../leak/attempts/socket.ts';
import { makeTrail, type Trail } from '../leak/marks.ts';
import { describeSighting, type Sighting } from '../leak/observer.ts';
import { dockerDefault } from '../leak/posture.ts';
import { settle } from '../leak/volley.ts';
import { useLeakWorld } from '../leak/world.ts';
import { control, putLaunchScript, waitForState } from '../support/control.ts';
import { addressOn, docker } from '../support/docker.ts';
import { BREAKS } from '../support/firewalls.ts';
import { exitAddress, launchScript, NO_TUNNEL, runContainer } from '../support/session.ts';

/**
 * What others do to the host's firewall while sessions run and one of them floods every way out: each kind of session, and the
 * way to the proxy, work again within 30 s, and nothing leaves meanwhile.
 */
const world = useLeakWorld();
const REPAIR_SECONDS = 30;
const WIREGUARD = 'firewall-wireguard';
const OPENVPN = 'firewall-openvpn';
const DIRECT = 'firewall-direct';
const [GATEWAY, SITE, SITE6] = ['203.0.113.11', '203.0.113.80', '2001:db8:113::80'];
const ALWAYS = ['--restart', 'always'];
const BY_WIRE = { device: 'auto', bind: true };

let trail: Trail;

beforeAll(async () => {
  const { lab, observer, sessions } = world;
  const network = sessions.name;
  trail = makeTrail(observer, [
    (mark) => udpTo(SITE, 1337, mark, BY_WIRE),
    (mark) => udpTo(SITE6, 1337, mark, BY_WIRE),
    (mark) => tcpTo(SITE, 443, mark, BY_WIRE),
    (mark) => ({ op: 'resolve', name: nameOf(mark) }),
  ]);
  const flood = [...PYTHON, 'flood', JSON.stringify({ attempts: trail.attempts, seconds: 3_600 })];
  const client = await lab.gateway(1).addClient({ ipv6: true });
  const config = await (await startOpenVpnServer(lab.names, 1)).clientConfig();
  await putLaunchScript(WIREGUARD, launchScript(client));
  await putLaunchScript(OPENVPN, { version: 1, egress: { type: 'openvpn', config, credential: LOGIN } });
  await putLaunchScript(DIRECT, NO_TUNNEL);
  await runContainer(WIREGUARD, { ...asAttacker(dockerDefault, sessions, { run: ALWAYS }), command: flood });
  for (const name of [OPENVPN, DIRECT]) await runContainer(name, { network, run: ALWAYS });
  for (const name of [WIREGUARD, OPENVPN, DIRECT]) await waitForState(name, 'connected');
  await docker('update', '--restart', 'always', 'leak-proxy');
}, 120_000);

/** Each way that must be open, by where it leads. */
async function ways(): Promise<Record<string, string>> {
  const serve = 'pidof httpd || (echo proxy >/var/www/index.html; httpd -p 443 -h /var/www)';
  await docker('exec', 'leak-proxy', 'sh', '-c', serve);
  const proxy = await addressOn(world.sessions.name, 'leak-proxy'); // another one after the engine's restart
  directAddresses.add(await addressOn(world.sessions.name, DIRECT));
  const [wireguard, openvpn, direct, toProxy] = await Promise.all([
    exitAddress(WIREGUARD, { seconds: 2 }),
    exitAddress(OPENVPN, { seconds: 2 }),
    exitAddress(DIRECT, { seconds: 2 }),
    exitAddress(OPENVPN, { seconds: 2, page: `http://${proxy}:443/` }),
  ]);
  const { status } = await control('GET', '/v1/health');
  return { wireguard, openvpn, direct, toProxy, rules: status === 200 ? 'stand' : 'are gone' };
}

const ALL_OPEN = { wireguard: GATEWAY, openvpn: GATEWAY, direct: HOST.v4, toProxy: 'proxy', rules: 'stand' };

/** A frame that comes out of a container is on its own wire; all else is on its way to somebody. */
const isOut = (sighting: Sighting): boolean =>
  sighting.outgoing || world.observer.isWan(sighting) || /^(lo$|br|docker)/.test(sighting.linkName);

const flooded = (): string[] =>
  trail.marks.flatMap((mark) => world.observer.sightings(mark).filter(isOut).map(describeSighting));

/** What the session without a tunnel asks of the site; while the host's rules are gone its own address is not hidden. */
const isDirect = (line: string): boolean =>
  [HOST.v4, ...directAddresses].some((address) => line.startsWith(`${address}:`)) && line.includes(` > ${SITE}:80 `);
const directAddresses = new Set<string>();

async function secondsUntilOpen(): Promise<number> {
  const began = performance.now();
  await expect.poll(ways, { timeout: 60_000, interval: 200 }).toEqual(ALL_OPEN);
  return (performance.now() - began) / 1000;
}

test('positive control: before anything happens every way is open', secondsUntilOpen);

describe.each(BREAKS)('$name', ({ name, impossible, prepare, happen, undo }) => {
  test('sessions work again within 30 s, and nothing leaves meanwhile', { timeout: 180_000 }, async ({ skip }) => {
    const reason = await impossible?.();
    if (reason !== undefined) skip(reason);
    await world.observer.catchUp();
    const before = world.observer.strangerCount;
    try {
      await prepare?.(world.sessions.bridge.name);
      await happen();
      const seconds = await secondsUntilOpen();
      console.log(`${name}: all works after ${seconds.toFixed(1)} s`);
      expect(seconds).toBeLessThan(REPAIR_SECONDS);
      await settle(world.observer);
      expect(flooded()).toEqual([]);
      expect(world.observer.strangersSince(before).filter((line) => !isDirect(line))).toEqual([]);
    } finally {
      await undo?.();
      await secondsUntilOpen();
    }
  });
});
