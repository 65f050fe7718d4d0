import type { Attempt } from '../../sidecar/host/probe-socket.ts';
import { type Finding, failure, type Judgement, ok, warning } from '../finding.ts';

/** What the two counters on a wire's host end said. */
export interface Counted {
  readonly before: number;
  readonly behind: number;
}

/** One interface of a session that leads to the host. */
export interface EndProbe {
  readonly link: string;
  readonly hostLink: string;
  /** Datagrams that any program may send, by the session's own routes. */
  readonly plain: Counted;
  /** Datagrams bound to the interface, past all routes. */
  readonly bound: Counted;
  readonly boundAttempts: readonly Attempt[];
  /** Frames past the lock: what a root in the container could send. */
  readonly raw: Counted;
  readonly rawAttempts: readonly Attempt[];
}

export interface ProbeView {
  readonly name: string;
  readonly plainAttempts: readonly Attempt[];
  /** What the tunnel's device sent meanwhile; undefined where there is none. */
  readonly tunnelPackets: number | undefined;
  readonly tunnel: string | undefined;
  readonly ends: readonly EndProbe[];
}

export const judgeProbe = (probe: ProbeView): Finding[] => [
  finding(probe, 'probe-routes', 'its packets take no other way than the tunnel', judgePlain(probe)),
  finding(probe, 'probe-lock', 'the lock holds what is sent past the tunnel', judgeBound(probe)),
  finding(probe, 'probe-guard', 'the guard alone holds what goes past the lock', judgeRaw(probe)),
];

const finding = ({ name }: ProbeView, id: string, title: string, judgement: Judgement): Finding => ({
  id,
  title,
  subject: name,
  ...judgement,
});

const LEAK = 'Cut it: kasm-sidecar session KEY --disconnect. Then report it, with the file of --bundle.';

const sentOf = (attempts: readonly Attempt[]): number => attempts.reduce((sum, { sent }) => sum + sent, 0);
const refusalsOf = (attempts: readonly Attempt[]): string =>
  [...new Set(attempts.flatMap(({ refused }) => refused ?? []))].join(', ');

const leakAt = ({ behind }: Counted, hostLink: string): Judgement =>
  failure(`LEAK: ${behind} packets passed both layers at ${hostLink}; dropped there`, LEAK);

const AGAIN =
  'The sidecar puts a lock or route that was changed back within some 6 s; see checks session-lock and session-routes.';

function judgePlain({ ends, plainAttempts, tunnel, tunnelPackets }: ProbeView): Judgement {
  const leak = ends.find(({ plain }) => plain.behind > 0);
  if (leak) return leakAt(leak.plain, leak.hostLink);
  const astray = ends.find(({ plain }) => plain.before > 0);
  if (astray) return failure(`${astray.plain.before} packets came out by ${astray.link}; the guard held them`, AGAIN);
  const sent = sentOf(plainAttempts);
  if (sent === 0) return ok(`refused (${refusalsOf(plainAttempts)}); none came out by another way`);
  if (tunnel !== undefined && tunnelPackets !== undefined && tunnelPackets >= sent)
    return ok(`${sent} sent, into ${tunnel}; none came out by another way`);
  return warning(
    `${sent} sent; none came out on the host, but ${tunnel ?? 'a tunnel'} did not count them either`,
    'Look at the session’s routes: its table 51820 may make them unreachable.',
  );
}

/**
 * The lock says no to the sender (EPERM). What was not refused has passed it, also where nothing arrived: the guard answers no
 * ARP for a next hop, so such packets wait in the container for ever.
 */
function judgeBound({ ends }: ProbeView): Judgement {
  const leak = ends.find(({ bound }) => bound.behind > 0);
  if (leak) return leakAt(leak.bound, leak.hostLink);
  const open = ends.find(({ boundAttempts, bound }) => bound.before > 0 || sentOf(boundAttempts) > 0);
  if (open) {
    const count = Math.max(sentOf(open.boundAttempts), open.bound.before);
    return failure(`the lock let ${count} packets by to ${open.link}; none passed the guard`, AGAIN);
  }
  const refusals = refusalsOf(ends.flatMap(({ boundAttempts }) => boundAttempts));
  return ok(`none came out by ${ends.map(({ link }) => link).join(', ')} (${refusals})`);
}

/** The frames that arrive also show that these counters can see: without that, all zeros would say nothing. */
function judgeRaw({ ends }: ProbeView): Judgement {
  const leak = ends.find(({ raw }) => raw.behind > 0);
  if (leak) return failure(`LEAK: ${leak.raw.behind} frames passed the guard of ${leak.hostLink}; dropped there`, LEAK);
  const blind = ends.find(({ raw, rawAttempts }) => raw.before === 0 || raw.before < sentOf(rawAttempts));
  if (!blind)
    return ok(ends.map(({ hostLink, raw }) => `${hostLink}: ${raw.before} frames arrived, 0 passed`).join(', '));
  return warning(
    `${blind.raw.before} of ${sentOf(blind.rawAttempts)} frames were seen at ${blind.hostLink}, so this probe shows nothing`,
    'Try again; if it stays so, look whether the interface is up.',
  );
}
