import { sh } from '../../support/shell.ts';

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  /** The index of a veth's other end, in its own namespace. */
  readonly peer: number | undefined;
  /** The bridge's name. */
  readonly master: string | undefined;
  readonly addresses: readonly string[];
}

interface IpLink {
  ifindex: number;
  ifname: string;
  address?: string;
  link_index?: number;
  master?: string;
  addr_info?: { local: string }[];
}

/** `ip address` of the host, or of the namespace at `path`. */
export async function listLinks(path?: string): Promise<Link[]> {
  const inside: [string, ...string[]] = path === undefined ? ['ip'] : ['nsenter', `--net=${path}`, 'ip'];
  const found = JSON.parse(await sh(...inside, '-json', 'address', 'show')) as IpLink[];
  return found
    .filter(({ ifname }) => ifname !== undefined)
    .map(({ ifindex, ifname, address = '', link_index, master, addr_info = [] }) => ({
      index: ifindex,
      name: ifname,
      mac: address,
      peer: link_index,
      master,
      addresses: addr_info.map(({ local }) => local),
    }));
}

/** Numbers of the host's interfaces are never used twice, so what once was known stays true. */
export class LinkNames {
  readonly #names = new Map<number, string>();

  async refresh(): Promise<void> {
    for (const { index, name } of await listLinks()) this.#names.set(index, name);
  }

  nameOf(index: number): string {
    return this.#names.get(index) ?? `link ${index}`;
  }
}
