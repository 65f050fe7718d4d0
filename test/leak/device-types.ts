import { attempt } from '../support/shell.ts';
import { DEVICE_TYPES } from './catalogue.ts';

/** Types of which the kernel says nothing but that they don't exist. */
const UNKNOWN = 'Unknown device type';

/** Those of the catalogue that this kernel can make, tried in a namespace that ends with the trial. */
export async function deviceTypes(): Promise<Set<string>> {
  const known = await Promise.all(
    DEVICE_TYPES.map(async (type) => {
      const trial = await attempt(['unshare', '--net', 'ip', 'link', 'add', 'name', 'trial', 'type', type]);
      return trial.stderr.includes(UNKNOWN) ? [] : [type];
    }),
  );
  return new Set(known.flat());
}

export const withoutDevice = (supported: ReadonlySet<string>): string[] =>
  DEVICE_TYPES.filter((type) => !supported.has(type));
