import type { Group } from './case.ts';
import { frames } from './cases/frames.ts';
import { host } from './cases/host.ts';
import { names } from './cases/names.ts';
import { neighbours } from './cases/neighbours.ts';
import { proxy } from './cases/proxy.ts';
import { sockets } from './cases/sockets.ts';
import { transport } from './cases/transport.ts';

/** Every probe there is. */
export const CATALOGUE: readonly Group[] = [transport, names, sockets, host, neighbours, frames, proxy];
