import { tcpTo, udpTo } from './attempts/socket.ts';
import type { Attempt, Mark } from './case.ts';
import { describeSighting, type Observer } from './observer.ts';

/** For attacks that go on for a while, instead of once: all their packets bear the marks that they began with. */
export interface Trail {
  readonly attempts: readonly (Attempt & { readonly tag: string })[];
  readonly marks: readonly Mark[];
}

const SITE = '203.0.113.80';
/** The site's echo. */
const ECHO = 7;

/** A trail of one attempt for each of `builders`. */
export function makeTrail(observer: Observer, builders: readonly ((mark: Mark) => Attempt)[]): Trail {
  const parts = builders.map((build) => {
    const mark = observer.newMark();
    return { mark, attempt: { ...build(mark), tag: mark.tag } };
  });
  return { attempts: parts.map(({ attempt }) => attempt), marks: parts.map(({ mark }) => mark) };
}

/** Connections to the site's echo, by TCP and by UDP. */
export const flowTrail = (observer: Observer): Trail =>
  makeTrail(observer, [(mark) => tcpTo(SITE, ECHO, mark), (mark) => udpTo(SITE, ECHO, mark)]);

/** What was seen of a trail anywhere but on the host's end of its container's own wires. */
export const seenOutside = (observer: Observer, { marks }: Trail, ownLinks: ReadonlySet<number>): string[] =>
  marks.flatMap((mark) =>
    observer
      .sightings(mark)
      .filter(({ link }) => !ownLinks.has(link))
      .map(describeSighting),
  );
