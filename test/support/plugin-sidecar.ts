import { rm } from 'node:fs/promises';
import { docker, tryDocker } from './docker.ts';
import { PLUGIN, PLUGIN_FOLDER, pluginAnswers, pluginPid, unpackPlugin } from './plugin.ts';
import type { Daemon } from './sidecar.ts';
import { RUN_FOLDER } from './sidecar.ts';
import { waitFor } from './wait.ts';

/** The managed plugin in the place of the process on the host: the same tests, the other way to run it. */
export class PluginSidecar implements Daemon {
  #pid: number | undefined;

  get pid(): number {
    if (this.#pid === undefined) throw new Error('the plugin is not enabled');
    return this.#pid;
  }

  get running(): boolean {
    return this.#pid !== undefined;
  }

  /** What a plugin prints is in Docker's own log. */
  readonly output = '';

  async start(): Promise<number> {
    if (this.running) return 0;
    await this.#install();
    const began = Date.now();
    // Docker looks after 0.5 s, and then only each 3 s: what it takes is not what the sidecar takes.
    const [took] = await Promise.all([
      pluginAnswers().then(() => Date.now() - began),
      docker('plugin', 'enable', PLUGIN),
    ]);
    this.#pid = await pluginPid();
    return took;
  }

  stop(): Promise<number> {
    return this.#end();
  }

  /** Docker starts it again at once, and a test wants it dead. While Docker is at it, it can't be told to leave it. */
  async kill(): Promise<number> {
    const killed = this.pid;
    process.kill(killed, 'SIGKILL');
    await waitFor('Docker’s restart', async () => ![undefined, killed].includes(await pluginPid()), { everyMs: 20 });
    await pluginAnswers();
    return this.#end();
  }

  async #end(): Promise<number> {
    const began = Date.now();
    await docker('plugin', 'disable', '-f', PLUGIN);
    this.#pid = undefined;
    return Date.now() - began;
  }

  async wipe(): Promise<void> {
    for (const folder of [RUN_FOLDER, '/var/lib/kasm-sidecar', '/etc/kasm-sidecar'])
      await rm(folder, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    if ((await tryDocker('plugin', 'inspect', PLUGIN)).exitCode === 0) return;
    await unpackPlugin();
    await docker('plugin', 'create', PLUGIN, PLUGIN_FOLDER);
  }
}
