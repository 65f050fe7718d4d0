/** A change of state, as /v1/events tells it. */
export interface Told {
  readonly time: string;
  readonly state: string;
  readonly container?: { readonly name: string } | undefined;
}

/** When each container was first in that state, in milliseconds since 1970. */
export function firstTimes(events: readonly Told[], state: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { time, container, ...event } of events) {
    if (event.state !== state || container === undefined || times.has(container.name)) continue;
    times.set(container.name, Date.parse(time));
  }
  return times;
}

/** Whether nothing more will come of any of `names`. */
export function areSettled(events: readonly Told[], names: readonly string[]): boolean {
  const [connected, failed] = [firstTimes(events, 'connected'), firstTimes(events, 'failed')];
  return names.every((name) => connected.has(name) || failed.has(name));
}
