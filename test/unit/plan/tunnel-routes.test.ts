import { describe, expect, test } from 'vitest';
import { planTunnelHold, planTunnelRoutes } from '../../../src/sidecar/plan/tunnel-routes.ts';

const routing = {
  device: 'wg',
  addresses: ['10.2.0.2/24', 'fd00:77::2/64'],
  mtu: 1380,
  destinations: ['0.0.0.0/0', '::/0', '0.0.0.0/0'],
};

describe('planTunnelHold', () => {
  test.each([4, 6] as const)('makes everything of IPv%s unreachable that no tunnel takes', (family) => {
    expect(planTunnelHold(family)).toMatchSnapshot();
  });
});

describe('planTunnelRoutes', () => {
  test('routes what the tunnel takes, in a table of its own', () => {
    expect(planTunnelRoutes(routing)).toMatchInlineSnapshot(`
      [
        "address replace 10.2.0.2/24 dev wg noprefixroute",
        "address replace fd00:77::2/64 dev wg nodad noprefixroute",
        "link set dev wg mtu 1380 up",
        "route replace 0.0.0.0/0 dev wg table 51820",
        "route replace ::/0 dev wg table 51820",
      ]
    `);
  });

  test('leaves a family alone in which the tunnel has no address', () => {
    expect(planTunnelRoutes({ ...routing, addresses: ['10.2.0.2/32'] }).join('\n')).not.toContain('::');
    expect(planTunnelRoutes({ ...routing, addresses: ['fd00:77::2/64'] }).join('\n')).not.toContain('0.0.0.0');
  });

  test('never names the main table, and never lets the kernel add a subnet to it', () => {
    const lines = planTunnelRoutes(routing);
    expect(lines.filter((line) => line.startsWith('route')).every((line) => line.endsWith('table 51820'))).toBe(true);
    expect(lines.filter((line) => line.startsWith('address')).every((line) => line.endsWith('noprefixroute'))).toBe(
      true,
    );
  });
});
