import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvents } from './commands/events.ts';
import { addLaunch } from './commands/launch.ts';
import { addScripts } from './commands/scripts.ts';
import { addServe } from './commands/serve.ts';
import { addSession } from './commands/session.ts';
import { addStatus } from './commands/status.ts';
import { socketOption } from './global-options.ts';

const EXIT_CODES = `
Exit codes: 0 fine, 1 the answer is bad news, 2 wrong usage, 3 the sidecar can't be reached.`;

export function createProgram(): Command {
  const program = new Command('kasm-sidecar')
    .description('A way out of its own for every container: run the sidecar, and see and change what it does.')
    .version(manifest.version)
    .addOption(socketOption())
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  addServe(program);
  addLaunch(program);
  addStatus(program);
  addSession(program);
  addEvents(program);
  addDoctor(program);
  addScripts(program);
  addCompletion(program);
  return program;
}
