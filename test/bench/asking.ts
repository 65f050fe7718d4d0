import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { CONTROL_SOCKET } from '../support/control.ts';
import { sleep } from '../support/wait.ts';

const ASKER = fileURLToPath(new URL('asker.ts', import.meta.url));
/** The answer needs no work: 404. */
const NOBODY = '/v1/sessions/nobody';
/** Until the first question. */
const BEGIN_MS = 500;

export interface Asking {
  /** Milliseconds that each answer took. */
  end(): Promise<number[]>;
}

/**
 * Asks the daemon every 20 ms. By a process of its own, whose turn comes at once: who starts hundreds of programs is too busy to
 * say when an answer came.
 */
export async function startAsking(): Promise<Asking> {
  const argv = ['--fifo', '1', process.execPath, ASKER, CONTROL_SOCKET, NOBODY];
  const asker = execa('chrt', argv, { reject: false, stdin: 'ignore' });
  await sleep(BEGIN_MS);
  return {
    end: async () => {
      asker.kill('SIGTERM');
      const { exitCode, stdout, stderr } = await asker;
      if (exitCode !== 0) throw new Error(`asking the daemon: ${stderr}`);
      return JSON.parse(stdout) as number[];
    },
  };
}
