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
  /** How a file exports it; its name is the group. */
  readonly row: RegExp;
}

export const foldersOfRows: readonly FolderOfRows[] = [
  { folder: 'src/mux/commands', what: 'command', row: /^export const (\w+): Command\b/gm },
  { folder: 'renderer/workspace/bands', what: 'band that can be opened', row: /^export const (\w+) = band\(/gm },
  { folder: 'src/anchors', what: 'kind of anchor', row: /^export const (\w+): AnchorKind</gm },
];

/** Text of a folder's all.ts. @param root of the tree. */
export function allText(root: string, { folder, what, row }: FolderOfRows): string {
  const rows = readdirSync(join(root, folder))
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|fixture)\.tsx?$/.test(file))
    .flatMap((file) => [...readFileSync(join(root, folder, file), 'utf8').matchAll(row)].map(([, name]) => ({ name: name!, file })))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return [
    `/** Every ${what}: one line each, made from the files of this folder by test/docs/made.test.ts. */`,
    ...rows.map(({ name, file }) => `export { ${name} } from './${file}';`),
    '',
  ].join('\n');
}
