import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertSurroundings } from './engine.ts';
import type { Outcome } from './shell.ts';
import { attempt, sh } from './shell.ts';
import { waitFor } from './wait.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** A machine with systemd (scripts/lib/machine), in the network and with the /run of the tests. */
export class Machine {
  #folder = '';
  #process: ChildProcess | undefined;
  #pid = '';

  /** Boots it. @throws Error with what it printed, where systemd does not come up here */
  async boot(target: 'basic.target' | 'multi-user.target'): Promise<void> {
    assertSurroundings();
    this.#folder ||= await mkdtemp(join(tmpdir(), 'machine-'));
    const [log, pidFile] = [join(this.#folder, 'log'), join(this.#folder, 'pid')];
    await rm(pidFile, { force: true });
    const output = openSync(log, 'a');
    const machine = spawn(join(ROOT, 'scripts/lib/machine'), [this.#folder, target], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.#process = machine;
    await waitFor(
      `${target} of the machine`,
      async () => {
        if (machine.exitCode !== null) throw new Error(await readFile(log, 'utf8'));
        this.#pid = (await readFile(pidFile, 'utf8')).trim();
        return (await this.run('systemctl', 'is-active', target)).stdout === 'active';
      },
      { timeoutMs: 30_000 },
    );
  }

  run(...argv: [string, ...string[]]): Promise<Outcome> {
    return attempt(['nsenter', '-t', this.#pid, '-m', '-p', '-u', '-i', '-C', ...argv], 110_000);
  }

  /** @throws Error with what the command printed */
  async must(...argv: [string, ...string[]]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(...argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr || stdout}`);
    return stdout;
  }

  /** A unit's property, as `systemctl show` gives it. */
  show(unit: string, property: string): Promise<string> {
    return this.must('systemctl', 'show', '--value', '-p', property, unit);
  }

  /** As if its power was cut: every process ends at once, its disk stays. */
  async powerOff(): Promise<void> {
    const machine = this.#process;
    if (!machine || machine.exitCode !== null) return;
    if (this.#pid === '') machine.kill('SIGKILL');
    else process.kill(Number(this.#pid), 'SIGKILL');
    await waitFor('the end of the machine', () => machine.exitCode !== null || machine.signalCode !== null);
    await forgetMemory();
  }
}

/** What a kernel forgets when it ends, but for the lab's. */
async function forgetMemory(): Promise<void> {
  const links = (await sh('ip', '-o', 'link')).match(/(?<=^\d+: )(ks[ht]\w+|br_k\w+|docker0|veth\w+)/gm) ?? [];
  for (const link of links) await attempt(['ip', 'link', 'delete', link]);
  await sh('nft', 'flush', 'ruleset');
  const folder = '/run/docker/netns';
  for (const name of await readdir(folder).catch(() => [])) await attempt(['umount', join(folder, name)]);
  for (const path of ['docker', 'docker.sock', 'docker.pid', 'containerd', 'kasm-sidecar', 'systemd'])
    await rm(`/run/${path}`, { recursive: true, force: true });
}
