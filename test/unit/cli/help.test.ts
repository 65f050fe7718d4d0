import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import { expectGolden } from '../../support/golden.ts';
import { runCli } from './run-cli.ts';

/** Each command's words, read from the program so that none is forgotten. */
const everyCommand = (command: Command, words: readonly string[] = []): string[][] => [
  [...words],
  ...command.commands.flatMap((child) => everyCommand(child, [...words, child.name()])),
];

describe('--help', () => {
  test('of each command is the one that was reviewed', async () => {
    const commands = everyCommand(createProgram());
    const helps = await Promise.all(commands.map((words) => runCli([...words, '--help'])));
    for (const help of helps) expect([help.code, help.stderr]).toEqual([0, '']);
    const chapters = commands.map((words, index) =>
      [`## ${['kasm-sidecar', ...words].join(' ')}`, '', '```text', helps[index]?.stdout.trimEnd(), '```'].join('\n'),
    );
    const head = '# Command line\n\nWritten by `npm run golden` from `--help`.\n';
    expectGolden('docs/generated/cli.md', `${[head, ...chapters].join('\n')}\n`);
  });

  test('--version', async () => {
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('completion', () => {
  const run = promisify(execFile);
  const complete = async (...words: string[]): Promise<string[]> => {
    const { stdout: script } = await runCli(['completion', 'bash']);
    const line = ['kasm-sidecar', ...words].map((word) => `'${word}'`).join(' ');
    const asked = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _kasm_sidecar; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', ['--norc', '-c', `${script}\n${asked}`]);
    return stdout.trim().split('\n');
  };

  test.each<[string[], string[]]>([
    [['st'], ['status']],
    [['s'], ['serve', 'status', 'session', 'scripts']],
    [['launch', 'web-1', '--pri'], ['--private-key-file']],
    [['--socket', '/tmp/x', 'events', '--a'], ['--after']],
    [['scripts', 'd'], ['delete']],
    [['completion', 'z'], ['zsh']],
    [['launch', 'status', '--con'], ['--config']],
  ])('of bash completes %j', async (words, completed) => {
    expect(await complete(...words)).toEqual(completed);
  });

  test.each(['zsh', 'fish'])('of %s names each command', async (shell) => {
    const { code, stdout } = await runCli(['completion', shell]);
    expect(code).toBe(0);
    for (const command of createProgram().commands) expect(stdout).toContain(command.name());
  });
});
