/**
 * The licences of everything that ships: the packages that the bundles take in or package.json names as dependencies,
 * with theirs, and the fonts. Writes docs/licences.md.
 *
 *   node tools/licences.mjs            writes the file
 *   node tools/licences.mjs --check    exit status 1 when a licence is not in the list below, or the file is not current
 */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './bootstrap/common.mjs';
import { nodeEntries, preloadEntry } from './build.mjs';

/** Licences that let us ship the code in a program of any kind, with the notice. Anything else is for a person to decide. */
export const accepted = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'OFL-1.1']);

const page = 'docs/licences.md';

/** What a source text imports at run time: specifiers, from TypeScript, CSS and HTML. */
export function importsOf(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\bimport\s+type\b[^;]*;|\bexport\s+type\s*\{[^;]*;/g, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|@import\s+(?:url\()?|<script[^>]*\ssrc=|<link[^>]*\shref=)['"]([^'"]+)['"]/g;
  return [...code.matchAll(pattern)].map(([, specifier]) => specifier);
}

/** Names of the packages among specifiers: no paths, nothing of Node's own. */
export function packagesOf(specifiers) {
  return specifiers
    .filter((specifier) => !/^(\.|\/|node:|https?:|data:)/.test(specifier) && !builtinModules.includes(specifier))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

/** The packages that the bundles' entries reach through our own files. Tests and their helpers are not among them. */
function bundled() {
  const pages = existsSync(join(root, 'renderer')) ? readdirSync(join(root, 'renderer')).map((surface) => `renderer/${surface}/index.html`) : [];
  const open = [...Object.values(nodeEntries), preloadEntry, ...pages].map((file) => join(root, file)).filter((file) => existsSync(file));
  const seen = new Set(open);
  const packages = new Set();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (!/\.(tsx?|css|html)$/.test(file)) continue;
    const specifiers = importsOf(readFileSync(file, 'utf8'));
    for (const name of packagesOf(specifiers)) packages.add(name);
    for (const specifier of specifiers) {
      const next = specifier.startsWith('/') ? join(root, 'renderer', specifier) : resolve(dirname(file), specifier);
      if (!/^[./]/.test(specifier) || seen.has(next) || !existsSync(next) || !statSync(next).isFile()) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return packages;
}

/** Folder of a package as Node finds it from another one's folder, or undefined. */
function find(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
    if (folder === root || folder === dirname(folder)) return undefined;
  }
}

const readPackage = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Among the dependencies, since a clone makes the program with them, and in none of its bundles. The fonts have rows of their own. */
const buildOnly = new Set(['@ibm/plex-mono', 'node', 'vite']);

/**
 * Everything that ships, in the order of its name. Native packages of other platforms are named once, under their parent:
 * they are the same source.
 * @returns {Array<{ name: string, version: string, licence: string, direct: boolean }>}
 */
export function shipped() {
  const own = readPackage(root);
  const direct = new Set(Object.keys({ ...own.dependencies, ...own.optionalDependencies }).filter((name) => !buildOnly.has(name)));
  for (const name of bundled()) direct.add(name);
  // The Electron runtime is not bundled by us but lies beside the app in a package; its own licence files come with it.
  const rows = new Map();
  const visit = (name, from) => {
    const folder = find(name, from);
    if (folder === undefined) return;
    const { version, license, dependencies = {} } = readPackage(folder);
    const key = `${name}@${version}`;
    if (rows.has(key)) return;
    rows.set(key, {
      name,
      version,
      licence: typeof license === 'string' ? license : (license?.type ?? 'none named'),
      direct: folder === join(root, 'node_modules', name) && direct.has(name),
    });
    // Electron's dependencies are its downloader; they stay on the developer's machine.
    if (name === 'electron') return;
    for (const dependency of Object.keys(dependencies)) visit(dependency, folder);
  };
  for (const name of direct) visit(name, root);
  return [...rows.values()].sort((a, b) => (a.name === b.name ? a.version.localeCompare(b.version, 'en') : a.name < b.name ? -1 : 1));
}

/** Fonts with the licence file that stands beside them. */
export function fonts() {
  const folder = join(root, 'assets/fonts');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort();
  const licences = names.filter((name) => /^LICENSE/i.test(name));
  return names
    .filter((name) => /\.(woff2?|ttf|otf)$/.test(name))
    .map((name) => {
      const family = name
        .split('-')[0]
        .replace(/[^A-Za-z]/g, '')
        .toLowerCase();
      const file = licences.find((licence) =>
        licence
          .replace(/[^A-Za-z]/g, '')
          .toLowerCase()
          .includes(family),
      );
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
      return { name, licence: /SIL OPEN FONT LICENSE Version 1\.1/i.test(text) ? 'OFL-1.1' : /^MIT License/m.test(text) ? 'MIT' : 'none found', file };
    });
}

/** What is wrong, in sentences. */
export function problems(packages, fontFiles) {
  return [
    ...packages
      .filter(({ licence }) => !accepted.has(licence))
      .map(({ name, version, licence }) => `${name} ${version} has the licence "${licence}", which is not in the list of tools/licences.mjs`),
    ...fontFiles.filter(({ licence }) => !accepted.has(licence)).map(({ name }) => `assets/fonts/${name} has no licence file beside it that is known`),
  ];
}

export function render(packages, fontFiles) {
  const row = ({ name, version, licence, direct }) => `| ${name} | ${version} | ${licence} | ${direct ? 'direct' : 'of another'} |`;
  return `${[
    '# Licences of what ships',
    '',
    'Written by `node tools/licences.mjs` from the sources and the installed packages; `npm test` fails when it is not current.',
    'Each package brings its licence text along in its folder; the fonts lie beside theirs in `assets/fonts/`.',
    'The Electron runtime and the installed browser bring their own notices. The English word list of @zxcvbn-ts/language-en holds',
    'data of OpenSubtitles 2024 by way of OPUS (https://opus.nlpl.eu, Helsinki-NLP), attributed to its contributors, under ODC-BY.',
    '',
    '| package | version | licence | dependency |',
    '|---|---|---|---|',
    ...packages.map(row),
    '',
    '| font | licence | text |',
    '|---|---|---|',
    ...fontFiles.map(({ name, licence, file }) => `| ${name} | ${licence} | ${file ?? ''} |`),
  ].join('\n')}\n`;
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const packages = shipped();
  const fontFiles = fonts();
  const wrong = problems(packages, fontFiles);
  const text = render(packages, fontFiles);
  const file = join(root, page);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) wrong.push(`${relative(root, file)} is not current: run node tools/licences.mjs`);
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
  else console.error(`licences: ${packages.length} packages and ${fontFiles.length} fonts, all in the list`);
}
