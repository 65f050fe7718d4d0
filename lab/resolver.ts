import { existsSync, readFileSync } from 'node:fs';
import { runInside } from './namespace.ts';

export interface ResolverOptions {
  readonly listen: readonly string[];
  readonly answers: readonly (readonly [name: string, address: string])[];
  readonly log: string;
  /** Names whose addresses change later, in the form of /etc/hosts; read again on SIGHUP to the process in `pidFile`. */
  readonly changing?: { readonly hostsFile: string; readonly pidFile: string };
}

/** A dnsmasq that knows only `answers`; it goes into the background by itself once it listens. */
export async function startResolver(namespace: string, options: ResolverOptions): Promise<void> {
  const { changing } = options;
  await runInside(namespace, [
    'dnsmasq',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--user=root',
    `--pid-file=${changing?.pidFile ?? ''}`,
    ...(changing ? [`--addn-hosts=${changing.hostsFile}`] : []),
    '--local=/test/', // known names have no other addresses, unknown ones don't exist
    '--bind-interfaces',
    '--log-queries',
    `--log-facility=${options.log}`,
    ...options.listen.map((address) => `--listen-address=${address}`),
    ...options.answers.map(([name, address]) => `--address=/${name}/${address}`),
  ]);
}

/** The names that a resolver was asked for, oldest first. */
export function queriesIn(log: string): string[] {
  if (!existsSync(log)) return [];
  return [...readFileSync(log, 'utf8').matchAll(/ query\[[A-Z0-9]+\] (\S+) from /g)].map(([, name]) => name ?? '');
}
