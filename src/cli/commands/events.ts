import type { Command } from 'commander';
import type { SessionEvent } from '../../shared/session-view.ts';
import { clientOf, JSON_OPTION, wholeNumber } from '../global-options.ts';
import { out, paint, printable } from '../print.ts';
import { colourOf, nameOf, reasonText } from '../session-text.ts';

const HELP = `
Follows until it is stopped (Ctrl-C). With --json each event is one line.
Exit code 3: the sidecar has gone away; continue with --after and the last number that was shown.`;

/** `17  2026-01-02T03:04:05Z  web-1  connecting → connected` */
function lineOf(event: SessionEvent): string {
  const change = [event.previous, paint(colourOf(event.state), event.state)].filter(Boolean).join(' → ');
  return [String(event.id), event.time, printable(nameOf(event)), change, printable(reasonText(event) ?? '')]
    .join('  ')
    .trimEnd();
}

export function addEvents(program: Command): void {
  program
    .command('events')
    .description('follow every change of state')
    .option('--after <number>', 'begin with what came after this event, as far as it is still kept', wholeNumber)
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action(async (options: { after?: number; json?: boolean }, command: Command) => {
      const events = await clientOf(command).events(new AbortController().signal, options.after);
      for await (const event of events) out(options.json ? JSON.stringify(event) : lineOf(event));
    });
}
