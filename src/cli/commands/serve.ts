import type { Command } from 'commander';
import { UsageError } from '../failures.ts';

/** Silently ignored, it would leave the sidecar on another socket than the one that was asked for. */
function refuseSocket(command: Command): void {
  if (command.optsWithGlobals<{ socket?: string }>().socket === undefined) return;
  throw new UsageError('serve takes the path of its socket from KASM_SIDECAR_SOCKET, not from --socket.');
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the sidecar on this host, until it gets SIGTERM')
    .addHelpText('after', '\nIts settings come from the environment, KASM_SIDECAR_…, also the path of its socket.')
    .action(async (_options: object, command: Command) => {
      refuseSocket(command);
      // Only here: the other commands need nothing of the daemon, and start the faster for it.
      const { main } = await import('../../sidecar/main.ts');
      await main();
    });
}
