import type { Findings } from '../findings.ts';
import { isProtecting, judge, directives as known } from './directives.ts';
import type { Directive } from './tokens.ts';
import type { Use } from './used.ts';

/** The directives of a config that are used, in the order of their lines. */
export class Selection {
  readonly #byName = new Map<string, Directive[]>();

  add(directive: Directive): void {
    const same = this.#byName.get(directive.name);
    if (same) same.push(directive);
    else this.#byName.set(directive.name, [directive]);
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  all(name: string): readonly Directive[] {
    return this.#byName.get(name) ?? [];
  }

  /** As OpenVPN: a directive that is given again replaces what was there. */
  last(name: string): Directive | undefined {
    return this.all(name).at(-1);
  }

  replace(directive: Directive): void {
    this.#byName.set(directive.name, [directive]);
  }
}

/** To guess what each of them was meant to be takes its time. */
const MAX_UNKNOWN = 100;

/** Judges each directive; what isn't used is refused or dropped, and written down. */
export function select(directives: readonly Directive[], findings: Findings): Selection {
  const selection = new Selection();
  const ignored = new Set(
    directives.filter(({ name }) => name === 'ignore-unknown-option').flatMap(({ args }) => args),
  );
  const all = directives.flatMap((each) => splitJoined(withoutOpt(each), findings));
  const unknown = all.filter(({ name }) => !known.has(name));
  if (unknown.length > MAX_UNKNOWN) {
    findings.refuse(
      unknown[MAX_UNKNOWN]?.line,
      `more than ${MAX_UNKNOWN} lines that OpenVPN does not know: is this its config?`,
    );
    return selection;
  }
  for (const directive of all) place(directive, selection, ignored, findings);
  return selection;
}

/** `setenv opt X …` is X for those versions that know X. */
function withoutOpt(directive: Directive): Directive {
  const [opt, name = '', ...args] = directive.args;
  const isOpt = directive.name === 'setenv' && opt === 'opt' && name !== '';
  // Once more, as `setenv opt setenv opt X` is not refused by OpenVPN; each turn takes two words away.
  return isOpt ? withoutOpt({ line: directive.line, name, args }) : directive;
}

/** Two directives in one line, as a lost line break leaves them: the second must not go unseen. */
function splitJoined(directive: Directive, findings: Findings): Directive[] {
  const at = findSecond(directive);
  const name = directive.args[at];
  if (name === undefined) return [directive];
  findings.note(directive.line, name, 'stands in the line of another directive; both are read');
  const second = { line: directive.line, name, args: directive.args.slice(at + 1) };
  return [{ ...directive, args: directive.args.slice(0, at) }, ...splitJoined(second, findings)];
}

/** Where a second directive begins among the parameters of a first that has too many of them; -1: nowhere. */
function findSecond({ name, args, block }: Directive): number {
  const verdict = known.get(name);
  if (block || verdict?.kind === 'refused' || name === 'ignore-unknown-option') return -1;
  if (verdict?.kind !== 'used') return args.findIndex((arg) => LONG_NAME.test(arg) && isProtecting(arg));
  if (args.length <= verdict.use.most) return -1;
  const { least } = verdict.use;
  return args.findIndex((arg, index) => index >= least && known.has(arg));
}

/** Short names, such as `key` or `server`, are words that a dropped line may well have. */
const LONG_NAME = /-.*-|^verify-|^tls-/;

function place(directive: Directive, selection: Selection, ignored: ReadonlySet<string>, findings: Findings): void {
  const { line, name } = directive;
  const verdict = judge(name);
  switch (verdict.kind) {
    case 'used':
      placeUsed(directive, verdict.use, selection, findings);
      break;
    case 'silent':
      break;
    case 'dropped':
      findings.note(line, name, verdict.why);
      break;
    case 'refused':
      findings.refuse(line, `${name}: ${verdict.why}`);
      break;
    case 'unknown':
      placeUnknown(line, ignored.has(name) ? undefined : verdict.resembles, findings);
      break;
  }
}

function placeUsed(directive: Directive, use: Use, selection: Selection, findings: Findings): void {
  const { line, name, args, block } = directive;
  const problem = problemOf(directive, use);
  if (problem === undefined) selection.add(directive);
  else if (use.protects || block || args.length < use.least) findings.refuse(line, `${name} ${problem}`);
  else findings.note(line, name, `it ${problem}; the line is dropped`);
}

function problemOf({ args, block }: Directive, { least, most, inline }: Use): string | undefined {
  if (block) return inline ? undefined : 'can not be a block';
  if (args.length < least) return least === 1 ? 'has no parameter' : `has fewer than ${least} parameters`;
  if (args.length > most) return `has more than ${most} parameters: are there two directives in the line?`;
  return args.includes('') ? 'has an empty parameter' : undefined;
}

/** Its name is never shown: on a broken line it may be half of a key, or a password. */
function placeUnknown(line: number, resembles: string | undefined, findings: Findings): void {
  if (resembles !== undefined && isProtecting(resembles)) {
    findings.refuse(line, `OpenVPN has no such directive: is ${resembles} meant?`);
    return;
  }
  const guess = resembles === undefined ? '' : ` (${resembles}?)`;
  findings.note(line, 'unknown', `OpenVPN has no such directive${guess}; the line is dropped`);
}
