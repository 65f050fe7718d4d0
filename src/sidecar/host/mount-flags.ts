import { readFileSync } from 'node:fs';

interface MountFlags {
  readonly point: string;
  readonly flags: readonly string[];
}

/** Optional fields of the mount that `path` lies in: proc(5), mountinfo; `shared:N`, `master:N`. Empty where it is private. */
export function readMountFlags(path: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(parseMount)
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`));
  // Of two at one place the later one lies on top.
  const deepest = (best: MountFlags, next: MountFlags) => (next.point.length >= best.point.length ? next : best);
  return mounts.reduce(deepest, { point: '', flags: [] }).flags;
}

function parseMount(line: string): MountFlags {
  const fields = line.split(' ');
  return { point: fields[4] ?? '', flags: fields.slice(6, fields.indexOf('-')) };
}
