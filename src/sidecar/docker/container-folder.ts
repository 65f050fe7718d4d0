import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  hostFolder,
  hostPathOf,
  parentOf,
  processesInNamespace,
  readMounts,
  workingDirectoryOf,
} from '../host/proc.ts';

/**
 * Who lives in a namespace, read from Docker's own files: the API can't be asked, since it holds the container's lock from
 * start to finish of `docker start`, and answers nothing at all while the engine boots (facts/docker-plugin.md, section 2).
 */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
  /** A process of the container; the first one, where it still lives. */
  readonly pid: number;
  /** `/var/lib/docker/containers/<id>`: its hosts and resolv.conf, which the container sees as bind mounts. */
  readonly folder: string;
  /** Host-side path of its root file system, from the OCI bundle; undefined where that can't be found. */
  readonly rootfs: string | undefined;
}

const HOSTS_FILE = /\/containers\/([0-9a-f]{64})\/hosts$/;

// daemon/container/container.go: the file has had these fields since Docker 1.8. Fields we don't need are ignored.
const configFile = z.object({
  ID: z.string(),
  Name: z.string(),
  Config: z.object({
    Labels: z.record(z.string(), z.string()).nullish(),
    Env: z.array(z.string()).nullish(),
  }),
});

const bundleFile = z.object({ root: z.object({ path: z.string() }) });

/** The container whose processes have the network namespace `inode`; undefined while it can't be told. */
export const findContainer = (inode: number): Promise<Container | undefined> =>
  containerOf(processesInNamespace(inode));

/** The container that these processes, all of one namespace, are in. */
export async function containerOf(processes: readonly number[]): Promise<Container | undefined> {
  for (const pid of processes) {
    const mount = (await readMounts(pid)).find(
      ({ root, mountPoint }) => HOSTS_FILE.test(root) && mountPoint.endsWith('/etc/hosts'),
    );
    const hostsFile = mount && (await hostPathOf(mount));
    const container = hostsFile && (await readContainer(dirname(hostsFile), pid));
    if (container && mount.root.includes(`/${container.id}/`)) return container;
  }
  return undefined;
}

async function readContainer(folder: string, pid: number): Promise<Container | undefined> {
  const config = await readJson(join(folder, 'config.v2.json'), configFile);
  if (!config) return undefined;
  return {
    id: config.ID,
    name: config.Name.replace(/^\//, ''),
    labels: config.Config.Labels ?? {},
    env: config.Config.Env ?? [],
    pid,
    folder,
    rootfs: await findRootfs(pid, config.ID),
  };
}

/** containerd's shim, and runc while it makes the container, work in the OCI bundle's folder, which bears the container's id. */
async function findRootfs(pid: number, id: string): Promise<string | undefined> {
  const parent = parentOf(pid);
  const bundle = parent === undefined ? undefined : await workingDirectoryOf(parent);
  if (!bundle?.endsWith(id)) return undefined;
  const config = await readJson(join(bundle, 'config.json'), bundleFile);
  return config && hostFolder(resolve(bundle, config.root.path));
}

async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
