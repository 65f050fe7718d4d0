import { describe, expect, test } from 'vitest';
import { planGuard, solicitedNode } from '../../../src/sidecar/plan/guard.ts';
import { aDualStackWire, aWire } from '../../support/wires.ts';

const accepts = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.endsWith('accept'));

describe('planGuard', () => {
  test('lets nothing pass while it is shut', () => {
    expect(accepts(planGuard(aWire, { kind: 'shut' }))).toEqual([]);
  });

  test('pins own address, own MAC and the proxy in every rule of a session', () => {
    for (const rule of accepts(planGuard(aDualStackWire, { kind: 'session', direct: [] }))) {
      expect(rule).toMatch(/arp saddr ip 172\.20\.0\.3|ip saddr 172\.20\.0\.3|ip6 saddr fd00:20::3/);
      expect(rule).toMatch(/172\.20\.0\.2|fd00:20::2/);
    }
  });

  test('of a session that has no proxy to reach is the one that is shut', () => {
    const alone = { ...aWire, network: { ...aWire.network, proxies: [] } };
    expect(planGuard(alone, { kind: 'session', direct: [] })).toBe(planGuard(alone, { kind: 'shut' }));
    expect(planGuard(aWire, { kind: 'session', direct: [] })).not.toBe(planGuard(aWire, { kind: 'shut' }));
  });

  test('names no address of a VPN server: the encrypted socket is not in the session', () => {
    expect(planGuard(aWire, { kind: 'session', direct: [] })).not.toContain('203.0.113');
  });

  test('keeps metadata, the own subnet and multicast closed for a session without a tunnel', () => {
    const text = planGuard(aWire, { kind: 'open' });
    const lines = text.split('\n');
    const drop = lines.findIndex((line) => line.includes('169.254.0.0/16') && line.endsWith('drop'));
    const accept = lines.findIndex((line) => line.includes('ip daddr { 0.0.0.0/0 } accept'));
    expect(drop).toBeGreaterThan(0);
    expect(accept).toBeGreaterThan(drop);
    expect(lines[drop]).toContain('172.20.0.0/16');
    expect(lines[drop]).toContain('224.0.0.0/3');
  });

  test('has policy drop in every form', () => {
    for (const passage of [{ kind: 'shut' }, { kind: 'proxy' }, { kind: 'session', direct: [] }] as const) {
      expect(planGuard(aWire, passage)).toContain('policy drop;');
    }
  });
});

describe('solicitedNode', () => {
  test.each([
    ['fd00:20::2', 'ff02::1:ff00:0002'],
    ['2001:db8::1234:5678', 'ff02::1:ff34:5678'],
    ['fe80::', 'ff02::1:ff00:0000'],
    ['2001:db8:0:0:1:2:abc:d', 'ff02::1:ffbc:000d'],
  ])('of %s is %s', (address, expected) => {
    expect(solicitedNode(address)).toBe(expected);
  });
});
