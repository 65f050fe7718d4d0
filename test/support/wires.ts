import type { Wire } from '../../src/sidecar/plan/wire.ts';

/** The documents' example: subnet 172.20.0.0/16, proxy .2, first session .3. */
export const aProxy = {
  mac: '02:42:ac:14:00:02',
  ipv4: '172.20.0.2',
  ipv6: 'fd00:20::2',
  ports: [443],
} as const;

export const aWire: Wire = {
  hostLink: 'ksh0123456789',
  link: 'k-p-1389f0',
  mac: '02:42:ac:14:00:03',
  ipv4: '172.20.0.3',
  ipv6: undefined,
  network: {
    bridge: 'br_kasm_sidecar',
    bridgeMac: '02:42:ac:14:00:01',
    subnet4: '172.20.0.0/16',
    gateway4: '172.20.0.1',
    subnet6: undefined,
    gateway6: undefined,
    proxies: [{ ...aProxy, ipv6: undefined }],
  },
};

export const aDualStackWire: Wire = {
  ...aWire,
  ipv6: 'fd00:20::3',
  network: { ...aWire.network, subnet6: 'fd00:20::/64', gateway6: 'fd00:20::1', proxies: [aProxy] },
};
