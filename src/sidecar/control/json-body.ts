import express, { type RequestHandler } from 'express';
import { HttpError } from './http-error.ts';

const MAX_BODY_BYTES = 1024 * 1024;

const requireJson: RequestHandler = (request, _response, next) => {
  if (!request.is('application/json')) throw new HttpError('MEDIA_TYPE_UNSUPPORTED');
  next();
};

/** Compressed bodies are refused: a small one could unpack to much. */
export const jsonBody: RequestHandler[] = [requireJson, express.json({ limit: MAX_BODY_BYTES, inflate: false })];
