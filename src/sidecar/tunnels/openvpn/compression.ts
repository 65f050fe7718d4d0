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

export function readCompression(selection: Selection, findings: Findings): OutputLine[] {
  const candidates = [...selection.all('comp-lzo'), ...selection.all('compress')];
  const last = candidates.toSorted((a, b) => a.line - b.line).at(-1);
  if (!last) return [];
  return last.name === 'comp-lzo' ? readCompLzo(last, findings) : readCompress(last, findings);
}

function readCompLzo({ line, name, args: [mode = 'adaptive'] }: Directive, findings: Findings): OutputLine[] {
  if (mode !== 'no') findings.note(line, name, OFF);
  return [{ name, args: ['no'] } as OutputLine];
}

function readCompress({ line, name, args: [algorithm = 'stub'] }: Directive, findings: Findings): OutputLine[] {
  if (algorithm === 'migrate') return []; // no framing, and what is pushed counts
  const framing = FRAMING[algorithm];
  if (!framing || !Object.hasOwn(FRAMING, algorithm)) {
    findings.refuse(line, 'compress is none of stub, stub-v2, lz4, lz4-v2, lzo and migrate');
    return [];
  }
  if (!algorithm.startsWith('stub')) findings.note(line, name, OFF);
  return [framing];
}
