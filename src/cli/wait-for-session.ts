import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchScriptView, SessionEvent, SessionView } from '../shared/session-view.ts';
import type { ControlClient } from './client.ts';

export type Step = Pick<SessionView, 'state' | 'reason'>;
type Show = (step: Step) => void;

/** The daemon takes a new launch script up in the background; a session that needs no change shows none. */
const SETTLE_MS = 2_000;

/** The session that uses the launch script; not one that has ended and left its place to another. */
const findByScript = async (client: ControlClient, key: string): Promise<SessionView | undefined> =>
  (await client.sessions()).find((session) => session.key === key && session.state !== 'ended');

const isFinal = ({ state }: Step): boolean => state === 'connected' || state === 'failed' || state === 'ended';

/** A session may still show what became of the launch script before this one. */
const isStale = ({ since }: SessionView, { stored_at }: LaunchScriptView): boolean =>
  Date.parse(since) < Date.parse(stored_at);

const isOlder = ({ time }: SessionEvent, { since }: SessionView, { stored_at }: LaunchScriptView): boolean =>
  Date.parse(time) < Math.max(Date.parse(since), Date.parse(stored_at));

async function follow(
  client: ControlClient,
  script: LaunchScriptView,
  events: AsyncIterable<SessionEvent>,
  show: Show,
): Promise<Step | undefined> {
  const ends = (step: Step): boolean => {
    show(step);
    return isFinal(step);
  };
  let session = await findByScript(client, script.key);
  if (session && !isStale(session, script) && ends(session)) return session;
  for await (const event of events) {
    if (!session) {
      // Its container may have come only now; what is found may be newer than the event.
      session = await findByScript(client, script.key);
      if (session && !isStale(session, script) && ends(session)) return session;
    }
    if (!session || event.namespace !== session.namespace || isOlder(event, session, script)) continue;
    if (ends(event)) return event;
  }
  return undefined;
}

async function unchanged(client: ControlClient, { key }: LaunchScriptView, show: Show): Promise<Step | undefined> {
  await sleep(SETTLE_MS, undefined, { ref: false });
  const session = await findByScript(client, key);
  if (session?.state !== 'connected') return undefined;
  show(session);
  return session;
}

/**
 * How it ends with the session that uses `script`; undefined when the events end before. They began before the launch
 * script was sent, so that no change is missed.
 */
export function waitForSession(
  client: ControlClient,
  script: LaunchScriptView,
  events: AsyncIterable<SessionEvent>,
  show: Show,
): Promise<Step | undefined> {
  const followed = follow(client, script, events, show);
  const alreadyThere = unchanged(client, script, show).then((session) => session ?? followed);
  return Promise.race([followed, alreadyThere]);
}
