/**
 * A detour by which datagrams reach a gateway late, or not at all, as over a bad mobile network: what `tc netem` does, which
 * not every kernel has. A relay is none of the kernel's business, so it only serves tunnels over UDP.
 * `node lab/bad-path.ts PORT TARGET TARGET_PORT DELAY_MS LOSS_PERCENT`: DELAY_MS each way, LOSS_PERCENT each way.
 */
import { createSocket, type Socket } from 'node:dgram';

const [port, target, ...numbers] = process.argv.slice(2);
const [targetPort = 0, delayMs = 0, lossPercent = 0] = numbers.map(Number);
if (port === undefined || target === undefined || numbers.length !== 3) throw new Error('see the head of bad-path.ts');

/** Each visitor comes to the gateway from a port of its own, as behind a NAT. */
const sockets = new Map<string, Socket>();

function carry(send: () => void): void {
  if (Math.random() * 100 >= lossPercent) setTimeout(send, delayMs);
}

const entrance = createSocket('udp4');
entrance.on('message', (datagram, { address, port: visitorPort }) => {
  const key = `${address}:${visitorPort}`;
  let socket = sockets.get(key);
  if (!socket) {
    socket = createSocket('udp4');
    socket.on('message', (answer) => carry(() => entrance.send(answer, visitorPort, address)));
    socket.on('error', () => undefined); // the gateway is away: lost, as on the way
    sockets.set(key, socket);
  }
  const exit = socket;
  carry(() => exit.send(datagram, targetPort, target));
});
entrance.bind(Number(port));
