import { publish, publishBroken, publishNext, reference, startRegistry, unpackPlugin } from './plugin.ts';

/** Vitest's global setup of the lifecycle suite, after that of the engine: the plugin's versions, in a registry. */
export async function setup(): Promise<void> {
  await startRegistry();
  await unpackPlugin();
  await publish(reference('first'));
  await publishNext(reference('next'));
  await publishBroken(reference('broken'));
}
