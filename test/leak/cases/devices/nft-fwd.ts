import { IP } from '../../attempts/made-device.ts';
import { udpTo } from '../../attempts/socket.ts';
import type { Case } from '../../case.ts';

const NFT = '/usr/sbin/nft';
const TABLE = ['netdev', 'lk'];

export const nftFwd: Case = {
  name: 'nft fwd of loopback’s packets to the gateway',
  why: 'a hook behind the lock: what loopback may carry is handed to the wire',
  source: 'issue 6; nft(8)',
  seenAt: 'bridge',
  belowLock: true,
  acts: ({ gateway4, gatewayMac, device }) => [
    [IP, 'neigh', 'replace', gateway4, 'lladdr', gatewayMac, 'dev', device, 'nud', 'permanent'],
    [NFT, 'add', 'table', ...TABLE],
    [NFT, 'add', 'chain', ...TABLE, 'back', '{ type filter hook ingress device "lo" priority 0; }'],
    [
      ...[NFT, 'add', 'rule', ...TABLE, 'back'],
      ...`meta protocol ip udp dport 4977 fwd ip to ${gateway4} device ${device}`.split(' '),
    ],
  ],
  attempts: (_, mark) => [udpTo('127.0.0.77', 4977, mark)],
};
