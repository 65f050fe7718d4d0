import { describe, expect, test } from 'vitest';
import { diagnose, matches } from '../../../src/doctor/checks/all.ts';
import { verdictOf } from '../../../src/doctor/finding.ts';
import type {
  ContainerView,
  HostView,
  NetworkView,
  Observation,
  SidecarView,
} from '../../../src/doctor/observation.ts';
import type { EngineReport, PluginReport } from '../../../src/sidecar/docker/engine-report.ts';
import { aSession } from '../control/doubles.ts';
import { aGuard, aNetwork, healthy, insideOf, theProxy, theSession } from './healthy.ts';

const problem = { problem: 'it hurts' };

/** `status id: what was seen` of all that is neither ok nor skipped. */
function complaints(seen: Observation): string[] {
  const ill = diagnose(seen).filter(({ status }) => status === 'failure' || status === 'warning');
  for (const { id, fix } of ill) expect(fix, id).toBeTruthy();
  return ill.map(({ status, id, seen: text }) => `${status} ${id}: ${text}`);
}

const withHost = (host: Partial<HostView>): Observation => ({ ...healthy, host: { ...healthy.host, ...host } });
const withSidecar = (sidecar: Partial<SidecarView>): Observation => ({
  ...healthy,
  sidecar: { ...healthy.sidecar, ...sidecar },
});
const withEngine = (engine: Partial<EngineReport>): Observation => ({
  ...healthy,
  engine: { value: { ...healthy.engine.value, ...engine } },
});
const withNetwork = (network: Partial<NetworkView>): Observation => ({
  ...healthy,
  networks: [{ ...aNetwork, ...network }],
});
const withSession = (session: Partial<ContainerView>): Observation => ({
  ...healthy,
  containers: [{ ...theSession, ...session }],
});
const withInside = (inside: Partial<typeof insideOf>): Observation =>
  withSession({ inside: { value: { ...insideOf, ...inside } } });

const plugin: PluginReport = {
  id: 'b91231c4ca64',
  name: 'kasmweb/sidecar:1.1',
  enabled: true,
  reference: 'registry.example/sidecar:1',
  entrypoint: ['/usr/bin/node', '/usr/lib/kasm-sidecar/plugin.js'],
};

