import { type ErrorCode, sentenceOf } from './error-codes.ts';

/** One wrong field of something that was sent to us. `pointer` is a JSON pointer (RFC 6901). */
export interface FieldError {
  readonly pointer: string;
  readonly reason: string;
}

/** The one error of this project: a stable code, a sentence for a person, and never a secret. */
export class EgressError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string>>;
  readonly fields: readonly FieldError[];

  constructor(
    code: ErrorCode,
    message: string = sentenceOf(code),
    options: { cause?: unknown; details?: Record<string, string>; fields?: readonly FieldError[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    this.fields = options.fields ?? [];
  }
}

/** Whatever was thrown, as one line for a log: the message and those of its causes. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}

export const toEgressError = (error: unknown): EgressError =>
  error instanceof EgressError ? error : new EgressError('INTERNAL', explain(error), { cause: error });
