/** Reads a directive's parameters and spells them in the one way that is written out; undefined: they are wrong. */
export type Form = (args: readonly string[]) => readonly string[] | undefined;

/** A single parameter. */
type Reader = (text: string) => string | undefined;

export const flag: Form = () => [];

/** Each parameter by its own reader; those at the end that are missing are left out. */
export const words =
  (...readers: readonly Reader[]): Form =>
  (args) => {
    const values = args.map((arg, index) => readers[index]?.(arg));
    return values.every((value) => value !== undefined) ? values : undefined;
  };

/** Any number of parameters of one kind. */
export const each =
  (reader: Reader): Form =>
  (args) =>
    words(...args.map(() => reader))(args);

export const integer =
  (least: number, most: number): Reader =>
  (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? String(value) : undefined;
  };

/** In any letter case; written as it stands here. */
export const oneOf =
  (...choices: readonly string[]): Reader =>
  (text) =>
    choices.find((choice) => choice.toLowerCase() === text.toLowerCase());

export const matching =
  (pattern: RegExp): Reader =>
  (text) =>
    pattern.test(text) ? text : undefined;

/** Text that one of the two kinds of quotes can hold, and that fits into a line together with its directive. */
export const quotable =
  (mostBytes: number): Reader =>
  (text) => {
    const isText = text !== '' && !/\p{Cc}/u.test(text);
    const fits = isText && Buffer.byteLength(text) <= mostBytes && !(text.includes('"') && text.includes("'"));
    return fits ? text : undefined;
  };
