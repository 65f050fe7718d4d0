import { docker } from '../../support/docker.ts';
import { attempt } from '../../support/shell.ts';
import { lookAt } from '../attacker.ts';
import { Crew } from '../crew.ts';
import { KINDS } from '../kinds.ts';
import { STATES, type State } from '../states.ts';
import type { LeakWorld } from '../world.ts';
import type { StateName } from './state.ts';
import type { Fleet, Reached, Way } from './way.ts';

const NETWORK_DRIVER = 'a network of our driver; what guards a container stands before its first instruction';

const WAYS: readonly Way[] = KINDS.map((kind) => ({
  name: `ours-${kind.name}`,
  title: `kasm-sidecar, ${kind.name}`,
  ours: true,
  how: `${NETWORK_DRIVER}. A launch script names the tunnel: ${kind.name}.`,
  sources: ['README.md', 'docs/architecture.md'],
}));

const wayOf = (kind: string): string => `ours-${kind}`;

/** What the matrix calls them. `test/leak/states.ts` knows how they are reached. */
const MATRIX_NAMES: Partial<Record<StateName, string>> = {
  'before the tunnel': 'before the launch script',
  connecting: 'connecting',
  failed: 'failed',
  connected: 'connected',
  'gateway silent': 'reconnecting',
  'supervisor dead': 'daemon dead',
  'both dead': 'daemon and tunnel process dead',
};

const NEVER =
  'no instruction of the container runs before lock and guard stand; `test/leak/starts.test.ts` races for it';

/** Sessions of the sidecar, one a kind of tunnel and posture. They live through all states. */
export function ours(world: LeakWorld): Fleet {
  const crew = new Crew(world);

  const everyone = async (): Promise<Reached['attackers']> =>
    (await crew.members()).map(({ kind, attacker }) => ({ way: wayOf(kind.name), attacker }));

  async function matrixState(name: string): Promise<Reached> {
    const state: State | undefined = STATES.find((one) => one.name === name);
    if (!state) throw new Error(`the matrix has no state ${name}`);
    await state.prepare(crew, world);
    return { attackers: await everyone(), ...(state.undo ? { undo: () => state.undo?.(world) ?? done } : {}) };
  }

  /** The daemon lives and will start them again: what counts is the moment. */
  async function killTunnels(): Promise<Reached> {
    await crew.connect();
    await Promise.all([...new Set(KINDS.map(({ processes }) => processes))].map(kill));
    return { attackers: await everyone() };
  }

  /** Docker gives them new namespaces and wires. Nothing comes after this state: the crew knows its members by the old ones. */
  async function restart(): Promise<Reached> {
    await crew.connect();
    const members = await crew.members();
    await Promise.all(members.map(({ attacker: { container } }) => docker('restart', '-t', '0', container)));
    const attackers = await Promise.all(
      members.map(async ({ kind, attacker: { container, network, posture } }) => ({
        way: wayOf(kind.name),
        attacker: await lookAt(container, network, posture),
      })),
    );
    return { attackers };
  }

  function reachAll(state: StateName): Promise<Reached> {
    if (state === 'tunnel dead') return killTunnels();
    if (state === 'restarted') return restart();
    return matrixState(MATRIX_NAMES[state] ?? state);
  }

  return {
    ways: WAYS,
    absent: (_, state) => (state === 'just started' ? NEVER : undefined),
    reach: async (state, ways) => {
      const { attackers, ...rest } = await reachAll(state);
      return { ...rest, attackers: attackers.filter(({ way }) => ways.includes(way)) };
    },
    cases: (all) => all,
  };
}

const done = Promise.resolve();

async function kill(processes: string): Promise<void> {
  const { exitCode } = await attempt(['pkill', '-KILL', '-f', processes]);
  if (exitCode !== 0) throw new Error(`no process is called ${processes}`);
}
