import { startAttacker } from '../attacker.ts';
import { createPlainNetwork } from '../network.ts';
import { POSTURES } from '../posture.ts';
import type { Fleet } from './way.ts';
import { withoutOurProxy } from './without-our-proxy.ts';

const NAME = 'no-vpn';

/** The bottom line: how much of the catalogue gets out where nobody does anything about it. */
export const noVpn: Fleet = {
  ways: [
    {
      name: NAME,
      title: 'Docker’s bridge, no VPN',
      ours: false,
      how: 'a user-defined bridge network, and nothing else: what the catalogue can show at all.',
      sources: ['https://docs.docker.com/engine/network/drivers/bridge/'],
    },
  ],
  absent: (_, state) => (state === 'just started' ? undefined : 'there is no tunnel to be in a state'),
  reach: async () => ({
    attackers: await Promise.all(
      POSTURES.map(async (posture) => ({
        way: NAME,
        attacker: await startAttacker(`no-vpn-${posture.word}`, posture, await createPlainNetwork()),
      })),
    ),
  }),
  cases: withoutOurProxy,
};
