import type { KeyObject } from 'node:crypto';
import { poll } from '../../../shared/async.ts';
import { EgressError, toEgressError } from '../../../shared/errors.ts';
import type { TunnelObservation } from '../tunnel.ts';
import { failureIn, isAnswer, refusalOf, UnreadablePackets } from './failures.ts';
import { Management } from './management.ts';
import { type ManagementMessage, quoteParameter, type StaticChallenge } from './management-message.ts';
import { type Pushed, parsePushed, pushedLines } from './push-reply.ts';
import { decide } from './pushed.ts';
import type { OpenVpnSettings } from './settings.ts';
import { passphraseOf, readPrivateKey, signatureCommand, signFor } from './signer.ts';

/** The daemon may go away and come back: OpenVPN says every new state, and the last one when it is asked. */
const GREETING = ['version 3', 'state on', 'log on all', 'bytecount 5', 'hold off', 'hold release', 'state'] as const;

const LOG_FLOOD_BYTES = 1 << 19;
const LAST_WORDS_MS = 1_000;
const LAST_WORDS_POLL_MS = 5;

/** One OpenVPN process, as its management socket tells of it. Answers what it asks for: credentials and signatures. */
export class Connection {
  readonly #settings: OpenVpnSettings;
  #management: Management | undefined;
  #key: KeyObject | undefined;
  #isUp = false;
  #upSince = 0;
  #hasNews = true;
  #pushed: string[] = [];
  /** The last message was not all of it: push-continuation 2 says that another follows. */
  #morePushed = false;
  #failures = 0;
  #failure: EgressError | undefined;
  #refusal: EgressError | undefined;
  /** Counts only if OpenVPN gives up for it: an expired token is refused, too, and it goes on with the password. */
  #refusalSaid: EgressError | undefined;
  readonly #unreadable = new UnreadablePackets();
  #isAnswered = false;
  #logBytes = 0;
  #bytes = { received: 0, sent: 0 };
  #remote: string | undefined;

  private constructor(settings: OpenVpnSettings) {
    this.#settings = settings;
  }

