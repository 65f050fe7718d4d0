import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { isSeen, type Observation } from '../observation.ts';
import { type Check, listed } from './check.ts';

export const storageChecks: readonly Check[] = [
  { id: 'disk', title: 'room for sessions, state and logs', judge: judgeDisk },
  { id: 'log-files', title: 'the logs can be written', judge: judgeLogFiles },
  { id: 'network-log', title: 'no errors or warnings in the network log', question: 2, judge: judgeNetworkLog },
  { id: 'clock', title: 'the clock', judge: judgeClock },
];

const MIB = 1024 * 1024;
const SCARCE_BYTES = 100 * MIB;
const NONE_BYTES = 4 * MIB;
const NONE_FILES = 100;

function judgeDisk({ host }: Observation): Judgement {
  const readOnly = host.folders.filter(({ isReadOnly }) => isReadOnly);
  if (readOnly.length > 0) {
    const paths = listed(readOnly.map(({ path }) => path));
    return failure(`read-only: ${paths}`, 'Mount it for writing; look for errors of the disk in dmesg.');
  }
  const text = (folders: Observation['host']['folders']) =>
    listed(folders.map(({ path, freeBytes }) => `${path} ${Math.floor(freeBytes / MIB)} MiB free`));
  const full = host.folders.filter(({ freeBytes, freeFiles }) => freeBytes < NONE_BYTES || freeFiles < NONE_FILES);
  if (full.length > 0) return failure(`full: ${text(full)}`, 'Make room: no session can be kept, and logs are lost.');
  const scarce = host.folders.filter(({ freeBytes }) => freeBytes < SCARCE_BYTES);
  if (scarce.length > 0) return warning(`nearly full: ${text(scarce)}`, 'Make room before it is full.');
  return ok(text(host.folders));
}

function judgeLogFiles({ host }: Observation): Judgement {
  const paths = (state: string) => listed(host.logs.filter((log) => log.state === state).map(({ path }) => path));
  if (paths('unwritable'))
    return failure(`can’t be written: ${paths('unwritable')}`, 'Look at its attributes (lsattr) and its mount.');
  if (!paths('absent')) return ok(paths('fine'));
  return warning(
    `not there: ${paths('absent')}`,
    'The sidecar makes them at its start. If somebody has moved them, send it SIGHUP.',
  );
}

const HOUR_MS = 3_600_000;
/** `YYYY-MM-DD HH:MM:SS | LEVEL | subject | text`, in the host's own time. */
const COMPLAINT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) \| (WARNING|ERROR) \| (.*)$/;

function judgeNetworkLog({ now, sidecar }: Observation): Judgement {
  if (!isSeen(sidecar.log)) return skipped(`it can’t be read: ${sidecar.log.problem}`);
  const complaints = sidecar.log.value.flatMap((line) => {
    const [, day, time, level = '', text = ''] = COMPLAINT.exec(line) ?? [];
    return day === undefined ? [] : [{ at: Date.parse(`${day}T${time}`), time, level, text }];
  });
  const recent = complaints.filter(({ at }) => at >= now - HOUR_MS);
  const older = complaints.length - recent.length;
  if (recent.length === 0) return ok(`none in the last hour${older > 0 ? `; ${older} older ones` : ''}`);
  const errors = recent.filter(({ level }) => level === 'ERROR');
  const last = (errors.length > 0 ? errors : recent).at(-1);
  const count = `errors: ${errors.length}, warnings: ${recent.length - errors.length} in the last hour`;
  return (errors.length > 0 ? failure : warning)(
    `${count}; the last at ${last?.time}: ${last?.text}`,
    "grep -E '\\| (WARNING|ERROR) \\|' /var/log/kasm-sidecar/network_sidecar.log; docs/errors.md has the codes.",
  );
}

/** A little for file systems whose time comes from elsewhere. */
const SLACK_MS = 60_000;
/** Before this version was written. */
const EARLIEST = Date.UTC(2026, 0, 1);

const timeText = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

function judgeClock({ now, host }: Observation): Judgement {
  const fix = 'Set the clock, and keep it by NTP: certificates of OpenVPN and the times in the logs depend on it.';
  if (now < EARLIEST) return failure(`${timeText(now)}: years behind`, fix);
  if (host.newestFile === undefined || host.newestFile <= now + SLACK_MS) return ok(timeText(now));
  const newest = timeText(host.newestFile);
  return warning(`${timeText(now)}; but the sidecar changed a file at ${newest}, so the clock was set back`, fix);
}
