import { type ErrorCode, errorCodes, remedyOf } from '../../shared/error-codes.ts';
import { TUNNEL_DEVICES } from '../../shared/names.ts';
import type { SessionView } from '../../shared/session-view.ts';
import type { Egress } from './egress.ts';
import type { Session } from './session.ts';

/** What an operator may see of a session: no secret can be in it. */
export async function toSessionView(session: Session, egress: Egress): Promise<SessionView> {
  const { record, endpoints } = session;
  const script = session.script?.script;
  const tunnel = await tunnelView(session, egress);
  return {
    ...(record.sessionId === undefined ? {} : { session_id: record.sessionId }),
    ...(record.launchKey === undefined ? {} : { key: record.launchKey }),
    ...(record.container ? { container: record.container } : {}),
    namespace: record.namespace,
    network: endpoints[0]?.networkId ?? '',
    role: session.isProxy ? 'proxy' : 'session',
    state: record.state,
    ...(record.reason ? { reason: withRemedy(record.reason) } : {}),
    since: record.since,
    warnings: session.warnings,
    ...(script ? { type: script.egress.type } : {}),
    ...(script?.egress.provider === undefined ? {} : { provider: script.egress.provider }),
    ...(script?.egress.gateway ? { gateway: script.egress.gateway } : {}),
    ...(tunnel ? { tunnel } : {}),
    addresses: endpoints.flatMap(({ ipv4, ipv6 }) => (ipv6 ? [ipv4, ipv6] : [ipv4])),
    tunnel_addresses: [...(record.tunnel?.up?.addresses ?? [])],
    interface: endpoints[0]?.joined?.link ?? '',
    dns: [...session.names.servers],
    files: session.folder,
  };
}

const withRemedy = (reason: { code: string; message: string }) =>
  reason.code in errorCodes ? { ...reason, remedy: remedyOf(reason.code as ErrorCode) } : reason;

async function tunnelView(session: Session, egress: Egress): Promise<SessionView['tunnel']> {
  const { tunnel } = session.record;
  if (!tunnel) return undefined;
  const observed = await egress.observe();
  const handshake = observed?.latestHandshake;
  return {
    kind: tunnel.kind,
    implementation: tunnel.implementation,
    device: TUNNEL_DEVICES[tunnel.kind],
    ...(tunnel.pinned[0] === undefined ? {} : { peer_address: observed?.peerAddress ?? tunnel.pinned[0] }),
    ...(handshake === undefined ? {} : { latest_handshake: new Date(handshake * 1000).toISOString() }),
    ...(observed ? { received_bytes: observed.receivedBytes, sent_bytes: observed.sentBytes } : {}),
    ...(tunnel.process ? { process_id: tunnel.process.id } : {}),
  };
}
