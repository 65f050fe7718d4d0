import { readFileSync } from 'node:fs';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The host's own, which a managed plugin sees by its first process. */
const HOST_GROUPS = '/proc/1/root/sys/fs/cgroup';
const GROUP = 'kasm-sidecar';
/** Docker calls the group of a plugin, as of a container, by its id. */
const OF_A_CONTAINER = /[/-][0-9a-f]{64}(\.scope)?$/m;

/**
 * Lets a process live on when we end. An engine ends all that is in the control group of its plugin, so it goes to one of
 * its own (ADR 16). Elsewhere nothing is to be done, and where it fails the process ends with us, and is made again.
 * Not to be waited for: the kernel lets no process fork while it moves one, and that may take its time.
 */
export async function outliveUs(
  pid: number,
  groups = HOST_GROUPS,
  own = readFileSync('/proc/self/cgroup', 'utf8'),
): Promise<void> {
  if (!OF_A_CONTAINER.test(own)) return;
  try {
    for (const hierarchy of await hierarchiesIn(groups)) await moveTo(join(hierarchy, GROUP), hierarchy, pid);
  } catch {
    // as above
  }
}

/** Version 2 is one tree; of version 1 there is one for each controller. */
async function hierarchiesIn(groups: string): Promise<string[]> {
  if (await exists(join(groups, 'cgroup.procs'))) return [groups];
  const hierarchies: string[] = [];
  for (const entry of await readdir(groups, { withFileTypes: true })) {
    const folder = join(groups, entry.name);
    if (entry.isDirectory() && (await exists(join(folder, 'cgroup.procs')))) hierarchies.push(folder);
  }
  return hierarchies;
}

/** Of version 1: a group that was given no processors takes nobody. */
const CPUSET = ['cpuset.cpus', 'cpuset.mems'];

async function moveTo(group: string, parent: string, pid: number): Promise<void> {
  await mkdir(group, { recursive: true });
  for (const file of CPUSET) {
    const own = join(group, file);
    if ((await exists(own)) && (await readFile(own, 'utf8')).trim() === '')
      await writeFile(own, await readFile(join(parent, file)));
  }
  await writeFile(join(group, 'cgroup.procs'), String(pid));
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
