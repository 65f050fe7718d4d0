#!/usr/bin/env node
import { exitCodeOf } from './failures.ts';
import { createProgram } from './program.ts';

// `kasm-sidecar status | head -1` closes our output early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exit(exitCodeOf(error));
}
