import { EgressError } from '../../shared/errors.ts';
import { HttpError } from './http-error.ts';

/** Node's message quotes the text that it could not read, which may be a private key: only the position is taken. */
const positionIn = (message: string): string =>
  /at position \d+(?: \(line \d+ column \d+\))?$/.exec(message)?.[0] ?? '';

const blamesCaller = (status: unknown): boolean => typeof status === 'number' && status >= 400 && status < 500;

function callersError(error: Error & { type?: unknown; status?: unknown }): Error | undefined {
  switch (error.type) {
    case 'entity.too.large':
      return new EgressError('BODY_TOO_LARGE');
    case 'entity.parse.failed':
      return new HttpError('MALFORMED_JSON', `The body is not JSON ${positionIn(error.message)}`.trimEnd());
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new HttpError('MEDIA_TYPE_UNSUPPORTED');
    default:
      return blamesCaller(error.status) ? new HttpError('MALFORMED_REQUEST') : undefined;
  }
}

/** Express and its body parser throw errors of their own: as ours, where the caller is to blame. */
export const asOurs = (error: unknown): unknown => (error instanceof Error && callersError(error)) || error;
