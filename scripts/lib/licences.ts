import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPackage } from './npm-packages.ts';

/** The licences' own words, which must go with what they cover. `folders` as package-lock.json names them. */
export function licenceTexts(root: string, folders: readonly string[]): string {
  const parts = folders.flatMap((folder) => {
    const found = readPackage(root, folder);
    if (!found) return [];
    const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const texts = files.sort().map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return [`=== ${found.name} ${found.version} (${found.licence})`, ...texts];
  });
  return `${parts.join('\n\n')}\n`;
}
