import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hostLinkName } from '../../shared/names.ts';
import type { SessionView } from '../../shared/session-view.ts';
import type { ContainerReport, EngineReport, EngineReporter } from '../../sidecar/docker/engine-report.ts';
import { findNamespace } from '../../sidecar/host/netns.ts';
import { hostFolder } from '../../sidecar/host/proc.ts';
import { GUARD_TABLE, guardChain } from '../../sidecar/plan/guard.ts';
import { TUNNEL_TABLE } from '../../sidecar/plan/tunnel-routes.ts';
import {
  type ContainerView,
  type InsideView,
  isSeen,
  type NetworkView,
  type Seen,
  type WireView,
} from '../observation.ts';
import { type HostLinks, observeLinks } from './links.ts';
import { type Argv, type Look, orNothing, seen } from './look.ts';

export interface ContainersQuestion {
  readonly reporter: EngineReporter;
  readonly engine: Seen<EngineReport>;
  readonly networks: readonly NetworkView[];
  readonly sessions: readonly SessionView[];
  readonly links: HostLinks;
  readonly look: Look;
}

const NAMESPACES = '/var/run/docker/netns';

/** Running containers on our networks, as the engine knows them; those that only the sidecar knows come last. */
export async function observeContainers(question: ContainersQuestion): Promise<ContainerView[]> {
  const ours = new Set(question.networks.map(({ id }) => id));
  const containers = (orNothing(question.engine)?.containers ?? []).filter(
    ({ running, endpoints }) => running && endpoints.some(({ networkId }) => ours.has(networkId)),
  );
  const known = new Set(containers.map(({ id }) => id));
  const others = question.sessions.filter((view) => view.state !== 'ended' && !known.has(view.container?.id ?? ''));
  const views: ContainerView[] = [];
  // One after the other: a host in trouble has enough to do.
  for (const container of containers) views.push(await observeContainer(question, container));
  for (const session of others) views.push(await observeSession(question, session));
  return views;
}

async function observeContainer(question: ContainersQuestion, container: ContainerReport): Promise<ContainerView> {
  const details = await seen(() => question.reporter.details(container.id));
  const { sandboxKey = '', hostsPath, apiHost } = orNothing(details) ?? {};
  const session = question.sessions.find((view) => view.container?.id === container.id);
  const network = question.networks.find(({ id }) => container.endpoints.some(({ networkId }) => networkId === id));
  return {
    id: container.id,
    name: container.name,
    role: session?.role ?? (container.name === network?.proxy ? 'proxy' : 'session'),
    session,
    wires: await Promise.all(wiresOf(question, container).map((wire) => observeWire(question, wire))),
    inside: isSeen(details) ? await observeInside(question.look, sandboxKey) : details,
    apiHost,
    hosts: hostsPath ? await seen(() => readFile(hostFolder(hostsPath), 'utf8')) : { problem: 'its file is not known' },
    proxyAddress: network && proxyAddress(question.engine, network),
    config: await observeConfig(session),
  };
}

/** The engine could not be asked, or does not know it: what the sidecar says must do. */
async function observeSession(question: ContainersQuestion, session: SessionView): Promise<ContainerView> {
  return {
    id: session.container?.id ?? '',
    name: session.container?.name ?? session.namespace,
    role: session.role,
    session,
    wires: [],
    inside: await observeInside(question.look, join(NAMESPACES, session.namespace)),
    apiHost: undefined,
    hosts: { problem: 'the engine was not asked' },
    proxyAddress: undefined,
    config: await observeConfig(session),
  };
}

function proxyAddress(engine: Seen<EngineReport>, network: NetworkView): string | undefined {
  const proxy = orNothing(engine)?.containers.find(({ name }) => name === network.proxy);
  return proxy?.endpoints.find(({ networkId }) => networkId === network.id)?.ipv4 || undefined;
}

type Wire = Pick<WireView, 'hostLink' | 'bridge'>;

const wiresOf = ({ networks }: ContainersQuestion, { endpoints }: ContainerReport): Wire[] =>
  endpoints.flatMap(({ networkId, endpointId }) => {
    const bridge = networks.find(({ id }) => id === networkId)?.bridge;
    return bridge === undefined ? [] : [{ hostLink: hostLinkName(endpointId), bridge }];
  });

async function observeWire({ links, look }: ContainersQuestion, wire: Wire): Promise<WireView> {
  const end = links.get(wire.hostLink);
  return {
    ...wire,
    end: end && { isUp: end.isUp, master: end.master },
    guard: await look(['nft', 'list', 'chain', 'netdev', GUARD_TABLE, guardChain(wire.hostLink)]),
  };
}

async function observeInside(look: Look, path: string): Promise<Seen<InsideView>> {
  const namespace = findNamespace(path);
  if (!namespace) return { problem: `there is no namespace at ${path || '(unknown)'}` };
  const lines = async (argv: Argv) =>
    (orNothing(await look(argv, { namespace })) ?? '').split('\n').flatMap((line) => line.trim() || []);
  const [links, routes, rules, tunnelRoutes, lock4, lock6] = await Promise.all([
    observeLinks(look, namespace),
    lines(['ip', 'route']),
    lines(['ip', 'rule']),
    lines(['ip', 'route', 'show', 'table', String(TUNNEL_TABLE)]),
    look(['iptables-save'], { namespace }),
    look(['ip6tables-save'], { namespace }),
  ]);
  return { value: { path, links: [...links.values()], routes, rules, tunnelRoutes, lock4, lock6 } };
}

const CONFIG_FILES: Readonly<Record<string, string>> = { wireguard: 'wg/wg.conf', openvpn: 'openvpn/openvpn.conf' };

async function observeConfig(session: SessionView | undefined): Promise<ContainerView['config']> {
  const name = CONFIG_FILES[session?.type ?? ''];
  if (!session || name === undefined) return undefined;
  const path = join(session.files, name);
  return { path, mode: await seen(async () => (await stat(path)).mode & 0o777) };
}
