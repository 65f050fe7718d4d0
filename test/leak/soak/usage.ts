import { readdir, readFile } from 'node:fs/promises';

/** Of the daemon, at one moment. */
export interface Usage {
  readonly mebibytes: number;
  readonly descriptors: number;
}

export async function readUsage(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    mebibytes: Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
  };
}
