import { expect, test } from 'vitest';
import { chooseNames } from '../../leak/wanted.ts';

const NAMES = ['GRE (protocol 47)', 'a gre device on the wire', 'fragments', 'fragment frames', 'the host’s LAN'];

test.each([
  ['nothing', '', NAMES],
  ['a name, whatever its brackets mean elsewhere', 'GRE (protocol 47)', ['GRE (protocol 47)']],
  ['a name that is a part of another', 'Fragments', ['fragments']],
  ['a name with a keyboard’s apostrophe', "the host's LAN", ['the host’s LAN']],
  ['an expression', 'gre|^frag', ['GRE (protocol 47)', 'a gre device on the wire', 'fragments', 'fragment frames']],
])('%s chooses', (_, text, chosen) => {
  expect([...chooseNames(text, NAMES)]).toEqual(chosen);
});

test('what chooses nothing is refused, with what there is', () => {
  expect(() => chooseNames('smoke signals', NAMES)).toThrow(
    'there is no case smoke signals; there are:\nGRE (protocol 47)\n',
  );
});
