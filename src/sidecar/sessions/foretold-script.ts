import { poll } from '../../shared/async.ts';
import type { EndpointRecord } from '../store/records.ts';
import type { FoundLaunchScript } from './launch-scripts.ts';
import type { SessionContext } from './session-context.ts';

/** Docker may know the container's id only a moment after its Join was answered. */
const ASKING = { everyMs: 15, deadlineMs: 90 };

/**
 * The launch script of the container that an endpoint is for, before that has a namespace or a process. It is Docker's word
 * alone, and without the container's labels: good enough to begin with, and never to end with.
 */
export async function foretellScript(
  { launchScripts, ownerOf }: Pick<SessionContext, 'launchScripts' | 'ownerOf'>,
  endpoint: EndpointRecord,
  signal: AbortSignal,
): Promise<FoundLaunchScript | undefined> {
  const { launchKey } = endpoint;
  if (launchKey !== undefined) return launchScripts.find({ launchKey, container: undefined });
  const ask = async () => {
    const owner = await ownerOf(endpoint);
    if (!owner) return undefined;
    const container = { id: owner.id ?? '', name: owner.name, labels: {} };
    const found = await launchScripts.find({ launchKey, container });
    return found ?? (owner.id === undefined ? undefined : null);
  };
  return (await poll(ask, { ...ASKING, signal })) ?? undefined;
}
