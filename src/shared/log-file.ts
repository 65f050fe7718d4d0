import { mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import pino from 'pino';
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
  /** Opens the file anew, after somebody renamed it. */
  reopen(): void;
  flush(): void;
}

/** A log for people, one line an event, appended to `path` (0640 in a folder that is made with 0750). */
export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const destination = pino.destination({ dest: path, append: true, sync: true, mode: 0o640 });
  const stream = { write: (line: string) => writeOrLose(destination, formatLine(JSON.parse(line))) };
  const logger = pino({ base: null }, stream);
  return {
    info: (subject, text) => logger.info({ subject }, text),
    warn: (subject, text) => logger.warn({ subject }, text),
    error: (subject, text) => logger.error({ subject }, text),
    reopen: () => destination.reopen(),
    flush: () => destination.flushSync(),
  };
}

/** A full disk costs the line, not the sessions. */
function writeOrLose(destination: { write(text: string): unknown }, line: string): void {
  try {
    destination.write(line);
  } catch {
    process.stderr.write(line);
  }
}

/** The documents spell the network log both ways; the second name leads to the first. */
export function linkLogName(target: string, path: string): void {
  try {
    if (readlinkSync(path) === target) return;
  } catch {
    // absent, or an ordinary file
  }
  rmSync(path, { force: true });
  symlinkSync(target, path);
}
