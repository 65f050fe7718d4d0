import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { explain } from '../../shared/errors.ts';
import { TUNNEL_DEVICES } from '../../shared/names.ts';
import type { Run } from '../../sidecar/host/command.ts';
import { findNamespace, type Namespace } from '../../sidecar/host/netns.ts';
import { loadNft, tableRemoval } from '../../sidecar/host/nft.ts';
import { type Attempt, sendDatagrams, sendFrames } from '../../sidecar/host/probe-socket.ts';
import { isOpen } from '../checks/session.ts';
import { type Finding, failure, skipped } from '../finding.ts';
import { type ContainerView, isSeen } from '../observation.ts';
import { type HostLink, type HostLinks, observeLinks } from '../observe/links.ts';
import type { Look } from '../observe/look.ts';
import { udpFrame } from './frame.ts';
import { type Counted, type EndProbe, judgeProbe } from './judge.ts';
import { COUNT, PORT, planProbeTable, probeTable, TARGETS } from './plan.ts';

export interface ProbeTools {
  readonly run: Run;
  readonly look: Look;
}

/**
 * Tries to leak, from inside each session. The only place where the doctor changes anything: a table on the host's end of
 * each interface while the probe runs, which sees to it that no packet of the probe leaves by it.
 */
export async function probe(tools: ProbeTools, containers: readonly ContainerView[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const container of containers.filter(({ role }) => role === 'session'))
    findings.push(...(await probeOrTell(tools, container)));
  return findings;
}

const about = (container: ContainerView) => ({ id: 'probe', title: 'the leak probe', subject: container.name });

async function probeOrTell(tools: ProbeTools, container: ContainerView): Promise<Finding[]> {
  const { inside } = container;
  if (isOpen(container)) return [{ ...about(container), ...skipped('it leaves by the host, as was asked for') }];
  const namespace = isSeen(inside) ? findNamespace(inside.value.path) : undefined;
  if (!namespace) return [{ ...about(container), ...skipped('its namespace was not found') }];
  try {
    return await probeSession(tools, container, namespace);
  } catch (error) {
    const fix = 'It needs nft on the host or in the plugin, and the container to run on meanwhile.';
    return [{ ...about(container), ...failure(`it could not be carried out: ${explain(error)}`, fix) }];
  }
}

/** An interface in the container, and its other end on the host. */
interface Pair {
  readonly within: HostLink;
  readonly outside: HostLink;
}

const TUNNELS: readonly string[] = Object.values(TUNNEL_DEVICES);
const THROUGH: readonly string[] = ['lo', ...TUNNELS];

async function probeSession(
  { run, look }: ProbeTools,
  { name }: ContainerView,
  namespace: Namespace,
): Promise<Finding[]> {
  const [within, onHost] = await Promise.all([observeLinks(look, namespace), observeLinks(look)]);
  const pairs = pairsOf(within, onHost);
  if (pairs.length === 0)
    return [
      { id: 'probe', title: 'the leak probe', subject: name, ...skipped('no interface of it leads to the host') },
    ];
  const tunnel = [...within.values()].find((link) => TUNNELS.includes(link.name))?.name;
  try {
    for (const { outside } of pairs) await loadNft(run, planProbeTable(outside.name));
    const before = await sentBy(look, namespace, tunnel);
    const plainAttempts = both((target) => sendDatagrams(namespace, { target, port: PORT, count: COUNT }));
    await sleep(SETTLE_MS);
    const after = await sentBy(look, namespace, tunnel);
    const ends: EndProbe[] = [];
    for (const pair of pairs) ends.push(await probeEnd({ run, namespace, bridges: onHost }, pair));
    const tunnelPackets = before === undefined || after === undefined ? undefined : after - before;
    return judgeProbe({ name, plainAttempts, tunnel, tunnelPackets, ends });
  } finally {
    for (const { outside } of pairs) await loadNft(run, tableRemoval('netdev', probeTable(outside.name)));
  }
}

/** Both ends of a veth name each other by their numbers; a number alone may be another link's in another namespace. */
function pairsOf(within: HostLinks, onHost: HostLinks): Pair[] {
  return [...within.values()]
    .filter(({ name }) => !THROUGH.includes(name))
    .flatMap((link) => {
      const outside = [...onHost.values()].find((other) => other.index === link.peer && other.peer === link.index);
      return outside ? [{ within: link, outside }] : [];
    });
}

/** A packet crosses a veth within its own `send`; a tunnel in user space takes a moment. */
const SETTLE_MS = 200;

const both = (attempt: (target: string) => Attempt): Attempt[] => [attempt(TARGETS[4]), attempt(TARGETS[6])];

interface EndParts {
  readonly run: Run;
  readonly namespace: Namespace;
  readonly bridges: HostLinks;
}

async function probeEnd({ run, namespace, bridges }: EndParts, { within, outside }: Pair): Promise<EndProbe> {
  const plain = await countedAt(run, outside.name);
  const boundAttempts = both((target) =>
    sendDatagrams(namespace, { target, port: PORT, count: COUNT, device: within.name }),
  );
  const afterBound = await countedAt(run, outside.name);
  // To the bridge, or else to the host's end itself: a frame that the host would route.
  const toMac = bridges.get(outside.master ?? '')?.mac ?? outside.mac;
  const own = (within.addresses.find((address) => !address.includes(':')) ?? '192.0.2.1/24').split('/')[0] ?? '';
  const rawAttempts = both((target) => {
    const from = target === TARGETS[4] ? own : '2001:db8::1';
    const frame = udpFrame({ fromMac: within.mac, toMac, from, to: target, port: PORT });
    return sendFrames(namespace, within.index, frame, COUNT);
  });
  const afterRaw = await countedAt(run, outside.name);
  return {
    link: within.name,
    hostLink: outside.name,
    plain,
    bound: difference(afterBound, plain),
    boundAttempts,
    raw: difference(afterRaw, afterBound),
    rawAttempts,
  };
}

const difference = (later: Counted, earlier: Counted): Counted => ({
  before: later.before - earlier.before,
  behind: later.behind - earlier.behind,
});

const counters = z.object({
  nftables: z.array(z.object({ counter: z.object({ name: z.string(), packets: z.number() }).optional() })),
});

async function countedAt(run: Run, hostLink: string): Promise<Counted> {
  const { stdout } = await run(['nft', '--json', 'list', 'table', 'netdev', probeTable(hostLink)]);
  const found = counters.parse(JSON.parse(stdout)).nftables.flatMap(({ counter }) => counter ?? []);
  const packets = (name: string): number => {
    const counter = found.find((one) => one.name === name);
    if (!counter) throw new Error(`the table of the probe has no counter ${name}`);
    return counter.packets;
  };
  return { before: packets('before'), behind: packets('behind') };
}

const statistics = z.array(z.object({ stats64: z.object({ tx: z.object({ packets: z.number() }) }).optional() }));

async function sentBy(look: Look, namespace: Namespace, device: string | undefined): Promise<number | undefined> {
  if (device === undefined) return undefined;
  const answer = await look(['ip', '-json', '-statistics', 'link', 'show', 'dev', device], { namespace });
  return isSeen(answer) ? statistics.parse(JSON.parse(answer.value))[0]?.stats64?.tx.packets : undefined;
}
