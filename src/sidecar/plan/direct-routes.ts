import { familyOf } from '../../shared/ip.ts';
import { TUNNEL_TABLE } from './tunnel-routes.ts';

/** Lines for `ip -batch` inside a session: `allow`ed networks by the wire, in the tunnel's own table, which is asked before `main`. */
export const planDirectRoutes = (ranges: readonly string[], link: string, gateways: readonly string[]): string[] =>
  ranges.flatMap((range) => {
    const gateway = gateways.find((address) => familyOf(address) === familyOf(range));
    return gateway ? [`route replace ${range} via ${gateway} dev ${link} table ${TUNNEL_TABLE}`] : [];
  });
