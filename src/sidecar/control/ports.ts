import type { LaunchScriptView, SessionEvent, SessionView } from '../../shared/session-view.ts';

/** What the control endpoint asks of the sessions. Every method answers at once; work goes on in the background. */
export interface SessionControl {
  list(): Promise<SessionView[]>;
  /** By container id (full, or its first 12 or more digits), name, namespace or session_id. */
  find(key: string): Promise<SessionView | undefined>;
  /** Try again now. @throws EgressError NOT_FOUND, or NO_LAUNCH_SCRIPT where there is nothing to try. */
  reconnect(key: string): Promise<SessionView>;
  /** Cut, and stay blocked. @throws EgressError NOT_FOUND */
  disconnect(key: string): Promise<SessionView>;
}

export interface LaunchScriptControl {
  /**
   * Checks `body` whole, stores it under `key`, starts or changes the session that the key belongs to. The same body
   * again changes nothing. @throws EgressError BAD_REQUEST, CONFIG_INVALID, KEY_MISSING, TYPE_UNSUPPORTED,
   * ENDPOINT_REFUSED, each with an entry for every wrong field; then nothing was changed.
   */
  put(key: string, body: unknown): Promise<LaunchScriptView>;
  list(): Promise<LaunchScriptView[]>;
  /** A running session is then blocked. @throws EgressError NOT_FOUND */
  remove(key: string): Promise<void>;
}

export interface EventSource {
  /** Those after `id` that are still kept, oldest first. */
  after(id: number): SessionEvent[];
  /** Calls `listener` for every new event until the returned function is called. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
}
