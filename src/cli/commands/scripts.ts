import type { Command } from 'commander';
import type { LaunchScriptView } from '../../shared/session-view.ts';
import { clientOf, JSON_OPTION } from '../global-options.ts';
import { out, outJson } from '../print.ts';
import { ageOf } from '../session-text.ts';
import { type Cell, renderTable } from '../table.ts';

const HEADINGS = ['KEY', 'TYPE', 'PROVIDER', 'GATEWAY', 'PEERS', 'STORED'] as const;

const rowOf = (script: LaunchScriptView): Cell[] =>
  [
    script.key,
    script.type,
    script.provider ?? '',
    script.gateway?.name ?? '',
    script.peers.join(', '),
    `${ageOf(script.stored_at)} ago`,
  ].map((text) => ({ text }));

function addList(scripts: Command): void {
  scripts
    .command('list', { isDefault: true })
    .description('list the launch scripts that the sidecar holds')
    .option(...JSON_OPTION)
    .action(async (options: { json?: boolean }, command: Command) => {
      const launchScripts = await clientOf(command).launchScripts();
      if (options.json) outJson({ launch_scripts: launchScripts });
      else if (launchScripts.length === 0) out('No launch script is waiting.');
      else out(renderTable(HEADINGS, launchScripts.map(rowOf)));
    });
}

function addDelete(scripts: Command): void {
  scripts
    .command('delete')
    .description('forget a launch script; a session that runs with it is blocked')
    .argument('<key>', 'the key that it was sent under')
    .action(async (key: string, _options: object, command: Command) => {
      await clientOf(command).deleteLaunchScript(key);
      out(`The launch script ${key} is deleted.`);
    });
}

export function addScripts(program: Command): void {
  const scripts = program.command('scripts').description('list or delete launch scripts');
  addList(scripts);
  addDelete(scripts);
}
