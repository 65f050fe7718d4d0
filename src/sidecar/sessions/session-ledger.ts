import { rm } from 'node:fs/promises';
import { Queue } from '../../shared/async.ts';
import { type ErrorCode, remedyOf } from '../../shared/error-codes.ts';
import { type EgressError, explain } from '../../shared/errors.ts';
import type { SessionState } from '../../shared/session-view.ts';
import { RecordStore } from '../store/record-store.ts';
import { type SessionRecord, sessionRecord } from '../store/records.ts';
import type { SessionContext } from './session-context.ts';
import { TRANSITIONS } from './transitions.ts';

/** What one session has come to: its record on disk, its lines in the log, its events. */
export class SessionLedger {
  readonly #context: Pick<SessionContext, 'events' | 'log'>;
  readonly #folder: string;
  readonly #store: RecordStore<typeof sessionRecord>;
  readonly #writes = new Queue();
  readonly #warnings = new Set<string>();
  #record: SessionRecord;
  #closed = false;
  /** A write is to come, and takes what stands then. */
  #isDirty = false;

  constructor(context: Pick<SessionContext, 'events' | 'log'>, record: SessionRecord, folder: string) {
    this.#context = context;
    this.#record = record;
    this.#folder = folder;
    this.#store = new RecordStore(folder, sessionRecord);
  }

  get record(): SessionRecord {
    return this.#record;
  }
  get warnings(): string[] {
    return [...this.#warnings];
  }
  /** What its log lines begin with. */
  get subject(): string {
    return this.#record.sessionId ?? this.#record.container?.name ?? this.#record.namespace;
  }

  update(changes: Partial<SessionRecord>): void {
    this.#record = { ...this.#record, ...changes };
    this.#save();
  }

  keepTunnel(tunnel: SessionRecord['tunnel']): void {
    const { tunnel: _, ...record } = this.#record;
    this.#record = tunnel ? { ...record, tunnel } : record;
    this.#save();
  }

  /** The rules follow the record, so this comes first; `announce` tells of it when they have. @returns the state before, if it changed */
  move(state: SessionState, why: EgressError | undefined): SessionState | undefined {
    const previous = this.#record.state;
    const reason = why && { code: why.code, message: why.message };
    if (previous === state && reason?.code === this.#record.reason?.code) return undefined;
    // Never in its way: the state that is wanted now decides what may pass.
    if (!TRANSITIONS[previous].includes(state))
      this.log('error', `There should be no way from ${previous} to ${state}`);
    const { reason: _, ...record } = this.#record;
    this.#record = { ...record, state, since: new Date().toISOString(), ...(reason ? { reason } : {}) };
    this.#save();
    return previous;
  }

  announce(previous?: SessionState): void {
    const { namespace, sessionId, container, state, reason } = this.#record;
    if (previous) this.#logChange(previous);
    this.#context.events.append({
      namespace,
      ...(sessionId === undefined ? {} : { session_id: sessionId }),
      ...(container ? { container } : {}),
      state,
      ...(previous ? { previous } : {}),
      ...(reason ? { reason: { ...reason, remedy: remedyOf(reason.code as ErrorCode) } } : {}),
    });
  }

  /** Tells of the end once, also if a crash comes between this and the removal of the record; then nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const { role, namespace } = this.#record;
    const previous = this.move('ended', undefined);
    if (role === 'session' && previous && !this.#context.events.hasEnded(namespace)) this.announce(previous);
    this.log('info', 'Cleaning up network namespace');
    await this.#writes.run(() => rm(this.#folder, { recursive: true, force: true }));
  }

  warn(text: string): void {
    if (this.#warnings.has(text)) return;
    this.#warnings.add(text);
    this.log('warn', text);
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#context.log[level](this.subject, `${text} [${this.#record.namespace}]`);
  }

  #logChange(previous: SessionState): void {
    const { state, reason } = this.#record;
    const level = state === 'failed' ? 'error' : state === 'reconnecting' ? 'warn' : 'info';
    this.log(level, `${previous} → ${state}${reason ? `: ${reason.message} (${reason.code})` : ''}`);
  }

  #save(): void {
    if (this.#closed || this.#isDirty) return;
    this.#isDirty = true;
    this.#writes
      .run(() => this.#write())
      .catch((error) => this.log('error', `The session's record can't be written: ${explain(error)}`));
  }

  #write(): Promise<void> {
    this.#isDirty = false;
    return this.#store.write('session', this.#record);
  }
}
