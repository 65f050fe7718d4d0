import { readFileSync, writeFileSync } from 'node:fs';
import { EgressError } from '../../shared/errors.ts';
import { inside } from './inside.ts';
import type { Namespace } from './netns.ts';

/**
 * Sets kernel parameters below `net` in a container's namespace: /proc/sys/net shows each thread its own. Unknown ones (a kernel
 * without IPv6) are passed over. @throws EgressError NAMESPACE_GONE, HOST_COMMAND_FAILED
 */
export function setSysctlsInside(namespace: Namespace, values: Readonly<Record<string, string>>): void {
  inside(namespace, () => {
    for (const [name, value] of Object.entries(values)) write(pathOf(name), value);
  });
}

/** Undefined for an unknown one, as of a device without IPv6. @throws EgressError NAMESPACE_GONE */
export function readSysctlInside(namespace: Namespace, name: string): string | undefined {
  return inside(namespace, () => {
    try {
      return readFileSync(pathOf(name), 'latin1').trim();
    } catch {
      return undefined;
    }
  });
}

const pathOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

function write(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new EgressError('HOST_COMMAND_FAILED', `writing ${path}: ${code}`, { cause: error });
  }
}
