/** Where a text stops being JSON. Node's own message also quotes the text, and that may be a private key. */
export function jsonPosition(error: unknown): string {
  const position = error instanceof Error ? /at position \d+(?: \(line \d+ column \d+\))?$/.exec(error.message) : null;
  return position?.[0] ?? 'at its end or beginning';
}
