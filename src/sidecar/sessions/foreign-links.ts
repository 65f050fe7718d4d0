import type { Link } from '../host/links.ts';

/** Host ends of veth pairs, by which a namespace is told: the kernel gives each other namespace a number. */
export interface GuardedSessions {
  /** Host links of all wires that are ours. */
  readonly own: readonly string[];
  /** Those of sessions that may leave by their tunnel only. */
  readonly closed: readonly string[];
}

/**
 * Pure. The host ends of interfaces that closed sessions have on somebody else's networks: each would be a way out around
 * the tunnel. A veth pair whose other end is in the same namespace as that of one of our wires belongs to the same container.
 */
export function foreignLinks(links: readonly Link[], { own, closed }: GuardedSessions): string[] {
  const namespaces = new Set(
    links.filter(({ name }) => closed.includes(name)).flatMap(({ farNamespace }) => farNamespace ?? []),
  );
  return links
    .filter(({ name, farNamespace, kind }) => {
      const isOthers = kind === 'veth' && !own.includes(name);
      return isOthers && farNamespace !== undefined && namespaces.has(farNamespace);
    })
    .map(({ name }) => name);
}

/** Somebody else's veth ends whose other end Docker has not moved yet: soon it may be in a session. */
export const undecided = (links: readonly Link[], own: readonly string[]): string[] =>
  links
    .filter(({ kind, farNamespace }) => kind === 'veth' && farNamespace === undefined)
    .map(({ name }) => name)
    .filter((name) => !own.includes(name));
