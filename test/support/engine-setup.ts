import { createLab, removeLab } from '../../lab/lab.ts';
import { importImage, startEngine, stopEngine } from './engine.ts';

/** Vitest's global setup of the suites that need Docker: one engine and one lab for all files of a suite. */
export async function setup(): Promise<void> {
  await createLab({ gateways: 2, defaultRoute: true });
  await startEngine();
  await importImage();
}

export async function teardown(): Promise<void> {
  await stopEngine();
  await removeLab();
}
