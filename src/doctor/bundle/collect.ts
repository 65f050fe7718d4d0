import { join } from 'node:path';
import { findNamespace } from '../../sidecar/host/netns.ts';
import { type ContainerView, isSeen, type Observation, type Seen } from '../observation.ts';
import { type Argv, type Look, lookWith, seen } from '../observe/look.ts';
import { endOf, type SidecarApi } from '../observe/sidecar.ts';
import type { Collected } from './contents.ts';

/** Lines of each log; a line is some 150 bytes. */
const LOG_LINES = 5_000;

export async function collect(seenBefore: Observation, api: SidecarApi, logDir: string): Promise<Collected> {
  const { plugin, pid } = seenBefore.sidecar;
  const look = lookWith(plugin?.enabled ? pid : undefined);
  return {
    sessions: await seen(() => api.sessions()),
    launchScripts: await seen(() => api.launchScripts()),
    printed: { ...(await ofHost(look)), ...(await ofNamespaces(look, seenBefore.containers)) },
    logs: {
      'network_sidecar.log': await lastLines(join(logDir, 'network_sidecar.log')),
      'plugin.log': await lastLines(join(logDir, 'plugin.log')),
    },
  };
}

const lastLines = (path: string): Promise<Seen<string[]>> => seen(async () => (await endOf(path)).slice(-LOG_LINES));

/** Rules, links and routes: none of these can print a key. `wg show` could, and is not among them. */
const RULES: Readonly<Record<string, Argv>> = {
  'nft.txt': ['nft', 'list', 'ruleset'],
  'iptables.txt': ['iptables-save', '-c'],
  'ip6tables.txt': ['ip6tables-save', '-c'],
};
const LINKS: Readonly<Record<string, Argv>> = {
  'address.txt': ['ip', '-statistics', 'address'],
  'route.txt': ['ip', 'route', 'show', 'table', 'all'],
  'route6.txt': ['ip', '-6', 'route', 'show', 'table', 'all'],
  'rule.txt': ['ip', 'rule'],
  'rule6.txt': ['ip', '-6', 'rule'],
};

const ofHost = (look: Look): Promise<Record<string, Seen<string>>> =>
  ask({ ...RULES, ...LINKS, 'bridge.txt': ['bridge', 'link'] }, 'host', (argv) => look(argv));

async function ofNamespaces(look: Look, containers: readonly ContainerView[]): Promise<Record<string, Seen<string>>> {
  const parts: Record<string, Seen<string>>[] = [];
  for (const { inside } of containers) {
    const namespace = isSeen(inside) ? findNamespace(inside.value.path) : undefined;
    if (namespace)
      parts.push(await ask({ ...RULES, ...LINKS }, `sessions/${namespace.name}`, (argv) => look(argv, { namespace })));
  }
  return Object.assign({}, ...parts);
}

async function ask(
  questions: Readonly<Record<string, Argv>>,
  folder: string,
  look: (argv: Argv) => Promise<Seen<string>>,
): Promise<Record<string, Seen<string>>> {
  const answers = await Promise.all(
    Object.entries(questions).map(async ([name, argv]) => [`${folder}/${name}`, await look(argv)] as const),
  );
  return Object.fromEntries(answers);
}
