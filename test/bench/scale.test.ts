import { onTestFinished, test } from 'vitest';
import { Fleet } from './fleet.ts';
import { growthOf, partsOf } from './growth.ts';
import { Report, Series } from './report.ts';
import { AT_ONCE, inWholeRounds } from './rounds.ts';
import { LARGEST, OPENVPN_UDP, PLAIN, startedSizesOf, useBench, WIREGUARD } from './ways.ts';

const bench = useBench();
const report = new Report('starting more and more');
const LIMIT_MS = 600_000 + LARGEST * 10_000;
/** Code is slow while it is new, and the first rounds would hide growth. */
const WARM_UP = 5 * AT_ONCE;

/** Docker's own come last, and alone: the others' fleets are gone by then. */
const FLEETS = [WIREGUARD, OPENVPN_UDP, PLAIN].flatMap((way) =>
  startedSizesOf(way)
    .slice(-1)
    .map((largest) => ({ way, size: inWholeRounds(largest) })),
);

const seconds = new Series();
const growth = new Series();

async function warmUp(way: string): Promise<void> {
  const fleet = new Fleet(bench, way);
  await fleet.growTo(WARM_UP);
  await fleet.end();
}

test.each(FLEETS)('$size × $way', { timeout: LIMIT_MS }, async ({ way, size }) => {
  await warmUp(way);
  const fleet = new Fleet(bench, way);
  onTestFinished(() => fleet.end(), LIMIT_MS);
  const rounds = await fleet.growTo(size);
  const title = `${size} × ${way}`;
  for (const [part, values] of Object.entries(partsOf(rounds)))
    for (const value of values) seconds.push(`${title}: ${part}`, value);
  growth.push(title, growthOf(rounds));
});

test('the tables', () => {
  report.add(`\`docker run\`, ${AT_ONCE} at once, to connected (of Docker’s own: to its return)`, 's', seconds.rows);
  report.add('the same: the last five rounds, to the first five', '×', growth.rows);
});
