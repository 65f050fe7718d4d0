import { access } from 'node:fs/promises';
import { EgressError } from '../../../shared/errors.ts';
import { TUNNEL_DEVICES } from '../../../shared/names.ts';
import type { Run } from '../../host/command.ts';
import { linkNames, removeLink } from '../../host/ip.ts';
import { type Namespace, runInside } from '../../host/netns.ts';
import type { WgDevice } from '../../host/wg.ts';
import { ifNamespaceStands } from '../inside.ts';
import type { HostPlace, RemovalPlace, TunnelPlace, TunnelRecord } from '../tunnel.ts';
import { socketOf, startUserspace, stopUserspace } from './userspace.ts';

export const DEVICE = TUNNEL_DEVICES.wireguard;

export type Implementation = 'auto' | 'kernel' | 'userspace';

export interface DeviceParts {
  readonly run: Run;
  readonly implementation: Implementation;
  readonly userspaceBinary: string;
  readonly kernel: KernelAnswer;
}

export type CreatedDevice = Pick<TunnelRecord, 'implementation' | 'process'>;

/** Makes the device in the host's namespace. @throws EgressError TUNNEL_DEVICE_FAILED */
export async function createDevice(parts: DeviceParts, place: HostPlace): Promise<CreatedDevice> {
  if (parts.implementation !== 'userspace' && (await addKernelDevice(parts, place.hostDevice))) {
    return { implementation: 'kernel' };
  }
  if (parts.implementation === 'kernel') throw new EgressError('TUNNEL_DEVICE_FAILED', 'this kernel has no WireGuard');
  return { implementation: 'userspace', process: await startUserspace(parts.userspaceBinary, place) };
}

/** Older and newer iproute2 for "there is no such type of link". */
const UNKNOWN_TYPE = /Unknown device type|Operation not supported/;
/** A module may be added at any time, so a "no" is good for a minute only; asking costs 20 ms, since the kernel looks for one. */
const NO_IS_GOOD_FOR_MS = 60_000;

/** Whether this kernel said lately that it has no WireGuard. */
export class KernelAnswer {
  #saidNoAt = Number.NEGATIVE_INFINITY;

  get isNo(): boolean {
    return performance.now() - this.#saidNoAt < NO_IS_GOOD_FOR_MS;
  }

  sayNo(): void {
    this.#saidNoAt = performance.now();
  }
}

async function addKernelDevice({ run, kernel }: DeviceParts, name: string): Promise<boolean> {
  if (kernel.isNo) return false;
  const argv = ['ip', 'link', 'add', 'name', name, 'type', 'wireguard'] as const;
  const { exitCode, stderr } = await run(argv, { okExitCodes: [2] }); // 2: the kernel refused, perhaps the type
  if (exitCode === 0) return true;
  if (UNKNOWN_TYPE.test(stderr)) {
    kernel.sayNo();
    return false;
  }
  throw new EgressError('HOST_COMMAND_FAILED', `running ${argv.join(' ')}: ${stderr.trim()}`, {
    details: { program: 'ip' },
  });
}

/** Where wg(8) reaches the device once it is inside: a user-space one still by its socket on the host. */
export const wgDeviceOf = (
  run: Run,
  { hostDevice, namespace }: TunnelPlace,
  { implementation }: CreatedDevice,
): WgDevice =>
  implementation === 'userspace'
    ? { name: hostDevice, run }
    : { name: DEVICE, run: (argv, options) => runInside(run, namespace, argv, options) };

/** Takes away whatever stands for this device, wherever it is. Absent is success. */
export async function removeDevice(parts: DeviceParts, place: RemovalPlace, created?: CreatedDevice): Promise<void> {
  const { hostDevice, namespace } = place;
  if (created?.implementation !== 'kernel') await stopUserspace(parts.userspaceBinary, hostDevice, created?.process);
  if (linkNames().includes(hostDevice)) await removeLink(parts.run, hostDevice);
  // A user-space device went with its process.
  if (namespace && created?.implementation !== 'userspace')
    await ifNamespaceStands(removeInside(parts.run, namespace, hostDevice));
}

/** What an earlier life, or a failed removal, left on the host would be in a new device's way. */
export async function clearHost(parts: DeviceParts, hostDevice: string): Promise<void> {
  if (linkNames().includes(hostDevice) || (await exists(socketOf(hostDevice))))
    await removeDevice(parts, { hostDevice });
}

/** Its names inside: a move that failed half-way left it with the first. */
export const namesInside = (hostDevice: string): readonly string[] => [hostDevice, DEVICE];

async function removeInside(run: Run, namespace: Namespace, hostDevice: string): Promise<void> {
  await runInside(run, namespace, ['ip', '-force', '-batch', '-'], {
    input: namesInside(hostDevice)
      .map((name) => `link delete dev ${name}\n`)
      .join(''),
    okExitCodes: [1], // 1: cannot find device
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
