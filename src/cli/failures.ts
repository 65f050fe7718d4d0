import { CommanderError } from 'commander';
import { remedyOf } from '../shared/error-codes.ts';
import { EgressError, explain, type FieldError } from '../shared/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { complain } from './print.ts';
import type { Problem } from './problem.ts';

/** What was typed, or a file that was named, can't be used. */
export class UsageError extends Error {}

/** Nothing that understands us answers on the socket. */
export class DaemonUnreachable extends Error {}

/** The daemon answered, and said no. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

interface Explained {
  readonly code?: string | undefined;
  readonly remedy?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
}

const linesOf = (message: string, { code, remedy, errors = [] }: Explained): string[] => [
  code === undefined ? message : `${message} [${code}]`,
  ...errors.map(({ pointer, reason }) => `  ${pointer || '(whole document)'}: ${reason}`),
  ...(remedy === undefined ? [] : [remedy]),
];

function explanationOf(error: unknown): string[] {
  if (error instanceof Refused) return linesOf(error.message, error.problem);
  if (error instanceof EgressError) {
    return linesOf(explain(error), { code: error.code, remedy: remedyOf(error.code), errors: error.fields });
  }
  return explain(error).split('\n');
}

/** Tells the person what, where and what to do; for a program it all is in the exit code. */
export function exitCodeOf(error: unknown): ExitCode {
  // Commander has printed its own message already. It also throws after --help, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.wrongUsage;
  complain(explanationOf(error));
  if (error instanceof UsageError) return EXIT.wrongUsage;
  return error instanceof DaemonUnreachable ? EXIT.unreachable : EXIT.badNews;
}
