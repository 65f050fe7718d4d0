import type { Finding } from '../finding.ts';
import type { ContainerView, Observation } from '../observation.ts';
import type { Check, ContainerCheck } from './check.ts';
import { engineChecks } from './engine.ts';
import { guardChecks } from './guard.ts';
import { hostChecks } from './host.ts';
import { lockChecks } from './lock.ts';
import { networkChecks } from './networks.ts';
import { proxyChecks } from './proxy.ts';
import { sessionChecks } from './session.ts';
import { sidecarChecks } from './sidecar.ts';
import { storageChecks } from './storage.ts';

/** In the order in which one thing rests on another: the first failure is the one to mend. */
export const CHECKS: readonly Check[] = [
  ...engineChecks,
  ...hostChecks,
  ...sidecarChecks,
  ...networkChecks,
  ...storageChecks,
];
export const CONTAINER_CHECKS: readonly ContainerCheck[] = [
  ...proxyChecks,
  ...sessionChecks,
  ...lockChecks,
  ...guardChecks,
];

/** All findings; of the containers only those in `about`. */
export const diagnose = (seen: Observation, about: readonly ContainerView[] = seen.containers): Finding[] => [
  ...CHECKS.map(({ judge, ...check }) => ({ ...check, ...judge(seen) })),
  ...about.flatMap((container) =>
    CONTAINER_CHECKS.filter(({ of }) => of === container.role).map(({ judge, of: _, ...check }) => ({
      ...check,
      subject: container.name,
      ...judge(container, seen),
    })),
  ),
];

/** By container id (its first 12 or more digits), name, namespace or session_id: as the control endpoint has it. */
export const matches = ({ id, name, session, inside }: ContainerView, key: string): boolean =>
  name === key ||
  (/^[0-9a-f]{12,64}$/.test(key) && id.startsWith(key)) ||
  session?.session_id === key ||
  session?.namespace === key ||
  ('value' in inside && inside.value.path.endsWith(`/${key}`));
