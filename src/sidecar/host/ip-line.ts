import { type Cidr, type IpFamily, parseCidr } from '../../shared/ip.ts';
import {
  addLink,
  addRule,
  addVeth,
  deleteLink,
  deleteRule,
  moveLink,
  replaceAddress,
  replaceRoute,
  setIsolated,
  setLink,
  setMaster,
  setNoAddressGeneration,
} from './rtnetlink.ts';

/** What a line needs to know of where it is to be done. */
export interface LinePlace {
  /** Of a device that stands there. @throws where none of that name does */
  readonly indexOf: (name: string) => number;
  /** The open files that came with it: descriptors 3, 4, … of a program. */
  readonly files: readonly number[];
}

/** What one line of ip(8) says. */
export type LineAction =
  | { readonly kind: 'message'; readonly build: (place: LinePlace) => Buffer }
  | { readonly kind: 'flush'; readonly family: IpFamily; readonly table: number };

type Words = Readonly<Record<string, string | undefined>>;
type Read = (words: Words, family: IpFamily) => LineAction | undefined;

const MAIN_TABLE = 254;

/** The forms that lines of ours have, and no others: whoever writes a line that is none of these gets ip(8) itself. */
const FORMS: readonly (readonly [form: RegExp, read: Read])[] = [
  [
    /^link add name (?<name>\S+) type veth peer name (?<peer>\S+) address (?<mac>[\da-f:]{17})$/,
    ({ name = '', peer = '', mac = '' }) => message(() => addVeth(name, { name: peer, mac })),
  ],
  [
    /^link add name (?<name>\S+) type (?<kind>wireguard)$/,
    ({ name = '', kind = '' }) => message(() => addLink(name, kind)),
  ],
  [/^link set dev (?<name>\S+) addrgenmode none$/, ({ name = '' }) => message(() => setNoAddressGeneration(name))],
  [
    /^link set dev (?<name>\S+) master (?<bridge>\S+)$/,
    ({ name = '', bridge = '' }) => message(({ indexOf }) => setMaster(name, indexOf(bridge))),
  ],
  [
    /^link set dev (?<name>\S+) type bridge_slave isolated (?<state>on|off)$/,
    ({ name = '', state }) => message(() => setIsolated(name, state === 'on')),
  ],
  [
    /^link set dev (?<name>\S+) mtu (?<mtu>\d+)(?<up> up)?$/,
    ({ name = '', mtu, up }) => message(() => setLink(name, { mtu: Number(mtu), up: up ? true : undefined })),
  ],
  [
    /^link set dev (?<name>\S+) (?<state>up|down)$/,
    ({ name = '', state }) => message(() => setLink(name, { up: state === 'up' })),
  ],
  [
    /^link set dev (?<name>\S+) netns \/proc\/self\/fd\/(?<file>[3-9]) name (?<to>\S+)$/,
    ({ name = '', file, to = '' }) =>
      message(({ indexOf, files }) => moveLink(indexOf(name), files[Number(file) - 3] ?? -1, to)),
  ],
  [/^link delete dev (?<name>\S+)$/, ({ name = '' }) => message(() => deleteLink(name))],
  [
    /^address replace (?<address>\S+) dev (?<name>\S+)(?<noDad> nodad)?(?<noPrefixRoute> noprefixroute)?$/,
    ({ address, name = '', noDad, noPrefixRoute }) =>
      withCidr(address, (cidr, { indexOf }) =>
        replaceAddress(cidr, indexOf(name), { noDad: !!noDad, noPrefixRoute: !!noPrefixRoute }),
      ),
  ],
  [
    /^route replace unreachable (?<to>\S+) metric (?<metric>\d+) table (?<table>\d+)$/,
    ({ to, metric, table }) =>
      withCidr(to, (cidr) => replaceRoute(cidr, { table: Number(table), metric: Number(metric), way: undefined })),
  ],
  [
    /^route replace (?<to>\S+)(?: via (?<gateway>\S+))? dev (?<name>\S+) table (?<table>\d+)$/,
    ({ to, gateway, name = '', table }) =>
      withCidr(to, (cidr, { indexOf }) =>
        replaceRoute(cidr, { table: Number(table), way: { device: indexOf(name), gateway } }),
      ),
  ],
  [
    /^rule (?<verb>add|del) priority (?<priority>\d+) table (?<table>main|\d+)(?: suppress_prefixlength (?<length>\d+))?$/,
    ({ verb, priority, table, length }, family) => {
      const rule = {
        family,
        priority: Number(priority),
        table: table === 'main' ? MAIN_TABLE : Number(table),
        suppressPrefixLength: length === undefined ? undefined : Number(length),
      };
      return message(() => (verb === 'add' ? addRule(rule) : deleteRule(rule)));
    },
  ],
  [
    /^route flush table (?<table>\d+) type unicast$/,
    ({ table }, family) => ({ kind: 'flush', family, table: Number(table) }),
  ],
];

/**
 * Pure. @param family of what doesn't say it itself @returns undefined for what only ip(8) can do
 */
export function readLine(line: string, family: IpFamily): LineAction | undefined {
  for (const [form, read] of FORMS) {
    const found = form.exec(line);
    if (found) return read(found.groups ?? {}, family);
  }
  return undefined;
}

const message = (build: (place: LinePlace) => Buffer): LineAction => ({ kind: 'message', build });

function withCidr(text = '', build: (cidr: Cidr, place: LinePlace) => Buffer): LineAction | undefined {
  const cidr = parseCidr(text);
  return cidr && message((place) => build(cidr, place));
}