  /** Undefined where nobody listens at `path`. `mayCome`: whether the process still lives. */
  static async open(path: string, settings: OpenVpnSettings, mayCome: () => boolean): Promise<Connection | undefined> {
    const connection = new Connection(settings);
    connection.#management = await Management.open(path, {
      onMessage: (message) => connection.#takeSafely(message),
      onClose: () => connection.#close(),
      mayCome,
    });
    if (!connection.#management) return undefined;
    connection.#management.send(...GREETING);
    return connection;
  }

  get isOpen(): boolean {
    return this.#management !== undefined;
  }
  /** Whether the server has accepted us, and answers. */
  get isUp(): boolean {
    return this.#isUp;
  }
  get upForMs(): number {
    return this.#isUp ? performance.now() - this.#upSince : 0;
  }
  /** Why trying again is of no use; undefined: nothing speaks against it. */
  get refusal(): EgressError | undefined {
    return this.#refusal;
  }
  /** What went wrong last; it may go right the next time. */
  get failure(): EgressError | undefined {
    return this.#failure;
  }
  /** Why it is not up after all that time. */
  get whyLate(): EgressError {
    return this.#failure ?? new EgressError(this.#isAnswered ? 'TLS_HANDSHAKE_STALLED' : 'HANDSHAKE_TIMEOUT');
  }
  /** How often it went wrong since it was up. */
  get failures(): number {
    return this.#failures;
  }
  get pushed(): Pushed {
    const { filters } = this.#settings.pushed;
    return parsePushed(this.#pushed.filter((line) => decide(filters, line) === 'accept'));
  }
  get observation(): TunnelObservation {
    const { received, sent } = this.#bytes;
    return { latestHandshake: undefined, receivedBytes: received, sentBytes: sent, peerAddress: this.#remote };
  }

  /** Whether anything has changed since the last call. */
  takeNews(): boolean {
    const had = this.#hasNews;
    this.#hasNews = false;
    return had;
  }

  get hasNews(): boolean {
    return this.#hasNews;
  }

  /** Whether so much was logged since the last time that the log is to be cut. */
  takeLogFlood(): boolean {
    const isFlood = this.#logBytes > LOG_FLOOD_BYTES;
    if (isFlood) this.#logBytes = 0;
    return isFlood;
  }

  /** For one whose process is no more: until all that it has said is read. */
  async ended(): Promise<void> {
    await poll(() => !this.isOpen || undefined, { everyMs: LAST_WORDS_POLL_MS, deadlineMs: LAST_WORDS_MS });
  }

  /** Tries the server again, or the next one; the device stays. */
  reconnect(): void {
    this.#management?.send('signal SIGUSR1');
  }

  close(): void {
    this.#management?.close();
  }

  #close(): void {
    this.#management = undefined;
    this.#refusal ??= this.#refusalSaid;
    this.#isUp = false;
    this.#hasNews = true;
  }

  /** A failure here is this tunnel's alone: thrown in a socket's event it would end the daemon. */
  #takeSafely(message: ManagementMessage): void {
    try {
      this.#take(message);
    } catch (error) {
      this.#refuse(toEgressError(error));
    }
  }

  #take(message: ManagementMessage): void {
    switch (message.kind) {
      case 'state':
        this.#enter(message.state, message.detail, message.remote);
        break;
      case 'credentials':
        this.#sendCredentials(message.challenge);
        break;
      case 'passphrase':
        this.#sendPassphrase();
        break;
      case 'refused':
        this.#refusalSaid = refusalOf(message.what, message.text);
        break;
      case 'sign':
        this.#sign(message.data, message.algorithm);
        break;
      case 'bytes':
        this.#bytes = { received: message.received, sent: message.sent };
        break;
      case 'log':
        this.#read(message.text);
        break;
      case 'history':
        this.#readPushed(message.text);
        break;
      case 'fatal':
        this.#failure = failureIn(message.text) ?? this.#failure;
        break;
    }
  }

  #enter(state: string, detail: string, remote: string | undefined): void {
    const isUp = state === 'CONNECTED' && detail === 'SUCCESS';
    if (isUp) {
      if (!this.#isUp) this.#upSince = performance.now();
      this.#remote = remote;
      this.#failures = 0;
      this.#failure = undefined;
    }
    if (state === 'EXITING') this.#refusal ??= this.#refusalSaid;
    else if (isUp || state === 'RECONNECTING') this.#refusalSaid = undefined;
    // Another state on the way up is no news; that it is not up any more is.
    if (isUp || isUp !== this.#isUp || state === 'EXITING') this.#hasNews = true;
    this.#isUp = isUp;
  }

  #sendCredentials(challenge: StaticChallenge | undefined): void {
    const { credentials, staticChallenge } = this.#settings;
    if (!credentials || (challenge && !staticChallenge)) {
      this.#refuse(new EgressError(credentials ? 'CHALLENGE_UNSUPPORTED' : 'AUTH_FAILED'));
      return;
    }
    const password = credentials.password.reveal();
    const answer =
      challenge && staticChallenge
        ? withAnswer(password, staticChallenge.response.reveal(), staticChallenge.concat || challenge.concatenate)
        : password;
    this.#management?.send(
      `username "Auth" ${quoteParameter(credentials.username.reveal())}`,
      `password "Auth" ${quoteParameter(answer)}`,
    );
  }

  #sendPassphrase(): void {
    const { privateKey } = this.#settings;
    const passphrase = this.#settings.passphrase ?? (privateKey && passphraseOf(privateKey));
    if (!passphrase) this.#refuse(new EgressError('KEY_PASSPHRASE_WRONG'));
    else this.#management?.send(`password "Private Key" ${quoteParameter(passphrase.reveal())}`);
  }

  #sign(data: string, algorithm: string): void {
    try {
      const { privateKey } = this.#settings;
      if (!privateKey) throw new Error('no private key was given');
      this.#key ??= readPrivateKey(privateKey);
      this.#management?.send(...signatureCommand(signFor(this.#key, data, algorithm)));
    } catch (cause) {
      this.#refuse(new EgressError('KEY_UNUSABLE', undefined, { cause }));
    }
  }

  #read(text: string): void {
    this.#logBytes += text.length;
    if (this.#readPushed(text)) return;
    if (isAnswer(text)) this.#isAnswered = true;
    const unreadable = this.#unreadable.see(text);
    if (unreadable) this.#refuse(unreadable);
    const failure = failureIn(text);
    if (!failure) return;
    this.#failure = failure;
    this.#failures++;
    this.#hasNews = true;
  }

  /** @returns whether it was that; the server's words are not ours, whatever they look like */
  #readPushed(text: string): boolean {
    const lines = pushedLines(text);
    if (!lines) return false;
    if (!this.#morePushed) this.#pushed = [];
    this.#pushed.push(...lines);
    this.#morePushed = lines.includes('push-continuation 2');
    return true;
  }

  #refuse(refusal: EgressError): void {
    this.#refusal = refusal;
    this.#isUp = false;
    this.#hasNews = true;
  }
}

/** `SCRV1:PASSWORD:ANSWER`, each in base64; or both in one. */
function withAnswer(password: string, answer: string, concatenate: boolean): string {
  if (concatenate) return password + answer;
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  return `SCRV1:${base64(password)}:${base64(answer)}`;
}
