import type { SessionEvent, SessionState, SessionView } from '../shared/session-view.ts';
import type { Colour } from './print.ts';

const colours: Readonly<Record<SessionState, Colour>> = {
  blocked: 'yellow',
  connecting: 'yellow',
  connected: 'green',
  reconnecting: 'yellow',
  failed: 'red',
  ended: 'dim',
};
export const colourOf = (state: SessionState): Colour => colours[state];

export const nameOf = ({ container, namespace }: Pick<SessionView | SessionEvent, 'container' | 'namespace'>): string =>
  container?.name ?? namespace;

export const reasonText = ({ reason }: Pick<SessionView, 'reason'>): string | undefined =>
  reason && `${reason.message} [${reason.code}]`;

const unitsOfTime = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** `95s`, `12m`, `30h`, `4d`: at least two of a unit, so that the number says enough. */
export function ageOf(time: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  const [name, size] = unitsOfTime.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${name}`;
}

const unitsOfData = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytesText(bytes: number): string {
  const power = Math.min(unitsOfData.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${unitsOfData[power]}`;
}

/** `AU-MELBOURNE-31 (Melbourne, AU)` */
export function gatewayText(gateway: SessionView['gateway']): string | undefined {
  const place = [gateway?.city, gateway?.country].filter(Boolean).join(', ');
  return [gateway?.name, place && `(${place})`].filter(Boolean).join(' ') || undefined;
}
