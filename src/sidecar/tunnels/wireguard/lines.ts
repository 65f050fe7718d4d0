/** One line of a WireGuard config that says something. */
export type ConfigLine =
  | { readonly kind: 'section'; readonly number: number; readonly name: string }
  | { readonly kind: 'setting'; readonly number: number; readonly name: string; readonly value: string }
  | { readonly kind: 'unreadable'; readonly number: number; readonly reason: string };

/** Every control character but the tab, which is a blank. */
const CONTROL = /[^\P{Cc}\t]/u;
const SECTION = /^\[([^\][]*)\]$/;
const SETTING = /^([^=]+)=(.*)$/;

/** Splits a config into its lines, as wg(8) and wg-quick(8) do: `#` begins a comment anywhere, blanks don't count. */
export const readLines = (text: string): ConfigLine[] =>
  text.split(/\r?\n|\r$/).flatMap((line, index) => readLine(line, index + 1));

function readLine(line: string, number: number): ConfigLine[] {
  if (CONTROL.test(line)) return [{ kind: 'unreadable', number, reason: 'holds a control character' }];
  const text = line.replace(/#.*$/, '').trim(); // takes a byte order mark too, as Windows editors write it
  if (text === '') return [];
  const section = SECTION.exec(text)?.[1];
  if (section !== undefined) return [{ kind: 'section', number, name: section.trim() }];
  const [, name, value] = SETTING.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    return [{ kind: 'unreadable', number, reason: 'is neither [Section] nor NAME = VALUE' }];
  }
  return [{ kind: 'setting', number, name: name.trim(), value: value.trim() }];
}
