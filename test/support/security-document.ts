import { SESSION_STATES } from '../../src/shared/session-view.ts';
import { planGuard } from '../../src/sidecar/plan/guard.ts';
import { planLock } from '../../src/sidecar/plan/lock.ts';
import { planPassage } from '../../src/sidecar/plan/passage.ts';
import { readManifest, renderGrants } from './plugin-manifest.ts';
import { aWire } from './wires.ts';

const meaning = {
  blocked: 'No launch script yet, or an operator cut the session.',
  connecting: 'The tunnel is being made; its server has not answered yet.',
  connected: 'The tunnel is up.',
  reconnecting: "The server stopped answering, or the tunnel's process died.",
  failed: 'The deadline passed, or the launch script cannot work.',
  ended: 'The container is gone.',
} as const;

const code = (text: string): string => ['```', text.trim(), '```'].join('\n');

const acceptsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /accept|ACCEPT$/.test(line))
    .map((line) => line.trim())
    .join('\n') || 'nothing';

/** docs/security.md is made of the plans themselves, so that it can't say what the code doesn't do. */
export function renderSecurityDocument(): string {
  const tunnel = { kind: 'tunnel', allow: [] } as const;
  const sections = SESSION_STATES.map((state) => {
    const passage = planPassage(state, tunnel);
    return [
      `### ${state}`,
      '',
      meaning[state],
      '',
      'What the guard lets out of the wire:',
      '',
      code(acceptsOf(planGuard(aWire, passage))),
      '',
    ].join('\n');
  });
  const { v4 } = planLock({
    wires: [aWire],
    passage: planPassage('connected', tunnel),
    servers: ['203.0.113.11'],
    announces: false,
  });
  return [
    HEAD,
    ...sections,
    LOCK_HEAD,
    code(v4),
    '',
    TAIL,
    PLUGIN_HEAD,
    renderGrants(readManifest()),
    '',
    PLUGIN_TAIL,
  ].join('\n');
}

const HEAD = `# What may pass

<!-- Written by test/unit/plan/golden.test.ts from the plans themselves; \`npm run golden\` rewrites it. -->

Two independent layers stand between a session and everything else. Removing either one alone leaks nothing.

| layer | where | who can change it |
|---|---|---|
| **guard** | nft table \`netdev kasm_sidecar\`, chain \`from_<link>\`, on the host end of the session's veth, at ingress | root on the host |
| **lock** | iptables and ip6tables, tables \`mangle\` and \`filter\`, in the container's network namespace | root on the host, and a root in the container with NET_ADMIN |

The tunnel needs no hole in either: its device stands inside the container, its encrypted socket on the host. So the guard
is the same in every state of a session with a tunnel; a state decides only what goes *past* a tunnel, which is nothing
unless the launch script says \`allow\` or \`type: none\`.

The host has a third set of rules, \`inet kasm_sidecar\`: what comes from a session's bridge reaches neither the host's
services nor other Docker networks, and is forwarded only for sessions that may go direct.

The examples below are of a session 172.20.0.3 whose proxy is 172.20.0.2.

## The guard, state by state
`;

const LOCK_HEAD = `## The lock

The table \`filter\` has the rows that Kasm's documents show, under policy DROP; \`mangle\` comes first and holds what may
really pass (see \`adr/0002-two-tables-in-the-lock.md\`). The IPv6 tables are the same without addresses, so that nothing passes
but loopback, the tunnel, and a neighbour advertisement to the own link: Docker 28 sends one, and would not connect the
container otherwise. The guard stops it.
`;

const TAIL = `## Names

Docker's embedded resolver (127.0.0.11) asks the host's resolvers, on newer engines always from the host. A session with a tunnel must
never use it: its sockets in the namespace are closed, the lock drops what is sent to it, and the container's resolv.conf
names the tunnel's resolver, or none. The container's first process does not run before that (see
\`adr/0009-hold-the-first-process.md\`).

## Where an encrypted socket may lead

The socket of a tunnel stands on the host, so a tenant's server address is refused if it is the host's own, loopback, link-local
(cloud metadata among them), multicast, or on one of Docker's networks: when the launch script arrives, and again after a name was
resolved. \`KASM_SIDECAR_ENDPOINT_ALLOW\` permits ranges.

## What is not defended

- A root in the container with CAP_NET_ADMIN may flush the lock; the guard holds.
- A container that gets a second network *while it runs* has its other interface shut on the host within some 50 ms. A root with
  CAP_NET_ADMIN who has flushed the lock beforehand could use that time; without CAP_NET_ADMIN the lock holds.
- Interfaces that have no host end (macvlan, ipvlan of another network) are held by the lock alone.
- Docker up to 27 with a host resolver on loopback: a process that asks 127.0.0.11 in its first instruction, while many containers
  start at once, may be answered by way of the host before the lock stands (see known-issues.md for the cure). The thread that holds
  first processes runs in real time, so a busy host does not make it late; a virtual machine that gets no turn itself can.
- Root on the host, and whoever may use Docker's socket.
`;

const PLUGIN_HEAD = `## What the managed plugin is granted

All that \`docker plugin install\` asks for, from \`config.json\`. Besides these it has what Docker gives every plugin.
`;

const PLUGIN_TAIL = `Whoever may enter every container's namespaces and write to \`/run\`, where Docker's socket is, is root on the host in the
end: the list keeps accidents small, not an attacker who has taken over the sidecar. That is why it listens on two unix
sockets only, runs no shell for a session, and parses everything that comes from outside before it uses it. Not granted:
loading kernel modules (\`CAP_SYS_MODULE\`), all devices (\`allowAllDevices\`), writing to \`/etc\`.
`;
