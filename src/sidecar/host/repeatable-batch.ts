import { EgressError } from '../../shared/errors.ts';
import type { IpFamily } from '../../shared/ip.ts';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

const FAILED_LINE = /^Command failed -:(\d+)$/;

/**
 * Runs lines of one family as one `ip -batch` inside a namespace that may have had them before: a rule that stands
 * already is fine, and so is a link that is gone. `ip` has no way to say so, hence `-force`, which goes on, and a look at what it complained about.
 * @throws EgressError HOST_COMMAND_FAILED with every line that really failed.
 */
export async function runRepeatableBatch(
  run: Run,
  namespace: Namespace,
  family: IpFamily,
  lines: readonly string[],
): Promise<void> {
  const { stderr, exitCode } = await runInside(run, namespace, ['ip', `-${family}`, '-force', '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    okExitCodes: [1], // 1: a line failed
  });
  if (exitCode === 0) return;
  const failures = parseBatchFailures(stderr, lines).filter((failure) => !isFine(failure));
  if (failures.length > 0) throw batchError(`ip -${family}`, failures);
}

export function batchError(command: string, failures: readonly BatchFailure[]): EgressError {
  const text = failures.map(({ line, why }) => `${command} ${line}: ${why}`).join('; ');
  return new EgressError('HOST_COMMAND_FAILED', `running ${text}`, { details: { program: 'ip' } });
}

export interface BatchFailure {
  readonly line: string;
  readonly why: string;
}

/** What `ip -batch`, with or without `-force`, printed before it ended with 1: what was wrong, then `Command failed -:N`. */
export function parseBatchFailures(stderr: string, lines: readonly string[]): BatchFailure[] {
  const failures: BatchFailure[] = [];
  let messages: string[] = [];
  for (const text of stderr.split('\n').filter((text) => text.trim() !== '')) {
    const number = FAILED_LINE.exec(text)?.[1];
    if (number === undefined) {
      messages.push(text.trim());
      continue;
    }
    failures.push({ line: lines[Number(number) - 1] ?? `line ${number}`, why: messages.join(' ') });
    messages = [];
  }
  // A line that `ip` can't even read ends it there and then, with a message and no number.
  const unnumbered = messages.filter((message) => !message.startsWith('Warning'));
  if (unnumbered.length === 0 && failures.length > 0) return failures;
  return [...failures, { line: '-batch', why: unnumbered.join(' ') || 'no reason given' }];
}

/** Of ip(8) itself, and of the kernel where it went between the two. */
const LINK_IS_GONE = /^Cannot find device|No such device$/;

const isFine = ({ line, why }: BatchFailure): boolean =>
  (line.startsWith('rule add ') && why.endsWith('File exists')) ||
  (line.startsWith('link delete ') && LINK_IS_GONE.test(why));
