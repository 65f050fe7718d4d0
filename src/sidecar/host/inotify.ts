import { readFileSync, writeFileSync } from 'node:fs';

/** For all processes of one user together; 128 unless somebody has raised it: inotify(7). */
const LIMIT_FILE = '/proc/sys/fs/inotify/max_user_instances';
/** For everyone else of root's on this host: systemd, containerd, … */
const SPARE = 64;

/** Pure. @returns what the limit should be where `used` of `limit` instances are ours and one more is needed */
export function limitFor(used: number, limit: number): number {
  let enough = Math.max(limit, 1);
  while (used + SPARE >= enough) enough *= 2;
  return enough;
}

/**
 * Raises the host's limit where our `used` instances leave too little to others. Where that is not allowed it stays: whoever gets
 * none says so.
 */
export function makeRoomForInotify(used: number): void {
  try {
    const limit = Number(readFileSync(LIMIT_FILE, 'utf8'));
    const enough = limitFor(used, limit);
    if (enough > limit) writeFileSync(LIMIT_FILE, String(enough));
  } catch {
    // A host without inotify, or one that keeps its settings to itself.
  }
}
