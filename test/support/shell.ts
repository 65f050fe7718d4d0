import { execa } from 'execa';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and tells how it ended, also badly. */
export async function attempt(argv: readonly [string, ...string[]], timeoutMs = 60_000): Promise<Outcome> {
  const [program, ...args] = argv;
  const { exitCode, stdout, stderr, timedOut, shortMessage } = await execa(program, args, {
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
  });
  if (timedOut) return { exitCode: 124, stdout, stderr: `${stderr}\n${shortMessage}` };
  return { exitCode: exitCode ?? 127, stdout, stderr: stderr || (shortMessage ?? '') };
}

/**
 * Runs a program that must work, and gives what it printed.
 * @throws Error with the command and its stderr.
 */
export async function sh(...argv: [string, ...string[]]): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr || stdout}`);
  return stdout;
}
