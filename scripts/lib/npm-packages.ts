import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Below the project's root, as package-lock.json names it: one name may be there in two versions. */
  readonly folder: string;
  /** Names of what it needs when it runs, also the parts for single platforms. */
  readonly dependencies: readonly string[];
}

/** `/root/node_modules/@scope/name/lib/x.js` → `node_modules/@scope/name`; undefined for a file of our own. */
export function packageFolderOf(root: string, path: string): string | undefined {
  if (!path.startsWith(`${root}/node_modules/`)) return undefined;
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.slice(root.length + 1))?.[0];
}

/** Undefined where it is not installed. */
export function readPackage(root: string, folder: string): NpmPackage | undefined {
  const file = join(root, folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  return {
    name: manifest.name,
    version: manifest.version,
    licence: typeof manifest.license === 'string' ? manifest.license : (manifest.license?.type ?? 'NOASSERTION'),
    folder,
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
  };
}
