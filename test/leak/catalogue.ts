import type { Group } from './case.ts';
import { devices } from './cases/devices.ts';
import { frames } from './cases/frames.ts';
import { host } from './cases/host.ts';
import { ipv6 } from './cases/ipv6.ts';
import { multicast } from './cases/multicast.ts';
import { names } from './cases/names.ts';
import { neighbours } from './cases/neighbours.ts';
import { otherProtocols } from './cases/protocols.ts';
import { proxy } from './cases/proxy.ts';
import { sockets } from './cases/sockets.ts';
import { spoofed } from './cases/spoofed.ts';
import { transport } from './cases/transport.ts';
import { chooseNames } from './wanted.ts';

const EVERYTHING: readonly Group[] = [
  transport,
  names,
  sockets,
  otherProtocols,
  host,
  neighbours,
  multicast,
  frames,
  ipv6,
  spoofed,
  proxy,
  devices,
];

/** For a closer look at one or a few: `KASM_SIDECAR_LEAK_CASE='GRE|VLAN'`. */
const WANTED = chooseNames(
  process.env.KASM_SIDECAR_LEAK_CASE ?? '',
  EVERYTHING.flatMap(({ cases }) => cases.map(({ name }) => name)),
);

/** The catalogue as it stands, but for devices that this kernel can't make. */
export const catalogueFor = (deviceTypes: ReadonlySet<string>): Group[] =>
  EVERYTHING.map((group) => ({
    ...group,
    cases: group.cases.filter(
      ({ name, deviceType }) => WANTED.has(name) && (deviceType === undefined || deviceTypes.has(deviceType)),
    ),
  })).filter((group) => group.cases.length > 0);

/** Without what no rule in the container's own namespace can see. */
export const aboveTheLock = (groups: readonly Group[]): Group[] =>
  groups
    .map((group) => ({ ...group, cases: group.cases.filter((one) => !one.belowLock) }))
    .filter((group) => group.cases.length > 0);

export const DEVICE_TYPES: readonly string[] = [
  ...new Set(EVERYTHING.flatMap(({ cases }) => cases.flatMap(({ deviceType }) => deviceType ?? []))),
];
