import { expect, test } from 'vitest';
import { containerLinkName, hostLinkName, tunnelName } from '../../../src/shared/names.ts';
import { isOrphanTunnel, orphanLinks } from '../../../src/sidecar/sessions/orphans.ts';

const known = { endpointIds: ['endpoint'], tunnels: [tunnelName('0123456789ab')], bridges: ['br_kasm_sidecar'] };
const link = (name: string, alias?: string) => ({ name, ...(alias ? { alias } : {}) });

test('what belongs to something known stays', () => {
  const links = [
    link(hostLinkName('endpoint')),
    link(containerLinkName('endpoint')),
    link(tunnelName('0123456789ab')),
    link('br_kasm_sidecar', 'kasm-sidecar:1'),
  ];
  expect(orphanLinks(links, known)).toEqual([]);
});

test('what bears our name and belongs to nothing is an orphan; what is somebody else’s is not', () => {
  const links = [
    link(hostLinkName('gone')),
    link(tunnelName('gone')),
    link('br_ks_00000000', 'kasm-sidecar:2'),
    link('br_ks_11111111'),
    link('eth0'),
    link('docker0'),
  ];
  expect(orphanLinks(links, known)).toEqual([hostLinkName('gone'), tunnelName('gone'), 'br_ks_00000000']);
});

test.each([
  ['wireguard-go', (device: string) => ['/usr/bin/wireguard-go', '-f', device]],
  ['openvpn', (device: string) => ['openvpn', '--config', '/x', '--dev', device, '--dev-type', 'tun']],
])('a %s whose session nobody knows is an orphan; a known one’s and somebody else’s are not', (_, argvFor) => {
  expect(isOrphanTunnel(argvFor(tunnelName('gone')), known)).toBe(true);
  expect(isOrphanTunnel(argvFor(tunnelName('0123456789ab')), known)).toBe(false);
  expect(isOrphanTunnel(argvFor('tun0'), known)).toBe(false);
  expect(isOrphanTunnel(['sleep', tunnelName('gone')], known)).toBe(false);
});
