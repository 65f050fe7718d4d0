import { familyOf } from '../../shared/ip.ts';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

/** From where and whom: by a device of a namespace. */
export interface PingPath {
  readonly run: Run;
  readonly namespace: Namespace;
  readonly device: string;
  readonly target: string;
}

export interface PingOptions {
  /** Until then one answer must have come; whole seconds. */
  readonly seconds: number;
  readonly intervalSeconds: number;
  /** Of the whole packet, which must not be cut in pieces. */
  readonly bytes?: number;
}

/** RFC 792, RFC 4443: the IP header and ICMP's own. */
const HEADERS = { 4: 28, 6: 48 } as const;

/** Sends until one answer has come. @returns whether it has */
export async function ping(path: PingPath, { seconds, intervalSeconds, bytes }: PingOptions): Promise<boolean> {
  const { run, namespace, device, target } = path;
  const payload = bytes === undefined ? [] : ['-M', 'do', '-s', String(bytes - HEADERS[familyOf(target)])];
  const { exitCode } = await runInside(
    run,
    namespace,
    [
      'ping',
      '-q',
      '-n',
      '-c',
      '1',
      '-w',
      String(seconds),
      '-i',
      String(intervalSeconds),
      ...payload,
      '-I',
      device,
      target,
    ],
    { okExitCodes: [1, 2] }, // 1: no answer; 2: no route, or the device is gone
  );
  return exitCode === 0;
}
