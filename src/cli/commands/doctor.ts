import type { Command } from 'commander';
import manifest from '../../../package.json' with { type: 'json' };
import { explain } from '../../shared/errors.ts';
import { socketPath } from '../config.ts';
import { doctorText } from '../doctor-text.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { clientOf, JSON_OPTION } from '../global-options.ts';
import { out, outJson, tell } from '../print.ts';

const HELP = `
It looks and changes nothing, but that --probe counts on the host for a moment. It works too while the sidecar or Docker is down, and needs root.
Exit code 1: at least one check is a failure. Warnings leave it 0.`;

/** @throws UsageError where the file can't be written */
async function writeTo(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new UsageError(`The bundle ${file} can't be written: ${explain(error)}`);
  }
  tell(`The bundle is in ${file}. Look into it before you send it.`);
}

interface Options {
  readonly json?: boolean;
  readonly probe?: boolean;
  readonly bundle?: string;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the host, the plugin, its networks and sessions, and tell what to do')
    .argument('[container]', 'only this one: its id, name, namespace or session_id')
    .option(...JSON_OPTION)
    .option('--probe', 'also try to leak from inside each session; none of these packets leaves but by its tunnel')
    .option('--bundle <file>', 'write a tar.gz for support: findings, rules, routes and logs, without secrets')
    .addHelpText('after', HELP)
    .action(async (key: string | undefined, options: Options, command: Command) => {
      // Only here: the other commands need nothing of what it loads, and start the faster for it.
      const { bundle, examine } = await import('../../doctor/doctor.ts');
      const api = clientOf(command);
      const examination = await examine({
        api,
        ownVersion: manifest.version,
        controlSocket: socketPath(command.optsWithGlobals<{ socket?: string }>().socket),
        probe: options.probe ?? false,
        ...(key === undefined ? {} : { key }),
      });
      const { report } = examination;
      const { bundle: file } = options;
      if (file !== undefined) await writeTo(file, () => bundle(examination, api, file));
      if (options.json) outJson(report);
      else out(doctorText(report));
      process.exitCode = report.verdict === 'failure' ? EXIT.badNews : EXIT.fine;
    });
}
