import { beforeEach, describe, expect, test } from 'vitest';
import { Liveness } from '../../../src/sidecar/tunnels/liveness.ts';

/** A clock, counters and a resolver in place of real ones: a real hour of silence takes an hour. */
describe('Liveness', () => {
  let now = 0;
  let counters: { received: number; sent: number } | undefined;
  let answer: 'yes' | 'no' | 'cannot ask';
  let pings = 0;
  beforeEach(() => {
    [now, pings, answer, counters] = [0, 0, 'yes', { received: 0, sent: 0 }];
  });

  const ask = async (): Promise<boolean> => {
    pings++;
    if (answer === 'cannot ask') throw new Error('spawn EAGAIN');
    return answer === 'yes';
  };
  const listen = () => {
    const liveness = new Liveness({ counters: () => counters, ask, now: () => now });
    const seconds = async (count: number, each = () => {}) => {
      for (let second = 0; second < count; second++) {
        now += 1000;
        each();
        if (liveness.look()) await liveness.probe();
      }
    };
    return { liveness, seconds };
  };
  const receive = () => {
    if (counters) counters = { ...counters, received: counters.received + 100 };
  };
  const send = () => {
    if (counters) counters = { ...counters, sent: counters.sent + 100 };
  };

  test('asks once at first, and not as long as packets come', async () => {
    const { liveness, seconds } = listen();
    await seconds(3600, receive);
    expect([pings, liveness.isDead]).toEqual([1, false]);
  });

  test('an idle hour with a server that answers is no death', async () => {
    const { liveness, seconds } = listen();
    await seconds(3600);
    expect(liveness.isDead).toBe(false);
    expect(pings).toBeLessThan(400);
  });

  test('silence at rest is noticed after 10 s, under traffic after 3', async () => {
    for (const [traffic, limit] of [
      [() => {}, 11],
      [send, 5],
    ] as const) {
      const { liveness, seconds } = listen();
      await seconds(2);
      answer = 'no';
      await seconds(limit, traffic);
      expect(liveness.isDead).toBe(true);
      answer = 'yes';
      await seconds(3);
      expect(liveness.isDead).toBe(false);
    }
  });

  test('who has never answered proves nothing', async () => {
    answer = 'no';
    const { liveness, seconds } = listen();
    await seconds(600);
    expect(liveness.isDead).toBe(false);
  });

  test('neither does a ping that could not be sent', async () => {
    const { liveness, seconds } = listen();
    await seconds(2);
    answer = 'cannot ask';
    await seconds(600, send);
    expect(liveness.isDead).toBe(false);
  });

  test('once contradicted, it needs an answer before silence counts again', async () => {
    const { liveness, seconds } = listen();
    await seconds(2);
    answer = 'no';
    await seconds(12);
    expect(liveness.isDead).toBe(true);
    liveness.contradict();
    await seconds(600);
    expect(liveness.isDead).toBe(false);
  });

  test('a device that is gone is told as that', async () => {
    const { liveness, seconds } = listen();
    counters = undefined;
    await seconds(60);
    expect([liveness.isGone, liveness.isDead, pings]).toEqual([true, false, 0]);
  });

  test('with nobody to ask, only a device that is gone says something', async () => {
    const liveness = new Liveness({ counters: () => counters, now: () => now });
    for (let second = 0; second < 3600; second++) {
      now += 1000;
      if (liveness.look()) await liveness.probe();
    }
    await liveness.probe();
    expect([liveness.isDead, liveness.isGone]).toEqual([false, false]);
    counters = undefined;
    if (liveness.look()) await liveness.probe();
    expect(liveness.isGone).toBe(true);
  });
});
