import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

/** Sets kernel parameters below `net` in a container's namespace. Unknown ones (a kernel without IPv6) are passed over. */
export async function setSysctlsInside(
  run: Run,
  namespace: Namespace,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const settings = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  await runInside(run, namespace, ['sysctl', '-q', '-e', '-w', ...settings]);
}
