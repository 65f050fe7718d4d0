/** What goes wrong before any part of the sidecar is asked: status, sentence, what to do. */
export const httpErrors = {
  MALFORMED_REQUEST: [
    400,
    'The request could not be read.',
    'Correct the path, the headers or the length of the body.',
  ],
  MALFORMED_JSON: [400, 'The body is not JSON.', 'Correct the body where it says; any JSON checker helps.'],
  PATH_UNKNOWN: [404, 'There is no such path.', 'See /openapi.json for all there are.'],
  METHOD_NOT_ALLOWED: [405, 'That path does not know this method.', 'Use one of those in the header Allow.'],
  MEDIA_TYPE_UNSUPPORTED: [
    415,
    'The body must be plain JSON.',
    'Send it in UTF-8, not compressed, with the header Content-Type: application/json.',
  ],
} as const satisfies Record<string, readonly [status: number, sentence: string, whatToDo: string]>;

export type HttpErrorCode = keyof typeof httpErrors;

export class HttpError extends Error {
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string = httpErrors[code][1]) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}
