import type { Finding, Report, Status } from '../doctor/finding.ts';
import { type Colour, paint, printable } from './print.ts';

const MARKS: Readonly<Record<Status, { readonly text: string; readonly colour: Colour }>> = {
  ok: { text: 'ok     ', colour: 'green' },
  warning: { text: 'WARNING', colour: 'yellow' },
  failure: { text: 'FAILURE', colour: 'red' },
  skipped: { text: 'skipped', colour: 'dim' },
};

/** What a person reads: the host first, then each container; below each that is not fine, what to do. */
export function doctorText({ checks }: Report): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  const subjects = [...new Set(checks.map(({ subject }) => subject))];
  const chapters = subjects.map((subject) => {
    const lines = checks.filter((finding) => finding.subject === subject).flatMap((finding) => linesOf(finding, width));
    return [paint('bold', printable(subject ?? 'host')), ...lines].join('\n');
  });
  return [...chapters, summary(checks)].join('\n\n');
}

function linesOf({ status, id, seen, fix }: Finding, width: number): string[] {
  const { text, colour } = MARKS[status];
  const line = `  ${paint(colour, text)}  ${id.padEnd(width)}  ${printable(seen)}`;
  return fix === undefined ? [line] : [line, `${' '.repeat(width + 13)}→ ${printable(fix)}`];
}

function summary(checks: readonly Finding[]): string {
  const count = (status: Status) => checks.filter((finding) => finding.status === status).length;
  return `${count('ok')} ok, ${count('warning')} warnings, ${count('failure')} failures, ${count('skipped')} skipped`;
}
