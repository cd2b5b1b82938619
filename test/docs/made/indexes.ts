/**
 * The `all.ts` of a folder that has one row a file: made from the names that the files export, so that a new row is a new file and nothing
 * else. An import of each stands in it, and no search at run time: what is in the program can be read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FolderOfRows {
  /** Below the root of the tree. */
  readonly folder: string;
  /** What each file has one of. */
  readonly what: string;
  /** How a file exports it; its name is the first group, and the word that it is found by, where each is loaded when it is called, the second. */
  readonly row: RegExp;
  /** Each is loaded when it is called: the type of one, and the file that has it. */
  readonly loads?: { readonly type: string; readonly from: string };
}

export const foldersOfRows: readonly FolderOfRows[] = [
  { folder: 'src/mux/commands', what: 'command', row: /^export const (\w+): Command\b/gm },
  { folder: 'renderer/workspace/bands', what: 'band that can be opened', row: /^export const (\w+) = band\(/gm },
  { folder: 'src/anchors', what: 'kind of anchor', row: /^export const (\w+): AnchorKind</gm },
  { folder: 'src/sinks', what: 'kind of sink', row: /^export const (\w+): (?:Sink|Alert)Kind</gm },
  {
    folder: 'src/cli/commands',
    what: 'command of `wardmux`',
    row: /^export const (\w+): CliCommand = \{\n {2}name: '([\w-]+)'/gm,
    loads: { type: 'CliCommand', from: '../command.ts' },
  },
];

/** Text of a folder's all.ts. @param root of the tree. */
export function allText(root: string, { folder, what, row, loads }: FolderOfRows): string {
  const rows = readdirSync(join(root, folder))
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|fixture)\.tsx?$/.test(file))
    .flatMap((file) => [...readFileSync(join(root, folder, file), 'utf8').matchAll(row)].map(([, name, word]) => ({ name: name!, word: word!, file })))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  if (loads)
    return [
      `/** Every ${what}, by its word: one line each, made from the files of this folder by test/docs/made.test.ts. */`,
      `import type { ${loads.type} } from '${loads.from}';`,
      '',
      `export const all: Readonly<Record<string, () => Promise<${loads.type}>>> = {`,
      ...rows.map(({ name, word, file }) => `'${word}': async () => (await import('./${file}')).${name},`),
      '};',
      '',
    ].join('\n');
  return [
    `/** Every ${what}: one line each, made from the files of this folder by test/docs/made.test.ts. */`,
    ...rows.map(({ name, file }) => `export { ${name} } from './${file}';`),
    '',
  ].join('\n');
}
