import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import pino from 'pino';
import { LineFile } from './line-file.ts';
import type { Log } from './log.ts';

const LEVELS: Readonly<Record<number, string>> = { 30: 'INFO', 40: 'WARNING', 50: 'ERROR' };

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Local time, as the documents show it. */
function timestamp(time: Date): string {
  const day = [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join('-');
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')}`;
}

/** One event is one line: what a tenant named must not be able to write a line of its own. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

export function formatLine(record: { level: number; time: number; subject: string; msg: string }): string {
  const level = LEVELS[record.level] ?? 'INFO';
  return `${[timestamp(new Date(record.time)), level, oneLine(record.subject), oneLine(record.msg)].join(' | ')}\n`;
}

export interface LogFile extends Log {
  /** Opens the file anew. After a rename it does so by itself. */
  reopen(): void;
}

/** A log for people, one line an event, appended to `path` (0640 in a folder that is made with 0750). */
export function openLogFile(path: string): LogFile {
  const file = new LineFile(path);
  const logger = pino({ base: null }, { write: (line: string) => file.write(formatLine(JSON.parse(line))) });
  return {
    info: (subject, text) => logger.info({ subject }, text),
    warn: (subject, text) => logger.warn({ subject }, text),
    error: (subject, text) => logger.error({ subject }, text),
    reopen: () => file.reopen(),
  };
}

/** The documents spell the network log both ways; the second name leads to the first. A full disk must not end the start. */
export function linkLogName(target: string, path: string): void {
  try {
    if (readlinkSync(path) === target) return;
  } catch {
    // absent, or an ordinary file
  }
  try {
    rmSync(path, { force: true });
    symlinkSync(target, path);
  } catch {
    // the other name still works
  }
}
