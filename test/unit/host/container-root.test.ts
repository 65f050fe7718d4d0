import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ContainerFolder } from '../../../src/sidecar/host/container-root.ts';

let root: string;
let outside: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'root-'));
  outside = mkdtempSync(join(tmpdir(), 'outside-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
  rmSync(outside, { recursive: true });
});

async function write(name: string, content: string): Promise<void> {
  const folder = await ContainerFolder.open(root, 'dockerstartup');
  await folder?.write(name, content, 0o644);
  await folder?.close();
}

describe('ContainerFolder', () => {
  test('does not follow a link in the place of the folder', async () => {
    symlinkSync(outside, join(root, 'dockerstartup'));
    expect(await ContainerFolder.open(root, 'dockerstartup')).toBeUndefined();
  });

  test('replaces a link in the place of the file, and leaves what it led to', async () => {
    mkdirSync(join(root, 'dockerstartup'));
    writeFileSync(join(outside, 'shadow'), 'precious');
    symlinkSync(join(outside, 'shadow'), join(root, 'dockerstartup', '.egress_status'));
    symlinkSync(join(outside, 'shadow'), join(root, 'dockerstartup', '.egress_status.kasm-sidecar'));
    await write('.egress_status', 'ready\n');
    expect(readFileSync(join(outside, 'shadow'), 'utf8')).toBe('precious');
    expect(readFileSync(join(root, 'dockerstartup', '.egress_status'), 'utf8')).toBe('ready\n');
  });

  test('writes with the mode that was asked for, whatever the umask', async () => {
    mkdirSync(join(root, 'dockerstartup'));
    const before = process.umask(0o077);
    await write('.egress_status', 'ready\n');
    process.umask(before);
    expect(statSync(join(root, 'dockerstartup', '.egress_status')).mode & 0o777).toBe(0o644);
  });

  test('moves a folder in the place of the file aside, with all that is in it', async () => {
    mkdirSync(join(root, 'dockerstartup', '.egress_status'), { recursive: true });
    writeFileSync(join(root, 'dockerstartup', '.egress_status', 'kept'), 'x');
    await write('.egress_status', 'error\n');
    expect(readFileSync(join(root, 'dockerstartup', '.egress_status'), 'utf8')).toBe('error\n');
    const moved = readdirSync(join(root, 'dockerstartup')).find((name) => name.startsWith('.egress_status.'));
    expect(readdirSync(join(root, 'dockerstartup', moved ?? ''))).toEqual(['kept']);
  });

  test('is absent where there is no such folder', async () => {
    expect(await ContainerFolder.open(root, 'dockerstartup')).toBeUndefined();
    expect(await ContainerFolder.open(join(root, 'nowhere'), 'dockerstartup')).toBeUndefined();
  });
});
