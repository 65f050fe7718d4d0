import { type Command, InvalidArgumentError, Option } from 'commander';
import { ControlClient } from './client.ts';
import { DEFAULT_SOCKET, socketPath } from './config.ts';

export const socketOption = (): Option =>
  new Option('--socket <path>', `the sidecar's control socket (default: ${DEFAULT_SOCKET}, or KASM_SIDECAR_SOCKET)`);

export const clientOf = (command: Command): ControlClient =>
  new ControlClient(socketPath(command.optsWithGlobals<{ socket?: string }>().socket));

export const JSON_OPTION = ['--json', 'print JSON, and nothing else, on the standard output'] as const;

/** @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
