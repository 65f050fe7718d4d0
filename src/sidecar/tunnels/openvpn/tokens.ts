import type { Findings } from '../findings.ts';

/** One directive of an OpenVPN config: its name, its parameters, and what an inline `<name>` block holds. */
export interface Directive {
  readonly line: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: Block;
}

export interface Block {
  /** Of the first line inside. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** OpenVPN reads lines into 256 bytes, of which the line's end and a zero take two. */
export const MAX_LINE_BYTES = 254;
/** The name counts as one. */
const MAX_WORDS = 16;
const MAX_LINES = 10_000;
/** Every control character but the tab, which is a blank. */
const CONTROL = /[^\P{Cc}\t]/u;

/** Splits a config as OpenVPN does. What can't be read is refused; a line that OpenVPN reads otherwise never passes. */
export function tokenise(text: string, findings: Findings): Directive[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n|\r$/);
  if (lines.length > MAX_LINES) {
    findings.refuse(MAX_LINES + 1, `more than ${MAX_LINES} lines`);
    return [];
  }
  return readDirectives({ line: 1, lines }, findings);
}

/** Also for what stands inside of `<connection>`. */
export function readDirectives({ line: first, lines }: Block, findings: Findings): Directive[] {
  const directives: Directive[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = first + index;
    const [name = '', ...args] = readWords(lines[index] ?? '', line, findings);
    if (name === '') continue;
    const tag = args.length === 0 ? tagOf(name) : undefined;
    if (tag === undefined) directives.push({ line, name: withoutDashes(name), args });
    else if (tag.startsWith('/')) findings.note(line, 'end tag', 'nothing is open that it could end; it is dropped');
    else {
      const end = endOf(tag, lines, index + 1);
      if (end === undefined) {
        findings.refuse(line, 'the block that begins here has no end tag');
        break; // whatever follows could be meant as part of it
      }
      directives.push({ line, name: tag, args: [], block: { line: line + 1, lines: lines.slice(index + 1, end) } });
      index = end;
    }
  }
  return directives;
}

const withoutDashes = (word: string): string => (word.length >= 3 && word.startsWith('--') ? word.slice(2) : word);

const tagOf = (word: string): string | undefined => /^<(.*)>$/s.exec(withoutDashes(word))?.[1];

/** OpenVPN takes whatever begins with the end tag, blanks before it aside. */
function endOf(tag: string, lines: readonly string[], from: number): number | undefined {
  const found = lines.slice(from).findIndex((line) => line.trimStart().startsWith(`</${tag}>`));
  return found === -1 ? undefined : from + found;
}

function readWords(text: string, line: number, findings: Findings): string[] {
  if (/^[ \t]*([;#]|$)/.test(text)) return []; // however long, and whatever it holds
  const problem = problemOf(text);
  if (problem !== undefined) {
    findings.refuse(line, problem);
    return [];
  }
  const words = splitWords(text);
  if (words === undefined) findings.refuse(line, 'a quotation is not closed');
  else if (words.length > MAX_WORDS) findings.refuse(line, `more than ${MAX_WORDS} words`);
  else return words;
  return [];
}

function problemOf(text: string): string | undefined {
  if (CONTROL.test(text)) return 'holds a control character';
  if (text.includes('\\')) return 'holds a backslash, which OpenVPN reads as an escape: write the value without it';
  return Buffer.byteLength(text) > MAX_LINE_BYTES ? `longer than ${MAX_LINE_BYTES} bytes` : undefined;
}

/** A quote within a word, or right after one, is a character like any other; a comment begins where a word could. */
const WORD = /[ \t]*(?:"([^"]*)"|'([^']*)'|([^ \t"';#][^ \t]*)|([;#].*$)|$)/sy;

/** Undefined: a quotation is not closed. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < text.length) {
    const match = WORD.exec(text);
    if (!match) return undefined;
    const word = match[1] ?? match[2] ?? match[3];
    if (word === undefined) break;
    words.push(word);
  }
  return words;
}
