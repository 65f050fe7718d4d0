/** What a series of pings came to. */
export interface Pings {
  /** Of those that were answered; not a number where none was. */
  readonly averageMs: number;
  readonly lost: number;
}

/** Of what busybox prints at the end of `ping -q`. */
export function parsePings(text: string): Pings {
  const [, sent, received] = /(\d+) packets transmitted, (\d+) packets received/.exec(text) ?? [];
  return {
    averageMs: Number(/min\/avg\/max = [\d.]+\/([\d.]+)\//.exec(text)?.[1]),
    lost: Number(sent) - Number(received),
  };
}
