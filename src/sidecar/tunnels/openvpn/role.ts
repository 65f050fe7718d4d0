import type { Findings } from '../findings.ts';
import type { Selection } from './selection.ts';

/** Only a client with a routed device (tun) is made here. */
export function checkRole(selection: Selection, findings: Findings): void {
  const mode = selection.last('mode');
  if (mode && mode.args[0] !== 'p2p')
    findings.refuse(mode.line, 'mode: this is the config of a server: use that of a client');
  const type = selection.last('dev-type');
  if (type && type.args[0] !== 'tun')
    findings.refuse(type.line, 'dev-type is not tun: a bridge (tap) is not supported');
  const device = selection.last('dev');
  if (device && !type && !/^tun/.test(device.args[0] ?? '')) {
    findings.refuse(device.line, 'dev is not tun: a bridge (tap) is not supported');
  }
}

/** Nothing of it reaches the tunnel; some of it asks for things that have names of their own. */
export function noteEnvironment(selection: Selection, findings: Findings): void {
  for (const { line, name } of selection.all('setenv')) {
    findings.note(line, name, 'no program is run that could read it; the server is told nothing about this host');
  }
}
