/** `node holder-inside.ts NAMESPACE`: a sidecar that is to hold whoever comes into the namespace, and is in there itself for a while. */
import { statSync } from 'node:fs';
import { inside } from '../../src/sidecar/host/inside.ts';
import { StartHold } from '../../src/sidecar/host/start-hold.ts';

const WHILE_MS = 300;
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

const [, , path = ''] = process.argv;
new StartHold(SILENT).hold(path);
setTimeout(() => {
  inside({ path, name: 'here', inode: statSync(path).ino }, () => {
    const end = performance.now() + WHILE_MS;
    while (performance.now() < end);
  });
  console.log('came back');
  process.exit();
}, 200); // its thread is at work by then
