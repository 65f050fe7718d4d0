import { readFileSync } from 'node:fs';
import { z } from 'zod';

const named = { name: z.string(), description: z.string() };

/** config.json, as Docker's specification of managed plugins has it; what we don't use may not stand there. */
const manifest = z.strictObject({
  description: z.string(),
  documentation: z.string(),
  entrypoint: z.array(z.string()),
  workdir: z.string(),
  interface: z.strictObject({ types: z.array(z.string()), socket: z.string() }),
  network: z.strictObject({ type: z.literal('host') }),
  pidhost: z.literal(true),
  mounts: z.array(
    z.strictObject({
      ...named,
      source: z.string(),
      destination: z.string(),
      type: z.literal('bind'),
      options: z.array(z.string()),
    }),
  ),
  env: z.array(z.strictObject({ ...named, settable: z.tuple([z.literal('value')]) })),
  linux: z.strictObject({
    capabilities: z.array(z.string()),
    devices: z.array(z.strictObject({ ...named, path: z.string(), settable: z.tuple([z.literal('path')]) })),
  }),
});
export type PluginManifest = z.infer<typeof manifest>;

export const readManifest = (): PluginManifest =>
  manifest.parse(JSON.parse(readFileSync(new URL('../../config.json', import.meta.url), 'utf8')));

/** Why each is needed. A grant without a reason here fails the test that writes docs/security.md. */
const WHY: Readonly<Record<string, string>> = {
  CAP_NET_ADMIN: 'links, routes, nftables, iptables, tunnels; in the host and in containers',
  CAP_SYS_ADMIN:
    "entering a container's network namespace (setns); making `/proc/sys` writable for itself: settings of containers' namespaces, and `fs.inotify.max_user_instances`, which is doubled where many `wireguard-go` run",
  CAP_SYS_NICE:
    'a turn before all others for the thread that holds first processes, on Docker up to 27; without it the odds are worse',
  CAP_SYS_PTRACE:
    "`/proc/<pid>/ns/net`, `root` and `cwd` of containers' processes: who lives in a namespace, and `.egress_status`; the host's control groups, for tunnels that outlive the plugin; the sockets of our own `wireguard-go` ([ADR 21](adr/0021-wireguard-go-hears-of-no-links.md))",
  pidhost:
    "the same: a container's processes must be seen; and holding a container's first process until its rules stand",
  network: 'it is the host whose network is changed, and the tunnels’ encrypted sockets stand there',
};

const why = (grant: string): string => {
  const reason = WHY[grant];
  if (reason === undefined) throw new Error(`config.json grants ${grant}, and nobody says why`);
  return reason;
};

const access = (options: readonly string[]): string => (options.includes('ro') ? 'read' : 'read, write');

/** A section of docs/security.md, made of config.json itself. */
export function renderGrants({ mounts, linux, network }: PluginManifest): string {
  const rows = [
    ...linux.capabilities.map((name) => [`capability \`${name}\``, why(name)]),
    [`network \`${network.type}\``, why('network')],
    ['process ids of the host', why('pidhost')],
    ...mounts.map(({ source, options, description }) => [`\`${source}\` (${access(options)})`, description]),
    ...linux.devices.map(({ path, description }) => [`device \`${path}\``, description]),
  ];
  return ['| grant | for |', '|---|---|', ...rows.map(([grant, reason]) => `| ${grant} | ${reason} |`)].join('\n');
}
