import type { Results } from '../results.ts';

export function waysSection({ ways, skipped }: Results): string[] {
  return [
    '## The ways',
    '',
    ...ways.flatMap(({ name, title, how, sources }) => [
      `- \`${name}\`: ${title}. ${how[0]?.toUpperCase()}${how.slice(1)}${how.endsWith('.') ? '' : '.'} Sources: ${sources.join('; ')}.${skippedNote(skipped, name)}`,
    ]),
    '',
  ];
}

function skippedNote(skipped: Results['skipped'], name: string): string {
  const found = skipped.find(({ way }) => way === name);
  return found ? ` **Skipped**: ${found.why}.` : '';
}
