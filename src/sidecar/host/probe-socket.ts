import { closeSync } from 'node:fs';
import { familyOf } from '../../shared/ip.ts';
import { inside } from './inside.ts';
import { bindSocket, connectSocket, openSocket, SystemCallError, send, setSocketOption } from './libc.ts';
import type { Namespace } from './netns.ts';
import { socketAddress } from './socket-address.ts';
import { AF_INET, AF_INET6, AF_PACKET, SO_BINDTODEVICE, SOCK_DGRAM, SOCK_RAW, SOL_SOCKET } from './socket-constants.ts';

/** How an attempt went: how many the kernel took, and why it refused the others. */
export interface Attempt {
  readonly sent: number;
  readonly refused: string | undefined;
}

/** Sends `count` datagrams from inside, as any program there could: by the routes, or by `device` past all of them. */
export function sendDatagrams(
  namespace: Namespace,
  { target, port, count, device }: { target: string; port: number; count: number; device?: string },
): Attempt {
  const address = socketAddress(target);
  address.writeUInt16BE(port, 2); // both families have it there
  return attempt(count, () =>
    inside(namespace, () => {
      const socket = openSocket(familyOf(target) === 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
      return readied(socket, () => {
        if (device) setSocketOption(socket, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`));
        connectSocket(socket, address);
      });
    }),
  );
}

/** Puts whole frames onto a device, past every rule of iptables in that namespace: packet(7). */
export function sendFrames(namespace: Namespace, deviceIndex: number, frame: Buffer, count: number): Attempt {
  return attempt(
    count,
    () =>
      inside(namespace, () => {
        const socket = openSocket(AF_PACKET, SOCK_RAW, 0); // protocol 0: it receives nothing
        return readied(socket, () => bindSocket(socket, linkAddress(deviceIndex)));
      }),
    frame,
  );
}

const PAYLOAD = Buffer.from('kasm-sidecar doctor: nobody should ever receive this');

function attempt(count: number, open: () => number, bytes: Buffer = PAYLOAD): Attempt {
  let socket: number | undefined;
  let sent = 0;
  try {
    socket = open();
    for (; sent < count; sent++) send(socket, bytes);
    return { sent, refused: undefined };
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return { sent, refused: error.code };
  } finally {
    if (socket !== undefined) closeSync(socket);
  }
}

function readied(socket: number, ready: () => void): number {
  try {
    ready();
    return socket;
  } catch (error) {
    closeSync(socket);
    throw error;
  }
}

/** struct sockaddr_ll */
function linkAddress(index: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeInt32LE(index, 4);
  return address;
}
