import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { toFieldErrors } from '../shared/launch-script.ts';
import type { Log } from '../shared/log.ts';
import { type FileSettings, fileSettings } from './config.ts';

export interface ConfigFilePaths {
  readonly file: string;
  /** A copy of the last one that was good. */
  readonly lastGood: string;
}

/**
 * The host's own settings. A file that is not valid is refused as a whole, with its reasons in the log, and the last good one
 * counts, or the defaults: a slip of the pen must neither stop the plugin, on which every container of its networks
 * depends, nor open anything.
 */
export function readConfigFile({ file, lastGood }: ConfigFilePaths, log: Log): FileSettings {
  const found = read(file);
  switch (found.kind) {
    case 'absent':
      rmSync(lastGood, { force: true });
      return {};
    case 'good':
      keep(lastGood, found.settings, log);
      return found.settings;
    case 'bad': {
      const before = read(lastGood);
      const counts = before.kind === 'good' ? 'the last good one counts' : 'the defaults count';
      for (const reason of found.reasons) log.error('settings', `${file}: ${reason}; ${counts}`);
      return before.kind === 'good' ? before.settings : {};
    }
  }
}

type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'good'; readonly settings: FileSettings }
  | { readonly kind: 'bad'; readonly reasons: readonly string[] };

function read(path: string): Found {
  try {
    return { kind: 'good', settings: fileSettings.parse(JSON.parse(readFileSync(path, 'utf8'))) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'bad', reasons: reasonsOf(error) };
  }
}

function reasonsOf(error: unknown): string[] {
  if (error instanceof SyntaxError) return ['it is not JSON'];
  if (!(error instanceof z.ZodError)) return [`it can't be read (${(error as NodeJS.ErrnoException).code})`];
  return toFieldErrors(error).map(({ pointer, reason }) => `${pointer === '' ? 'the whole' : pointer}: ${reason}`);
}

function keep(path: string, settings: FileSettings, log: Log): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileAtomic.sync(path, `${JSON.stringify(settings)}\n`, { mode: 0o600 });
  } catch {
    log.warn('settings', `${path} can't be written: if the settings go bad, the defaults will count`);
  }
}
