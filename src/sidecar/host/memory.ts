import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimHeap } from './libc.ts';

/**
 * Gives back to the system what a burst of work has left behind. V8 looks for garbage when somebody allocates, which a daemon
 * at rest hardly does; glibc keeps what was freed. It stops this process for some 50 ms.
 */
export function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc'); // nodejs.org/api/v8.html: the way to a function that Node has no other name for
  const collectGarbage: () => void = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collectGarbage();
  trimHeap();
}