test('of a healthy host there is nothing to say', () => {
  expect(diagnose(healthy).filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(verdictOf(diagnose(healthy))).toBe('ok');
});

test('each question of the documents has its check', () => {
  const questions = new Set(diagnose(healthy).map(({ question }) => question));
  expect([1, 2, 3, 4, 5, 6, 7, 8].filter((question) => !questions.has(question))).toEqual([]);
});

test.each<[string, Observation]>([
  ['failure privileges: does not run as root', { ...healthy, isRoot: false }],
  ['failure engine: it does not answer: it hurts', { ...healthy, engine: problem }],
  ['failure engine: version 19.03.15, older than 20.10', withEngine({ version: '19.03.15' })],
  ['failure engine: version 29.0.0: it dies', withEngine({ version: '29.0.0' })],
  ['failure engine: version 29.0.2: it dies', withEngine({ version: '29.0.2' })],
  [
    'failure plugin: kasmweb/sidecar:1.1 (registry.example/sidecar:1) is installed but disabled',
    withSidecar({ plugin: { ...plugin, enabled: false }, driverAnswer: problem }),
  ],
  ['warning plugin: kasmweb/sidecar:1.1', withSidecar({ plugin: { ...plugin, enabled: false } })],
  ['failure plugin: no managed plugin is installed', withSidecar({ driverAnswer: problem })],
  ['failure kernel: 6.1.0; nft can’t list tables: it hurts', withHost({ nft: problem })],
  ['failure tun: it is not there; OpenVPN can’t work', withHost({ tun: 'absent' })],
  ['failure tun: it can’t be opened', withHost({ tun: 'dead' })],
  ['failure wireguard: neither in this kernel nor beside it', withHost({ wireguardModule: false })],
  ['failure tools: missing: nft', withHost({ tools: [{ name: 'nft', version: undefined }] })],
  ['warning tools: missing: /opt/openvpn', withHost({ tools: [{ name: '/opt/openvpn', version: undefined }] })],
  ['failure namespaces: there is no /run/docker', withHost({ namespacesShared: undefined })],
  ['warning iptables: the host has no iptables', withHost({ iptables: problem })],
  ['warning iptables: iptables v1.8.9 (legacy)', withHost({ iptables: { value: 'iptables v1.8.9 (legacy)' } })],
  ['warning iptables: iptables v1.8.9 (nf_tables), but', withHost({ legacyRules: [':FORWARD DROP [0:0]'] })],
  ['warning forwarding: net.ipv4.ip_forward is 0', withHost({ ipForward: '0' })],
  ['failure driver-socket: it hurts; each of Docker’s calls', withSidecar({ driverAnswer: problem })],
  ['failure driver-socket: /run', withSidecar({ driverAnswer: { value: 'hello' } })],
  ['failure control-endpoint: it hurts', withSidecar({ version: problem })],
  ['warning control-endpoint: version 0.0.9, process 4711; this', withSidecar({ version: { value: '0.0.9' } })],
  [
    'failure health: engine: asleep',
    withSidecar({ health: { value: [{ name: 'engine', ok: false, message: 'asleep' }] } }),
  ],
  ['failure capabilities: it lacks CAP_SYS_PTRACE', withSidecar({ capabilities: 0x1ffffffffffn & ~(1n << 19n) })],
  ['failure network: there is none', { ...withEngine({ networks: [] }), networks: [] }],
  [
    'failure network: kasm_sidecar_network has driver bridge, not kasm-sidecar',
    { ...withEngine({ networks: [{ ...aNetwork, driver: 'bridge' }] }), networks: [] },
  ],
  ['failure bridge: br_kasm_sidecar of kasm_sidecar_network is missing', withNetwork({ bridgeIsUp: undefined })],
  ['failure bridge: br_kasm_sidecar of kasm_sidecar_network is down', withNetwork({ bridgeIsUp: false })],
  ['failure host-rules: missing: nft table inet kasm_sidecar', withNetwork({ table: problem })],
  ['failure host-rules: missing: the drop from br_x in chain input', withNetwork({ bridge: 'br_x' })],
  [
    'failure host-rules: missing: the jump from iptables FORWARD to KASM-SIDECAR, so no session reaches its proxy',
    withNetwork({ forward4: { value: '-P FORWARD DROP\n' } }),
  ],
  [
    'failure host-rules: missing: br_kasm_sidecar in ip6tables KASM-SIDECAR',
    withNetwork({ forward6: { value: '-A FORWARD -j KASM-SIDECAR' } }),
  ],
  ['warning proxy: there is no container kasm_proxy', withEngine({ containers: [] })],
  [
    'failure proxy: kasm_proxy is not on kasm_sidecar_network',
    withEngine({ containers: [{ id: 'p', name: 'kasm_proxy', running: true, endpoints: [] }] }),
  ],
  [
    'failure proxy: kasm_proxy does not run',
    withEngine({ containers: [{ id: 'p', name: 'kasm_proxy', running: false, endpoints: [] }] }),
  ],
  [
    'failure disk: full: /var/log/kasm-sidecar 1 MiB free',
    withHost({ folders: [{ path: '/var/log/kasm-sidecar', freeBytes: 2 ** 20, freeFiles: 1000, isReadOnly: false }] }),
  ],
  ['failure disk: full', withHost({ folders: [{ path: '/x', freeBytes: 2 ** 40, freeFiles: 3, isReadOnly: false }] })],
  [
    'failure disk: read-only',
    withHost({ folders: [{ path: '/x', freeBytes: 2 ** 40, freeFiles: 1000, isReadOnly: true }] }),
  ],
  [
    'warning disk: nearly full',
    withHost({ folders: [{ path: '/x', freeBytes: 2 ** 25, freeFiles: 1000, isReadOnly: false }] }),
  ],
  ['failure log-files: can’t be written: /l', withHost({ logs: [{ path: '/l', state: 'unwritable' }] })],
  ['warning log-files: not there: /l', withHost({ logs: [{ path: '/l', state: 'absent' }] })],
  [
    'failure network-log: errors: 1, warnings: 0 in the last hour; the last at 11:30:00: web-1 | broken',
    withSidecar({ log: { value: ['2026-11-21 11:30:00 | ERROR | web-1 | broken'] } }),
  ],
  [
    'warning network-log: errors: 0, warnings: 1 in the last hour',
    withSidecar({ log: { value: ['2026-11-21 11:30:00 | WARNING | web-1 | odd'] } }),
  ],
  ['failure clock: 1970', { ...healthy, now: 0 }],
  ['warning clock: 2026', withHost({ newestFile: healthy.now + 3_600_000 })],
  ['failure session-state: the sidecar does not know this container', withSession({ session: undefined })],
  [
    'failure session-state: failed to 203.0.113.7:51820: No answer. [HANDSHAKE_TIMEOUT]',
    withSession({
      session: aSession({ state: 'failed', reason: { code: 'HANDSHAKE_TIMEOUT', message: 'No answer.' } }),
    }),
  ],
  ['failure session-state: reconnecting', withSession({ session: aSession({ state: 'reconnecting' }) })],
  ['warning session-state: blocked', withSession({ session: aSession({ state: 'blocked', tunnel: undefined }) })],
  [
    'failure vpn-config: /w has mode 0644, and may hold keys',
    withSession({ config: { path: '/w', mode: { value: 0o644 } } }),
  ],
  ['failure vpn-config: /w: it hurts', withSession({ config: { path: '/w', mode: problem } })],
  ['failure session-interface: none is called k-p-…; there are lo', withInside({ links: insideOf.links.slice(0, 1) })],
  ['failure session-interface: there is no tunnel device', withInside({ links: insideOf.links.slice(0, 2) })],
  [
    'failure session-interface: ksh1, its end on the host, is not on br_kasm_sidecar',
    withSession({
      wires: [
        {
          hostLink: 'ksh1',
          bridge: 'br_kasm_sidecar',
          end: { isUp: true, master: 'docker0' },
          guard: { value: aGuard('ksh1') },
        },
      ],
    }),
  ],
  ['failure session-routes: none uses its interface: default dev eth0', withInside({ routes: ['default dev eth0'] })],
  ['failure session-routes: no rule leads', withInside({ rules: ['0: from all lookup local'] })],
  [
    'failure session-routes: the tunnel’s table 51820 has no route',
    withInside({ tunnelRoutes: ['unreachable default'] }),
  ],
  [
    'failure session-hosts: KASM_API_HOST=proxy has no line',
    withSession({ hosts: { value: '127.0.0.1 localhost\n' } }),
  ],
  ['failure session-hosts: proxy is 1.2.3.4; the proxy is', withSession({ hosts: { value: '1.2.3.4 x proxy\n' } })],
  ['warning session-warnings: No resolver.', withSession({ session: aSession({ warnings: ['No resolver.'] }) })],
])('%s', (expected, seen) => {
  expect(complaints(seen)).toContainEqual(expect.stringContaining(expected));
});

describe('the lock', () => {
  const v4 = insideOf.lock4.value;
  test.each<[string, string]>([
    ['IPv4: the policy of mangle OUTPUT is ACCEPT', v4.replace(':OUTPUT DROP', ':OUTPUT ACCEPT')],
    ['IPv4: the policy of mangle INPUT is not set', ''],
    [
      'IPv4: a rule lets too much by: -A OUTPUT -j ACCEPT',
      v4.replace('-A OUTPUT -o lo', '-A OUTPUT -j ACCEPT\n-A OUTPUT -o lo'),
    ],
    [
      'IPv4: a rule lets too much by: -A OUTPUT -d 0.0.0.0/0 -j ACCEPT',
      v4.replace('-A OUTPUT -o lo', '-A OUTPUT -d 0.0.0.0/0 -j ACCEPT\n-A OUTPUT -o lo'),
    ],
    [
      'IPv4: a rule lets too much by: -A OUTPUT -j HOLE',
      v4.replace('-A OUTPUT -o lo', '-A OUTPUT -j HOLE\n-A OUTPUT -o lo'),
    ],
    ['IPv4: Docker’s resolver', v4.replace('-A OUTPUT -d 127.0.0.11/32 -j DROP\n', '')],
    ['IPv4: filter OUTPUT has no row for wg', v4.replaceAll('-A OUTPUT -o wg -j ACCEPT\n', '')],
    ['IPv4: filter OUTPUT has no row for the proxy, 172.20.0.2', v4.replaceAll(/-A OUTPUT -d 172.20.0.2.*\n/g, '')],
  ])('%s', (expected, text) => {
    expect(complaints(withInside({ lock4: { value: text } }))).toContainEqual(
      expect.stringContaining(`failure session-lock: ${expected}`),
    );
  });

  test('of IPv6 is looked at as well', () => {
    const text = insideOf.lock6.value.replace(':FORWARD DROP', ':FORWARD ACCEPT');
    expect(complaints(withInside({ lock6: { value: text } }))).toEqual([
      'failure session-lock: IPv6: the policy of mangle FORWARD is ACCEPT, not DROP',
    ]);
  });

  test('may be open for a session without a tunnel, and only for that', () => {
    const inside = { value: { ...insideOf, lock4: { value: '' } } };
    const session = aSession({ type: 'none', tunnel: undefined });
    expect(complaints(withSession({ inside, session }))).toEqual([]);
    expect(complaints(withSession({ inside, session: aSession({ type: 'none', state: 'blocked' }) }))).toContainEqual(
      expect.stringContaining('failure session-lock'),
    );
  });
});

describe('the guard', () => {
  const wire = { hostLink: 'ksh0123456789', bridge: 'br_kasm_sidecar', end: { isUp: true, master: 'br_kasm_sidecar' } };
  const wireWith = (guard: string) => withSession({ wires: [{ ...wire, guard: { value: guard } }] });
  const fine = aGuard(wire.hostLink);
  test.each<[string, string]>([
    ['the guard of ksh0123456789 is not hooked to it', aGuard('ksh9999999999')],
    ['the guard’s policy on ksh0123456789 is accept', fine.replace('policy drop', 'policy accept')],
    ['the guard of ksh0123456789 lets all by', fine.replace('ether saddr', 'accept\n\t\tether saddr')],
    ['the guard of ksh0123456789 does not end with its drop', fine.replace(/counter.*drop\n/, '')],
  ])('%s', (expected, guard) => {
    expect(complaints(wireWith(guard))).toContainEqual(expect.stringContaining(`failure session-guard: ${expected}`));
  });

  test('is missing', () => {
    expect(complaints(withSession({ wires: [{ ...wire, guard: problem }] }))).toEqual([
      'failure session-guard: ksh0123456789 has no guard (it hurts)',
    ]);
  });
});

describe('the proxy’s interface', () => {
  const withLink = (name: string) => ({
    ...healthy,
    containers: [{ ...theProxy, inside: { value: { ...insideOf, links: [{ name, isUp: true, addresses: [] }] } } }],
  });
  test('k-p-… is a warning, since it works; none is a failure', () => {
    expect(complaints(withLink('k-p-44e890'))).toEqual([expect.stringMatching(/^warning proxy-interface: k-p-44e890/)]);
    expect(complaints(withLink('eth0'))).toEqual(['failure proxy-interface: it has no k-p-p-…']);
  });
});

test('a managed plugin: its own programs count, and the namespaces must be shared', () => {
  const managed = withSidecar({ plugin });
  expect(complaints(managed)).toEqual([]);
  const host = { ...healthy.host, namespacesShared: false, tools: [{ name: 'wg', version: undefined }] };
  expect(complaints({ ...managed, host })).toEqual([
    'failure tools: in the plugin: missing: wg',
    expect.stringMatching(/^failure namespaces: /),
  ]);
});

test('with nothing there each thing is told once, and what can’t be looked at is skipped', () => {
  const nothing: Observation = {
    ...withSidecar({
      driverAnswer: problem,
      version: problem,
      health: problem,
      log: problem,
      pid: undefined,
      capabilities: undefined,
    }),
    engine: problem,
    networks: [],
    containers: [],
  };
  expect(complaints(nothing).map((text) => text.split(':')[0])).toEqual([
    'failure engine',
    'failure driver-socket',
    'failure control-endpoint',
  ]);
});

test.each([
  ['web-1', true],
  ['505c32d766d9', true],
  ['505c32d766d', false],
  ['b8a8cbe7c027', true],
  ['5f0c3f6e', true],
  ['web', false],
])('a container is found by %s: %s', (key, found) => {
  expect(matches(theSession, key)).toBe(found);
});
