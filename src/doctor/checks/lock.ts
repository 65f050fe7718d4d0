import { TUNNEL_DEVICES } from '../../shared/names.ts';
import { failure, type Judgement, ok, skipped } from '../finding.ts';
import { type ContainerView, isSeen, type Observation, type Seen } from '../observation.ts';
import type { ContainerCheck } from './check.ts';
import { isOpen, repairOf } from './session.ts';

/** The inner layer: iptables in the container's namespace. */
export const lockChecks: readonly ContainerCheck[] = [
  { id: 'session-lock', title: 'the lock: iptables in its namespace', question: 8, of: 'session', judge: judgeLock },
];

function judgeLock(container: ContainerView, seen: Observation): Judgement {
  const { inside } = container;
  if (!isSeen(inside)) return skipped('its namespace was not found');
  if (isOpen(container)) return ok('open, as was asked for (no tunnel)');
  const flaw = flawOf(inside.value.lock4, 4, container) ?? flawOf(inside.value.lock6, 6, container);
  if (flaw === undefined) return ok('stands, for IPv4 and IPv6');
  return failure(flaw, `${repairOf(seen)} The guard holds meanwhile, if its check is fine.`);
}

interface Tables {
  readonly policies: ReadonlyMap<string, string>;
  readonly mangle: readonly string[];
  readonly filter: readonly string[];
}

/** Of `iptables-save`: policies as `mangle OUTPUT` → `DROP`. */
function parseSaved(text: string): Tables {
  const policies = new Map<string, string>();
  const rules: Record<string, string[]> = { mangle: [], filter: [] };
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (chain !== undefined && policy !== undefined) policies.set(`${table} ${chain}`, policy);
    if (line.startsWith('-A ')) rules[table]?.push(line);
  }
  return { policies, mangle: rules.mangle ?? [], filter: rules.filter ?? [] };
}

const SHUT = ['mangle INPUT', 'mangle FORWARD', 'mangle OUTPUT', 'filter INPUT', 'filter FORWARD', 'filter OUTPUT'];
const THROUGH: readonly string[] = ['lo', ...Object.values(TUNNEL_DEVICES)];

/** What is wrong with the rules of one family; undefined where nothing is. */
function flawOf(saved: Seen<string>, family: 4 | 6, { proxyAddress }: ContainerView): string | undefined {
  const name = `IPv${family}`;
  if (!isSeen(saved)) return `${name} can’t be read: ${saved.problem}`;
  const { policies, mangle, filter } = parseSaved(saved.value);
  const open = SHUT.find((chain) => policies.get(chain) !== 'DROP');
  if (open) return `${name}: the policy of ${open} is ${policies.get(open) ?? 'not set'}, not DROP`;
  const wide = mangle.find(isTooWide);
  if (wide) return `${name}: a rule lets too much by: ${wide}`;
  if (family === 4 && !mangle.includes('-A OUTPUT -d 127.0.0.11/32 -j DROP'))
    return `${name}: Docker’s resolver, 127.0.0.11, is not dropped`;
  const missing = THROUGH.find((device) => !filter.includes(`-A OUTPUT -o ${device} -j ACCEPT`));
  if (missing) return `${name}: filter OUTPUT has no row for ${missing}`;
  if (
    family === 4 &&
    proxyAddress &&
    !filter.some((rule) => rule.startsWith(`-A OUTPUT -d ${proxyAddress}/32 -o k-p-`))
  )
    return `${name}: filter OUTPUT has no row for the proxy, ${proxyAddress}`;
  return undefined;
}

/**
 * All of ours that accept name a device that may carry anything, or one destination or source, or are of neighbour
 * discovery, or let in "this packet is too big". Anything else that does not drop may be anything.
 */
const isTooWide = (rule: string): boolean =>
  !/ -j DROP$/.test(rule) &&
  !THROUGH.some((device) => rule.includes(` -o ${device} `) || rule.includes(` -i ${device} `)) &&
  !/ -[ds] (?!0\.0\.0\.0\/0|::\/0)[0-9a-f.:]+\/\d+ /.test(rule) &&
  !/ -p ipv6-icmp .*--icmpv6-type \S+ /.test(rule) &&
  !/ --icmp-type 3\/4 /.test(rule);
