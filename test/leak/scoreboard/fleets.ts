import type { LeakWorld } from '../world.ts';
import { gluetun } from './gluetun.ts';
import { gluetunRules } from './gluetun-rules.ts';
import { noVpn } from './no-vpn.ts';
import { ours } from './ours.ts';
import { SharedNamespaces } from './shared-namespace.ts';
import type { Fleet } from './way.ts';
import { wgQuick, wgQuickKillSwitch } from './wg-quick.ts';

/** Everyone. Each fleet is gone, or at rest, before the next one comes. */
export const fleetsIn = (world: LeakWorld): readonly Fleet[] => [
  ours(world),
  new SharedNamespaces(world, [wgQuick, wgQuickKillSwitch]),
  new SharedNamespaces(world, [gluetunRules, gluetun]),
  noVpn,
];
