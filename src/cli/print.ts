import { styleText } from 'node:util';

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** Only for a person who looks at a terminal; styleText itself heeds NO_COLOR. */
export const paint = (colour: Colour, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  stream.isTTY ? styleText(colour, text, { stream }) : text;

/** Names and reasons come from others: they must not steer the terminal. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\u{FFFD}');

export function out(text: string): void {
  process.stdout.write(`${text}\n`);
}

export const outJson = (value: unknown): void => out(JSON.stringify(value, null, 2));

/** Beside the answer, so that it is in nobody's way. */
export function tell(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

export function warn(text: string): void {
  process.stderr.write(`${paint('yellow', 'warning:', process.stderr)} ${printable(text)}\n`);
}

/** What, where and what to do, each on a line of its own. */
export function complain(lines: readonly string[]): void {
  process.stderr.write(`${paint('red', 'error:', process.stderr)} ${lines.map(printable).join('\n  ')}\n`);
}
