import type { Findings } from '../findings.ts';
import type { OutputLine } from './render.ts';
import type { Selection } from './selection.ts';
import type { Directive } from './tokens.ts';

const OFF =
  'compression is off, because it can give encrypted text away; the form of the packets stays, so that the server understands them';

/** A server that frames packets for compression is only understood by a client that does so too, even if unpacked. */
const FRAMING: Readonly<Record<string, Pick<OutputLine, 'name' | 'args'>>> = {
  stub: { name: 'compress', args: ['stub'] },
  lz4: { name: 'compress', args: ['stub'] },
  'stub-v2': { name: 'compress', args: ['stub-v2'] },
  'lz4-v2': { name: 'compress', args: ['stub-v2'] },
  lzo: { name: 'comp-lzo', args: ['no'] },
};

const ASYMMETRIC = 'what the server compresses is read, which can give encrypted text away; nothing sent is compressed';

/** OpenVPN 2.5 reads compressed packets unless it is told not to; from 2.6 on it has to be told to. */
export function readCompression(selection: Selection, findings: Findings): OutputLine[] {
  const isAllowed = readAllowance(selection.last('allow-compression'), findings);
  const candidates = [...selection.all('comp-lzo'), ...selection.all('compress')];
  const last = candidates.toSorted((a, b) => a.line - b.line).at(-1);
  const framing = last ? readFraming(last, isAllowed, findings) : [];
  return [{ name: 'allow-compression', args: [isAllowed ? 'asym' : 'no'] }, ...framing];
}

function readAllowance(directive: Directive | undefined, findings: Findings): boolean {
  const word = directive?.args[0] ?? 'no';
  if (directive && word === 'asym') findings.note(directive.line, directive.name, ASYMMETRIC);
  else if (directive && word !== 'no')
    findings.note(directive.line, directive.name, '"no" is used: it can give encrypted text away');
  return word === 'asym';
}

const readFraming = (directive: Directive, isAllowed: boolean, findings: Findings): OutputLine[] =>
  directive.name === 'comp-lzo'
    ? readCompLzo(directive, isAllowed, findings)
    : readCompress(directive, isAllowed, findings);

function readCompLzo(
  { line, name, args: [mode = 'adaptive'] }: Directive,
  isAllowed: boolean,
  findings: Findings,
): OutputLine[] {
  if (mode !== 'no' && isAllowed) return [{ name: 'comp-lzo', args: ['yes'] }];
  if (mode !== 'no') findings.note(line, name, OFF);
  return [{ name: 'comp-lzo', args: ['no'] }];
}

function readCompress(
  { line, name, args: [algorithm = 'stub'] }: Directive,
  isAllowed: boolean,
  findings: Findings,
): OutputLine[] {
  if (algorithm === 'migrate') return []; // no framing, and what is pushed counts
  const framing = FRAMING[algorithm];
  if (!framing || !Object.hasOwn(FRAMING, algorithm)) {
    findings.refuse(line, 'compress is none of stub, stub-v2, lz4, lz4-v2, lzo and migrate');
    return [];
  }
  if (isAllowed) return [{ name: 'compress', args: [algorithm] }];
  if (!algorithm.startsWith('stub')) findings.note(line, name, OFF);
  return [framing];
}
