import { z } from 'zod';
import type { Namespace } from '../../sidecar/host/netns.ts';
import type { LinkView } from '../observation.ts';
import { type Look, orNothing } from './look.ts';

const links = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    master: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() })),
  }),
);

export interface HostLink extends LinkView {
  readonly master: string | undefined;
}
export type HostLinks = ReadonlyMap<string, HostLink>;

/** Links of the host, or of a namespace, with their addresses; none where they can't be read. */
export async function observeLinks(look: Look, namespace?: Namespace): Promise<HostLinks> {
  const answer = orNothing(await look(['ip', '-json', 'address', 'show'], namespace ? { namespace } : {}));
  const found = links.safeParse(answer === undefined ? [] : JSON.parse(answer));
  return new Map(
    (found.data ?? []).map(({ ifname, flags, master, addr_info }) => [
      ifname,
      {
        name: ifname,
        isUp: flags.includes('UP'),
        master,
        addresses: addr_info.flatMap(({ local, prefixlen }) => (local ? [`${local}/${prefixlen}`] : [])),
      },
    ]),
  );
}
