/**
 * `node test/bench/asker.ts SOCKET PATH`: asks every 20 ms for PATH, which nobody knows, whether or not earlier answers have come.
 * After SIGTERM it waits for those that are missing, and prints as JSON how many milliseconds each took.
 */
import { request } from 'node:http';

const EVERY_MS = 20;
const [socketPath, path] = process.argv.slice(2);
if (socketPath === undefined || path === undefined) throw new Error('usage: asker.ts SOCKET PATH');

const took: number[] = [];

function ask(): void {
  const began = performance.now();
  const question = request({ socketPath, path }, (response) => {
    if (response.statusCode !== 404) throw new Error(`${path}: status ${response.statusCode}`);
    response.resume().once('end', () => took.push(performance.now() - began));
  });
  question.end();
}

const timer = setInterval(ask, EVERY_MS);
process.once('SIGTERM', () => clearInterval(timer));
process.once('beforeExit', () => process.stdout.write(JSON.stringify(took)));
