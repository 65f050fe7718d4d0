import { join } from 'node:path';
import { describe, test } from 'vitest';
import { SESSION_STATES } from '../../../src/shared/session-view.ts';
import { planGuard } from '../../../src/sidecar/plan/guard.ts';
import { planForwardChain, planHostTable } from '../../../src/sidecar/plan/host-firewall.ts';
import { planLock } from '../../../src/sidecar/plan/lock.ts';
import { planPassage, type Wish } from '../../../src/sidecar/plan/passage.ts';
import type { Passage, Wire } from '../../../src/sidecar/plan/wire.ts';
import { expectGolden } from '../../support/golden.ts';
import { renderSecurityDocument } from '../../support/security-document.ts';
import { aDualStackWire, aWire } from '../../support/wires.ts';

const golden = (name: string) => join(import.meta.dirname, 'golden', name);

const rulesOf = (wire: Wire, passage: Passage): string => {
  const lock = planLock({ wires: [wire], passage, servers: ['203.0.113.11'], announces: true });
  return [
    '# guard: nft, on the host',
    planGuard(wire, passage),
    '# lock: iptables-restore',
    lock.v4,
    '# lock: ip6tables-restore',
    lock.v6,
  ].join('\n');
};

const wishes: Record<string, Wish> = {
  tunnel: { kind: 'tunnel', allow: [] },
  allow: { kind: 'tunnel', allow: ['10.20.0.0/16'] },
  none: { kind: 'none' },
};

describe('rules', () => {
  for (const state of SESSION_STATES) {
    test(`of a session with a tunnel, ${state}`, () => {
      expectGolden(golden(`tunnel-${state}.txt`), rulesOf(aWire, planPassage(state, wishes.tunnel)));
    });
  }
  for (const name of ['allow', 'none']) {
    test(`of a connected session with ${name}`, () => {
      expectGolden(golden(`${name}-connected.txt`), rulesOf(aWire, planPassage('connected', wishes[name])));
    });
  }
  test('of a session with IPv6 on its wire, connected', () => {
    expectGolden(golden('dual-stack-connected.txt'), rulesOf(aDualStackWire, planPassage('connected', wishes.tunnel)));
  });
  test('of the proxy', () => {
    expectGolden(golden('proxy.txt'), planGuard(aWire, { kind: 'proxy' }));
  });
  test('of the host', () => {
    const networks = [
      { bridge: 'br_kasm_sidecar', direct4: ['172.20.0.9'], direct6: [] },
      { bridge: 'br_ks_0a1b2c3d', direct4: [], direct6: [] },
    ];
    expectGolden(
      golden('host.txt'),
      planHostTable(networks, ['10.9.0.0/16', 'fd09::/64']) + planForwardChain(networks, 4),
    );
  });
});

test('docs/security.md tells what may pass in each state', () => {
  expectGolden(join(import.meta.dirname, '../../../docs/security.md'), renderSecurityDocument());
});
