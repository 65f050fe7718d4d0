import { z } from 'zod';
import type { Namespace } from '../../sidecar/host/netns.ts';
import type { LinkView } from '../observation.ts';
import { type Look, orNothing } from './look.ts';

const links = z.array(
  z.object({
    ifname: z.string(),
    ifindex: z.number(),
    link_index: z.number().optional(),
    address: z.string().optional(),
    flags: z.array(z.string()),
    master: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() })),
  }),
);

export interface HostLink extends LinkView {
  readonly master: string | undefined;
  readonly index: number;
  /** The number of a veth's other end, in whichever namespace that is. */
  readonly peer: number | undefined;
  readonly mac: string;
}
export type HostLinks = ReadonlyMap<string, HostLink>;

/** Links of the host, or of a namespace, with their addresses; none where they can't be read. */
export async function observeLinks(look: Look, namespace?: Namespace): Promise<HostLinks> {
  const answer = orNothing(await look(['ip', '-json', 'address', 'show'], namespace ? { namespace } : {}));
  const found = links.safeParse(answer === undefined ? [] : JSON.parse(answer));
  return new Map(
    (found.data ?? []).map(({ ifname, ifindex, link_index, address, flags, master, addr_info }) => [
      ifname,
      {
        name: ifname,
        isUp: flags.includes('UP'),
        master,
        index: ifindex,
        peer: link_index,
        mac: address ?? '',
        addresses: addr_info.flatMap(({ local, prefixlen }) => (local ? [`${local}/${prefixlen}`] : [])),
      },
    ]),
  );
}
