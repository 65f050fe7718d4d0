import { describe, expect, test } from 'vitest';
import { planLock } from '../../../src/sidecar/plan/lock.ts';
import { aDualStackWire, aWire } from '../../support/wires.ts';

const closed = { kind: 'session', direct: [] } as const;

const tableOf = (text: string, name: string): string[] => {
  const lines = text.split('\n');
  const start = lines.indexOf(`*${name}`);
  return lines.slice(start, lines.indexOf('COMMIT', start));
};

describe('planLock', () => {
  test('prints the documented rows in the documented order (R55-R63)', () => {
    const { v4 } = planLock({ wires: [aWire], passage: closed, servers: ['203.0.113.11'], announces: true });
    expect(tableOf(v4, 'filter').filter((line) => line.startsWith('-A'))).toEqual([
      '-A INPUT -s 172.20.0.2 -i k-p-1389f0 -j ACCEPT',
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -i tun0 -j ACCEPT',
      '-A INPUT -i wg -j ACCEPT',
      '-A INPUT -s 172.20.0.0/16 -j ACCEPT',
      '-A INPUT -s 203.0.113.11 -j ACCEPT',
      '-A OUTPUT -d 172.20.0.2 -o k-p-1389f0 -p tcp -m tcp --dport 443 -j ACCEPT',
      '-A OUTPUT -o lo -j ACCEPT',
      '-A OUTPUT -o tun0 -j ACCEPT',
      '-A OUTPUT -o wg -j ACCEPT',
      '-A OUTPUT -d 172.20.0.0/16 -j ACCEPT',
      '-A OUTPUT -d 203.0.113.11 -j ACCEPT',
    ]);
  });

  test('drops by policy in both tables and both families', () => {
    const lock = planLock({ wires: [aWire], passage: closed, servers: [], announces: true });
    for (const text of [lock.v4, lock.v6]) {
      for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) {
        expect(tableOf(text, 'mangle')).toContain(`:${chain} DROP [0:0]`);
        expect(tableOf(text, 'filter')).toContain(`:${chain} DROP [0:0]`);
      }
    }
  });

  test('lets out of mangle nothing but loopback, tunnel, and the proxy by its own address', () => {
    const { v4 } = planLock({ wires: [aWire], passage: closed, servers: ['203.0.113.11'], announces: true });
    const out = tableOf(v4, 'mangle').filter((line) => line.startsWith('-A OUTPUT'));
    expect(out).toEqual([
      '-A OUTPUT -d 127.0.0.11/32 -j DROP',
      '-A OUTPUT -o wg -j ACCEPT',
      '-A OUTPUT -o tun0 -j ACCEPT',
      '-A OUTPUT -o lo -j ACCEPT',
      '-A OUTPUT -s 172.20.0.3 -d 172.20.0.2 -o k-p-1389f0 -p tcp -m tcp --dport 443 -j ACCEPT',
      '-A OUTPUT -s 172.20.0.3 -d 172.20.0.2 -o k-p-1389f0 -m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j ACCEPT',
    ]);
  });

  test("never names the tables that are Docker's", () => {
    const { v4, v6 } = planLock({ wires: [aDualStackWire], passage: closed, servers: [], announces: true });
    expect(v4 + v6).not.toContain('*nat');
  });

  test('tells types of ICMPv6 apart in mangle alone, which every packet meets first', () => {
    const { v6 } = planLock({ wires: [aDualStackWire], passage: closed, servers: [], announces: true });
    const [mangle = '', filter = ''] = v6.split('*filter');
    expect(mangle).toContain('-A OUTPUT -d ff02::1/128 -p ipv6-icmp --icmpv6-type neighbour-advertisement -j ACCEPT');
    expect(filter).toContain('-A OUTPUT -d ff02::1/128 -p ipv6-icmp -j ACCEPT');
    expect(filter).not.toContain('icmpv6-type');
  });

  test('without an engine that makes known addresses, none of that', () => {
    const { v6 } = planLock({ wires: [aWire], passage: closed, servers: [], announces: false });
    expect(v6).not.toContain('icmp');
  });

  test('has no IPv6 way out without IPv6 on the wire', () => {
    const { v6 } = planLock({ wires: [aWire], passage: closed, servers: [], announces: true });
    expect(v6).not.toContain('k-p-1389f0');
  });
});
