import { inspect } from 'node:util';

const MASK = '[secret]';

/** A value that prints as `[secret]` wherever it is printed by accident. `reveal` is for the file or socket that needs it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
