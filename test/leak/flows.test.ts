import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitForState } from '../support/control.ts';
import { inNamespace } from '../support/docker.ts';
import { removeGuard } from '../support/guards.ts';
import { dropLock } from '../support/session.ts';
import { sh } from '../support/shell.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { type Attacker, carryOut, startBackground } from './attacker.ts';
import { Crew, hostLinksOf, type Member, mute, unmute } from './crew.ts';
import { KINDS, type Kind } from './kinds.ts';
import { flowTrail, seenOutside, type Trail } from './marks.ts';
import { dockerDefault, type Posture, tornDown } from './posture.ts';
import { settle } from './volley.ts';
import { useLeakWorld } from './world.ts';

/**
 * Facts E3 and 2.3 case 13: a connection that was opened through the tunnel must not go on by the wire when the tunnel is
 * lost, by whatever kind of loss. Known kill switches accept what is "established", on any interface.
 */
const world = useLeakWorld();
const crew = new Crew(world);

interface Flow extends Member {
  readonly trail: Trail;
}

interface Loss {
  readonly name: string;
  readonly posture?: Posture;
  readonly lose: (flow: Flow) => Promise<unknown>;
  readonly undo?: () => Promise<unknown>;
}

const DEVICES: Record<Kind['name'], string> = { wireguard: 'wg', 'openvpn-udp': 'tun0', 'openvpn-tcp': 'tun0' };
const inside = ({ attacker }: Flow, ...argv: string[]): Promise<string> => inNamespace(attacker.container, ...argv);

async function killTunnelOf({ attacker: { container } }: Flow): Promise<void> {
  const { tunnel } = await waitForState(container, 'connected');
  await sh('kill', '-KILL', String(tunnel.process_id));
}

async function flushRoutes(flow: Flow): Promise<void> {
  await inside(flow, 'ip', 'rule', 'flush');
  await inside(flow, 'ip', 'rule', 'add', 'priority', '32766', 'lookup', 'main');
  await inside(flow, 'ip', 'route', 'flush', 'table', '51820');
}

async function removeGuardOf({ attacker }: Flow): Promise<void> {
  for (const link of await hostLinksOf(attacker)) await removeGuard(link);
}

/** What known kill switches have lost flows by; both layers away, ours would, too. */
const CONTROL = 'both layers removed, its routes and rules flushed';

/** In this order: the last ones are everyone's losses. */
const LOSSES: readonly Loss[] = [
  { name: 'its process killed', lose: killTunnelOf },
  {
    name: 'its device set down',
    lose: (flow) => inside(flow, 'ip', 'link', 'set', 'dev', DEVICES[flow.kind.name], 'down'),
  },
  { name: 'its device deleted', lose: (flow) => inside(flow, 'ip', 'link', 'delete', 'dev', DEVICES[flow.kind.name]) },
  { name: 'its routes and rules flushed', lose: flushRoutes },
  {
    name: 'another launch script, for a server that never answers',
    lose: (flow) => crew.launch([flow], 'site', 'connecting'),
  },
  {
    name: 'a root inside who tears down lock, device and routes',
    posture: tornDown,
    lose: ({ attacker }) => carryOut(attacker, { acts: tornDown.acts?.(attacker.at).acts ?? [], attempts: [] }),
  },
  {
    name: 'a root on the host who removes the guard',
    lose: removeGuardOf,
  },
  {
    name: 'the gateway silent',
    lose: () => mute(world.lab.gateway(1)),
    undo: () => unmute(world.lab.gateway(1)),
  },
  {
    name: 'the daemon killed, and all tunnels’ processes',
    lose: async () => {
      await world.sidecar.kill();
      await crew.killTunnels();
    },
  },
];

/** Long enough for what is buffered, and for TCP to try again. */
const AFTERMATH_MS = 2_500;
const flows = new Map<string, Flow[]>();

async function openFlow({ container }: Attacker): Promise<Trail> {
  const trail = flowTrail(world.observer);
  for (const attempt of trail.attempts) await startBackground(container, 'flow', { ...attempt, seconds: 240 });
  return trail;
}

/** The site has heard its datagrams. */
const isHeard = ({ marks: [, udp] }: Trail): boolean =>
  world.lab.site.visits().some(({ protocol, what }) => protocol === 'udp' && what.includes(udp?.tag ?? '?'));

/** A session of each kind with flows in its tunnel. */
async function openFlows(word: string, posture: Posture): Promise<Flow[]> {
  const members = await Promise.all(KINDS.map((kind) => crew.start(kind, posture, word)));
  await crew.launch(members, 'gateway', 'connected');
  return Promise.all(members.map(async (member) => ({ ...member, trail: await openFlow(member.attacker) })));
}

const waitUntilHeard = (all: readonly Flow[]): Promise<true> =>
  waitFor('the site to hear all flows', () => all.every(({ trail }) => isHeard(trail)), { timeoutMs: 30_000 });

beforeAll(async () => {
  await Promise.all(
    LOSSES.map(async ({ name, posture = dockerDefault }, index) => {
      flows.set(name, await openFlows(`flow-${index}`, posture));
    }),
  );
  await waitUntilHeard([...flows.values()].flat());
}, 180_000);

describe.each(LOSSES.map((loss) => [loss.name, loss] as const))(
  'a flow through the tunnel, and then: %s',
  (name, loss) => {
    const mine = () => flows.get(name) ?? [];
    let before = 0;

    beforeAll(async () => {
      await world.observer.catchUp();
      before = world.observer.strangerCount;
      const [first] = mine();
      if (!first) throw new Error(`no flow was opened for: ${name}`);
      // What hits everyone is done once.
      await Promise.all((loss.lose.length === 0 ? [first] : mine()).map((flow) => loss.lose(flow)));
      await sleep(AFTERMATH_MS);
      await settle(world.observer);
    }, 120_000);
    afterAll(async () => void (await loss.undo?.()));

    test.each(KINDS.map((kind) => kind.name))('%s', (kind) => {
      const flow = mine().find((one) => one.kind.name === kind);
      expect(flow && seenOutside(world.observer, flow.trail, new Set(flow.attacker.ownLinks))).toEqual([]);
    });

    test('the host’s wire carried nothing but tunnels', () => {
      expect(world.observer.strangersSince(before)).toEqual([]);
    });
  },
);

test(`the control: ${CONTROL}: the flows are seen`, async () => {
  await world.sidecar.start();
  const all = await openFlows('flow-control', dockerDefault);
  await waitUntilHeard(all);
  await world.sidecar.kill(); // it would put everything back
  for (const flow of all) {
    await removeGuardOf(flow);
    await dropLock(flow.attacker.container);
    await flushRoutes(flow);
  }
  const unseen = () =>
    all.flatMap(({ kind, attacker, trail }) =>
      trail.marks
        .filter(
          (mark) => seenOutside(world.observer, { ...trail, marks: [mark] }, new Set(attacker.ownLinks)).length === 0,
        )
        .map((mark) => `${kind.name}: ${trail.attempts.find(({ tag }) => tag === mark.tag)?.op}`),
    );
  await waitFor('all of them', async () => {
    await world.observer.catchUp();
    if (unseen().length > 0) throw new Error(unseen().join(', '));
    return true;
  });
});
