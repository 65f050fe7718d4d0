import { settledWithin } from '../../shared/async.ts';
import type { IpFamily } from '../../shared/ip.ts';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

const program = (family: IpFamily, name: string): string => (family === 4 ? `ip${name}` : `ip6${name}`);
/** Seconds to wait for the lock of xtables: Docker holds it now and then. */
const WAIT = '5';

/** Of its commits; iptables-legacy's are not, so it must not wait for that. */
const HEARD_OF_WITHIN_MS = 50;

const transactionsOf = (text: string): number => text.split('\n').filter((line) => line === 'COMMIT').length;

/** Matches of xtables' own, as far as our rules have any: the kernel's `nft_compat` has them. */
const COMPAT_MATCH = /--icmpv6-type|-m (conntrack|icmp)/;

/**
 * Replaces the tables that the texts name, each as one transaction, in a container's namespace. The programs end together:
 * one that ends makes the other's transactions wait until the kernel has freed what it replaced. A rule with a match of xtables' own
 * makes its transaction wait for the same; so the family that has such rules comes first, and then the other one.
 */
export async function restoreInside(
  run: Run,
  namespace: Namespace,
  texts: ReadonlyMap<IpFamily, string>,
): Promise<void> {
  const inForce = Promise.withResolvers<void>();
  const inOrder = [...texts].sort(([, one], [, other]) => Number(hasCompatMatch(other)) - Number(hasCompatMatch(one)));
  const takeTurns = inOrder.some(([, text]) => hasCompatMatch(text));
  const restored: Promise<unknown>[] = [];
  for (const [family, input] of inOrder) {
    const before = takeTurns ? restored.at(-1) : undefined;
    const done = runInside(run, namespace, [program(family, 'tables-restore'), '--wait', WAIT], {
      input,
      commits: transactionsOf(input),
      inputOpenFor: settledWithin(inForce.promise, HEARD_OF_WITHIN_MS),
      ...(before ? { inputAfter: before } : {}),
    });
    restored.push(done);
  }
  await Promise.all(restored).finally(inForce.resolve);
}

const hasCompatMatch = (text: string): boolean => COMPAT_MATCH.test(text);

/** What `iptables -S` shows of one chain on the host; empty where the chain is absent. */
export async function listChain(run: Run, family: IpFamily, chain: string): Promise<string[]> {
  const { stdout } = await run([program(family, 'tables'), '--wait', WAIT, '-S', chain], { okExitCodes: [1] }); // 1: no such chain
  return stdout.split('\n').filter((line) => line !== '');
}

/** What `iptables -S` shows of the host's table `filter`. */
export async function listRules(run: Run, family: IpFamily): Promise<string[]> {
  const { stdout } = await run([program(family, 'tables'), '--wait', WAIT, '-S']);
  return stdout.split('\n').filter((line) => line !== '');
}

/**
 * Loads only the chains and rules that `text` names and leaves all others as they are.
 * @param beside a transaction of somebody else's: this program does not end before it, as those of `restoreInside`
 */
export async function restoreChains(
  run: Run,
  family: IpFamily,
  text: string,
  beside: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const argv = [program(family, 'tables-restore'), '--wait', WAIT, '--noflush'] as const;
  const inputOpenFor = settledWithin(beside, HEARD_OF_WITHIN_MS);
  await run(argv, { input: text, commits: transactionsOf(text), inputOpenFor });
}

export async function insertJump(
  run: Run,
  family: IpFamily,
  from: string,
  position: number,
  to: string,
): Promise<void> {
  await run([program(family, 'tables'), '--wait', WAIT, '-I', from, String(position), '-j', to]);
}

/** Takes our chain out of the host's iptables. Absent is success. */
export async function removeChain(run: Run, family: IpFamily, from: string, chain: string): Promise<void> {
  if ((await listChain(run, family, chain)).length === 0) return; // naming a chain that is not there is an error of usage
  const command = (...words: string[]) =>
    run([program(family, 'tables'), '--wait', WAIT, ...words], { okExitCodes: [1] }); // 1: no such rule
  await command('-D', from, '-j', chain);
  await command('-F', chain);
  await command('-X', chain);
}
