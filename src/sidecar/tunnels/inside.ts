import { EgressError } from '../../shared/errors.ts';
import { familyOf, type IpFamily } from '../../shared/ip.ts';
import type { Run } from '../host/command.ts';
import { ipBatch } from '../host/ip.ts';
import { type Namespace, runInside, withNamespace } from '../host/netns.ts';
import { runRepeatableBatch } from '../host/repeatable-batch.ts';
import { setSysctlsInside } from '../host/sysctl.ts';
import {
  planTunnelHold,
  planTunnelRelease,
  planTunnelRoutes,
  TUNNEL_TABLE,
  type TunnelRouting,
} from '../plan/tunnel-routes.ts';
import type { TunnelPlace } from './tunnel.ts';

/**
 * Makes everything unreachable that no tunnel takes, and takes away devices of an earlier life. Both families at once,
 * and both are waited for, also when one fails.
 */
export async function holdInside(
  run: Run,
  namespace: Namespace,
  oldDevices: readonly string[],
  kernelHasIpv6: boolean,
): Promise<void> {
  const removals = oldDevices.map((name) => `link delete dev ${name}`);
  const apply = (family: IpFamily, lines: readonly string[]) =>
    runRepeatableBatch(run, namespace, family, [...planTunnelHold(family), ...lines]);
  const results = await Promise.allSettled([apply(4, removals), ...(kernelHasIpv6 ? [apply(6, [])] : [])]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Undoes `holdInside`. Absent is success. */
export async function releaseInside(run: Run, namespace: Namespace): Promise<void> {
  const input = `${planTunnelRelease().join('\n')}\n`;
  const okExitCodes = [1]; // 1: no such rule, or no IPv6
  await Promise.all(
    ['-4', '-6'].map((family) =>
      runInside(run, namespace, ['ip', family, '-force', '-batch', '-'], { input, okExitCodes }),
    ),
  );
}

/**
 * Addresses and routes of a device that is inside already: only now, so that two sessions whose provider gave both the
 * same address never meet on the host.
 */
export async function configureInside(run: Run, namespace: Namespace, routing: TunnelRouting): Promise<void> {
  allowIpv6(namespace, routing);
  await ipBatch(run, planTunnelRoutes(routing), { namespace, atOnce: true });
}

/**
 * Docker up to 25 turns IPv6 off in every container. Nobody on the other side may hand us routes (accept_ra), and
 * nobody there needs to hear of a link-local address (addr_gen_mode 1: none).
 */
function allowIpv6(namespace: Namespace, { device, addresses }: TunnelRouting): void {
  if (!addresses.some((address) => familyOf(address) === 6)) return;
  const settings = `net.ipv6.conf.${device}`;
  setSysctlsInside(namespace, {
    [`${settings}.addr_gen_mode`]: '1',
    [`${settings}.accept_ra`]: '0',
    [`${settings}.disable_ipv6`]: '0',
  });
}

/** Moves the device into the session. Its name there must be free: the kernel moves first, and then fails to rename. */
export async function moveDevice(
  run: Run,
  { hostDevice, namespace }: Pick<TunnelPlace, 'hostDevice' | 'namespace'>,
  name: string,
): Promise<void> {
  await withNamespace(namespace, (descriptor) =>
    run(['ip', 'link', 'set', 'dev', hostDevice, 'netns', '/proc/self/fd/3', 'name', name], { files: [descriptor] }),
  );
}

/** Whether the device stands there with that address (CIDR form); not, where the namespace is gone. */
export async function hasAddress(run: Run, namespace: Namespace, device: string, address: string): Promise<boolean> {
  const look = runInside(run, namespace, ['ip', '-o', 'address', 'show', 'dev', device], { okExitCodes: [1] }); // 1: no device
  return (await ifNamespaceStands(look))?.stdout.includes(` ${address} `) ?? false;
}

/** Undefined where the namespace is gone, with everything that was in it. */
export const ifNamespaceStands = <T>(step: Promise<T>): Promise<T | undefined> =>
  step.catch((error: unknown) => {
    if (error instanceof EgressError && error.code === 'NAMESPACE_GONE') return undefined;
    throw error;
  });

/** What of ours stands inside, as text that compares: rules, the tunnel's routes, its addresses. Empty where it can't be read. */
export async function describeInside(
  run: Run,
  namespace: Namespace,
  device: string,
  families: ReadonlySet<IpFamily>,
): Promise<string> {
  const lines = ['rule show', `route show table ${TUNNEL_TABLE}`, `address show dev ${device}`];
  const read = (family: IpFamily) =>
    runInside(run, namespace, ['ip', `-${family}`, '-batch', '-'], {
      input: `${lines.join('\n')}\n`,
      okExitCodes: [1],
    });
  const texts = await Promise.all([...families].map(async (family) => (await read(family)).stdout));
  const isOurs = (line: string) => !/^\d+: \S+: <|^ +link\//.test(line); // of the device itself: its flags and MTU may change
  return texts.join('').split('\n').filter(isOurs).join('\n');
}
