import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../../../src/shared/error-codes.ts';
import { expectGolden } from '../../support/golden.ts';

const HEAD = `# Errors

Every failure has a code that stays the same, one sentence, and what to do about it. The same words stand in the API's answers
(\`application/problem+json\`), in \`kasm-sidecar status\` and \`session\`, and in the log. A test writes this page from the
table in the code.

| code | what happened | what to do |
|---|---|---|
`;

const renderDocument = (): string =>
  HEAD +
  Object.entries(errorCodes)
    .map(([code, [sentence, remedy]]) => `| \`${code}\` | ${sentence} | ${remedy} |\n`)
    .join('');

test('docs/errors.md is the table of codes', () => {
  expectGolden(join(import.meta.dirname, '../../../docs/errors.md'), renderDocument());
});

test.each(Object.entries(errorCodes))('%s: one sentence each', (_, [sentence, remedy]) => {
  for (const text of [sentence, remedy]) expect(text).toMatch(/^[A-Z][^|\n]*\.$|^[A-Z][^|\n]*`\.?$/);
});
