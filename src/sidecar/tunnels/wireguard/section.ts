import type { Findings } from '../findings.ts';
import { judge, type SectionKind, showName, titleOf } from './directives.ts';
import type { ConfigLine } from './lines.ts';

export interface Value {
  readonly line: number;
  readonly text: string;
}

/** One [Interface] or [Peer]: the values of each setting that is used, in the order of the lines. */
export class Section {
  readonly kind: SectionKind;
  readonly line: number;
  readonly #values = new Map<string, Value[]>();

  constructor(kind: SectionKind, line: number) {
    this.kind = kind;
    this.line = line;
  }

  add(directive: string, value: Value): void {
    const values = this.#values.get(directive);
    if (values) values.push(value);
    else this.#values.set(directive, [value]);
  }

  all(directive: string): readonly Value[] {
    return this.#values.get(directive) ?? [];
  }

  /** The only value of `directive`; each further one is refused, because programs differ on which of them counts. */
  one(directive: string, findings: Findings): Value | undefined {
    const [first, ...others] = this.all(directive);
    for (const { line } of others) findings.refuse(line, `${directive} is given again`);
    return first;
  }

  /** The entries of a comma list that may go over several lines. */
  entries(directive: string): Value[] {
    return this.all(directive).flatMap(({ line, text }) =>
      text
        .split(/[\s,]+/)
        .filter((entry) => entry !== '')
        .map((entry) => ({ line, text: entry })),
    );
  }
}

/** Sorts lines into sections; what has no place in any is refused or dropped, and written down. */
export function readSections(lines: readonly ConfigLine[], findings: Findings): Section[] {
  const sections: Section[] = [];
  let current: Section | 'none' | 'unknown' = 'none';
  for (const line of lines) {
    if (line.kind === 'unreadable') findings.refuse(line.number, line.reason);
    if (line.kind === 'section') {
      current = openSection(line, findings) ?? 'unknown'; // the settings of an unknown one are not judged
      if (current instanceof Section) sections.push(current);
    }
    if (line.kind === 'setting') placeSetting(current, line, findings);
  }
  return sections;
}

type LineOf<Kind extends ConfigLine['kind']> = Extract<ConfigLine, { kind: Kind }>;

function openSection({ name, number }: LineOf<'section'>, findings: Findings): Section | undefined {
  const kind = name.toLowerCase();
  if (kind === 'interface' || kind === 'peer') return new Section(kind, number);
  findings.refuse(number, `[${showName(name, 'x')}] is not a section of a WireGuard config`);
  return undefined;
}

function placeSetting(section: Section | 'none' | 'unknown', line: LineOf<'setting'>, findings: Findings): void {
  if (section === 'unknown') return;
  if (section === 'none') {
    findings.refuse(line.number, 'stands before the first [Interface] or [Peer]');
    return;
  }
  const verdict = judge(section.kind, line.name, line.value);
  switch (verdict.kind) {
    case 'used':
      section.add(verdict.directive, { line: line.number, text: line.value });
      break;
    case 'dropped':
      findings.note(line.number, verdict.directive, verdict.why);
      break;
    case 'refused':
      findings.refuse(line.number, verdict.why);
      break;
  }
}

export const missing = (section: Section, directive: string, findings: Findings): void =>
  findings.refuse(section.line, `${titleOf(section.kind)} has no ${directive}`);
