import { docker } from '../support/docker.ts';
import { runContainer, type SessionOptions } from '../support/session.ts';
import { waitFor } from '../support/wait.ts';
import { asAttacker, PYTHON } from './attacker.ts';
import { nameOf } from './attempts/name.ts';
import { tcpTo, udpTo } from './attempts/socket.ts';
import { makeTrail, type Trail } from './marks.ts';
import { createPlainNetwork, type Network } from './network.ts';
import { describeSighting, type Observer, type Sighting } from './observer.ts';
import { dockerDefault, type Posture } from './posture.ts';

const SITE = '203.0.113.80';
const SITE6 = '2001:db8:113::80';
const BY_WIRE = { device: 'auto', bind: true };

/** A container whose first process sends again and again, from its first instruction on. */
export interface Flooder {
  readonly trail: Trail;
  readonly options: SessionOptions;
}

export interface FloodOptions {
  /** Arguments of `docker run`. */
  readonly run?: readonly string[];
  /** Between two attempts of one way. */
  readonly pauseSeconds?: number;
}

/** By the routes, by the wire whatever it is called, and by names. */
export function flooder(
  observer: Observer,
  posture: Posture,
  network: Network,
  { run = [], pauseSeconds = 0.02 }: FloodOptions = {},
): Flooder {
  const trail = makeTrail(observer, [
    (mark) => udpTo(SITE, 1337, mark),
    (mark) => udpTo(SITE, 1337, mark, BY_WIRE),
    (mark) => udpTo(SITE6, 1337, mark, BY_WIRE),
    (mark) => tcpTo(SITE, 443, mark, BY_WIRE),
    (mark) => ({ op: 'resolve', name: nameOf(mark) }),
  ]);
  const order = JSON.stringify({ attempts: trail.attempts, seconds: 36_000, pause: pauseSeconds });
  return { trail, options: { ...asAttacker(posture, network, { run }), command: [...PYTHON, 'flood', order] } };
}

/** The control: waits until the same flood of an unprotected container was seen, by every way. */
export async function seeUnprotected(observer: Observer): Promise<void> {
  const { trail, options } = flooder(observer, dockerDefault, await createPlainNetwork());
  await runContainer('flood-control', options);
  await waitFor('all of it', async () => {
    await observer.catchUp();
    const seen = trail.marks.filter((mark) => observer.sightings(mark).some(isOut));
    if (seen.length < trail.marks.length) throw new Error(`${seen.length} of ${trail.marks.length} ways were`);
    return true;
  });
  await docker('rm', '-f', 'flood-control');
}

/**
 * A frame that comes out of a container is on its own wire; all else is on its way to somebody. What comes in by the host's wire
 * is not: the lab's switch gives the host, too, what the site answers a gateway whose port it has just forgotten.
 */
const isOut = ({ outgoing, linkName }: Sighting): boolean => outgoing || /^(lo$|br|docker)/.test(linkName);

export const leavings = (observer: Observer, { marks }: Trail): string[] =>
  marks.flatMap((mark) => observer.sightings(mark).filter(isOut).map(describeSighting));
