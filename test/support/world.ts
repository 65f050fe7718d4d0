import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { openLab } from '../../lab/lab.ts';
import { PluginSidecar } from './plugin-sidecar.ts';
import { removeEverything } from './remove-everything.ts';
import { AS_PLUGIN } from './session.ts';
import type { Daemon } from './sidecar.ts';
import { Sidecar, showOnFailure } from './sidecar.ts';

/** What a test file works with. The lab is there once the file's first `beforeAll` has run. */
export interface World {
  readonly sidecar: Daemon;
  readonly lab: Lab;
}

/** One sidecar for this file, on an empty disk; engine and lab are shared. Leaves nothing to the next file. */
export function useWorld(): World {
  const sidecar: Daemon = AS_PLUGIN ? new PluginSidecar() : new Sidecar();
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await openLab();
    await removeEverything();
    await sidecar.wipe();
    await sidecar.start();
  });
  showOnFailure(sidecar);
  afterEach(async () => {
    await Promise.all((lab?.gateways ?? []).map((gateway) => gateway.restore()));
    if (!sidecar.running) await sidecar.start(); // or one failure becomes that of all tests after it
  });
  afterAll(async () => {
    if (!sidecar.running) await sidecar.start(); // else every removal waits 15 s for a plugin that is dead
    await removeEverything();
    await sidecar.stop();
  });
  return {
    sidecar,
    get lab() {
      if (!lab) throw new Error('the lab is not open before `beforeAll`');
      return lab;
    },
  };
}
