import { EgressError, type FieldError } from '../../shared/errors.ts';
import type { Notice } from './tunnel.ts';

const MAX_ERRORS = 50;
const MAX_NOTICES = 100;

/** What was found wrong in a config, and what was dropped from it. No value of a line may ever stand in either. */
export class Findings {
  readonly #errors: (FieldError & { readonly line: number })[] = [];
  readonly #notices: Notice[] = [];

  /** @param line undefined: the config as a whole */
  refuse(line: number | undefined, reason: string): void {
    const where = line === undefined ? '' : `line ${line}: `;
    this.#errors.push({
      pointer: '/egress/config',
      reason: `${where}${reason}`,
      line: line ?? Number.MAX_SAFE_INTEGER,
    });
  }

  refuseField(pointer: string, reason: string): void {
    this.#errors.push({ pointer, reason, line: Number.MAX_SAFE_INTEGER });
  }

  note(line: number | undefined, directive: string, message: string): void {
    if (this.#notices.length >= MAX_NOTICES) return;
    this.#notices.push({ ...(line === undefined ? {} : { line }), directive, message });
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  /** @throws EgressError CONFIG_INVALID with an entry for everything that was refused. */
  throwIfRefused(): void {
    if (this.#errors.length === 0) return;
    const inOrder = this.#errors.toSorted((a, b) => a.line - b.line);
    const hidden = inOrder.length - MAX_ERRORS;
    const more = hidden > 0 ? [{ pointer: '/egress/config', reason: `and ${hidden} more` }] : [];
    const shown = inOrder.slice(0, MAX_ERRORS).map(({ pointer, reason }) => ({ pointer, reason }));
    throw new EgressError('CONFIG_INVALID', undefined, { fields: [...shown, ...more] });
  }
}
