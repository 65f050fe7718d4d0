/**
 * `node scripts/lib/bundle.ts FOLDER`: writes the program as plain JavaScript to FOLDER, with the npm packages it uses
 * in it (docs/adr/0013-bundle-the-plugin.md), and prints their folders as JSON for the bill of materials.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { licenceTexts } from './licences.ts';
import { packageFolderOf, readPackage } from './npm-packages.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A worker's file is started by its name, so it is an entry of its own. */
const ENTRIES = {
  'kasm-sidecar': 'src/cli/kasm-sidecar.ts',
  plugin: 'src/sidecar/plugin-main.ts',
  'start-hold-thread': 'src/sidecar/host/start-hold-thread.ts',
};

/** dockerode's ways to an engine by ssh and to BuildKit, which are never taken: half of the bundle, and 12 MB of memory. */
const NEVER_USED = /^(ssh2|@grpc\/.*|protobufjs)$/;

/** Packages with machine code: they can't be bundled, and are copied beside it as they are. */
const NATIVE: readonly string[] = ['koffi'];

const EMPTY = '\0never-used';

const neverUsed: Plugin = {
  name: 'never-used',
  resolveId: (id) => (NEVER_USED.test(id) ? EMPTY : null),
  load: (id) => (id === EMPTY ? 'export default {};' : null),
};

const HTTP = /^(?:node:)?(https?)$/;
const BY_NAME = '\0builtin:';

/**
 * Node's own `http`, without `import`: that reads every property of a module of Node's, and one of this one's loads a whole
 * client for the web (undici) for it: 40 ms of a start, and 3 MB.
 */
const httpByName: Plugin = {
  name: 'http-by-name',
  resolveId: (id) => {
    const name = HTTP.exec(id)?.[1];
    return name ? `${BY_NAME}${name}` : null;
  },
  load: (id) =>
    id.startsWith(BY_NAME) ? `module.exports = process.getBuiltinModule('${id.slice(BY_NAME.length)}');` : null,
};

async function bundle(folder: string): Promise<string[]> {
  const build = await rolldown({
    cwd: ROOT,
    input: ENTRIES,
    platform: 'node',
    external: [...NATIVE],
    plugins: [httpByName, neverUsed],
    onLog: (level, log) => {
      if (level === 'warn') console.error(log.message);
    },
  });
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[hash].js',
    // Not minified: who debugs it on a host reads it, and the names in a stack trace.
    banner: 'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
  });
  await build.close();
  const modules = output.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
  const folders = modules.map((id) => packageFolderOf(ROOT, id.replace(/^\0/, '').replace(/\?.*$/, '')));
  return folders.filter((folder) => folder !== undefined);
}

/** With what it needs itself, for this platform. */
function copyNative(name: string, folder: string): string[] {
  const source = `node_modules/${name}`;
  const found = readPackage(ROOT, source);
  if (!found) return []; // not a dependency, or one of another platform
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  cpSync(join(ROOT, source), join(folder, source), { recursive: true, dereference: true });
  return [source, ...found.dependencies.flatMap((dependency) => copyNative(dependency, folder))];
}

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: bundle.ts FOLDER');
const bundled = await bundle(resolve(target));
const natives = NATIVE.flatMap((name) => copyNative(name, resolve(target)));
writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n');
const packages = [...new Set([...bundled, ...natives])].sort();
writeFileSync(join(target, 'LICENCES.txt'), licenceTexts(ROOT, packages));
for (const entry of Object.keys(ENTRIES))
  if (!existsSync(join(target, `${entry}.js`))) throw new Error(`the bundle has no ${entry}.js`);
if (readFileSync(join(target, 'kasm-sidecar.js'), 'utf8').includes(ROOT))
  throw new Error('the bundle holds a path of this machine');
console.log(JSON.stringify(packages));
