import type { LaunchScriptView } from '../shared/session-view.ts';
import { complain, out, paint, printable, warn } from './print.ts';
import { colourOf, gatewayText, reasonText } from './session-text.ts';
import { renderFields } from './table.ts';
import type { Step } from './wait-for-session.ts';

export function printUnderstood(view: LaunchScriptView): void {
  out(`The launch script ${printable(view.key)} is stored.`);
  out(
    renderFields([
      ['egress', view.type],
      ['provider', view.provider],
      ['gateway', gatewayText(view.gateway)],
      ['peers', view.peers.join(', ')],
      ['dns', view.dns.join(', ')],
      ['reached directly', view.allow.join(', ')],
      ['credential', view.credential.join(', ')],
      ['session_id', view.session_id],
      ['deadline', view.deadline_seconds === undefined ? undefined : `${view.deadline_seconds} s`],
    ]),
  );
}

export function warnOfNotices({ notices }: LaunchScriptView): void {
  for (const { line, directive, message } of notices) {
    warn(`${line === undefined ? '' : `line ${line}: `}${directive}: ${message}`);
  }
}

/** Shows each state once: what the session said and what its event says may be the same. */
export function stepPrinter(): (step: Step) => void {
  let last = '';
  return (step) => {
    const line = [paint(colourOf(step.state), step.state), printable(reasonText(step) ?? '')].join('  ').trimEnd();
    if (line !== last) out(line);
    last = line;
  };
}

export function complainOf(key: string, outcome: Step | undefined, seconds: number): void {
  if (outcome?.state === 'connected') return;
  if (outcome) complain([`${key} has ${outcome.state}.`, ...(outcome.reason?.remedy ? [outcome.reason.remedy] : [])]);
  else complain([`${key} was not connected within ${seconds} s.`, `See why: \`kasm-sidecar session ${key}\``]);
}
