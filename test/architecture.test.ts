/**
 * The house has floors: renderer and main stand on src, src stands on nothing of ours. oxlint enforces it; here each of its
 * rules is shown to fire on a bad example, the real tree is walked a second time without oxlint, and import cycles are
 * searched for.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { denials } from '../src/access/index.ts';

const root = resolve(import.meta.dirname, '..');
/** An auditor takes one file, and its digest is pinned: the reason stands here. */
const LONG = new Set(['assets/verify.py']);

interface Finding {
  readonly code: string;
  readonly filename: string;
  readonly message: string;
}

/** Lints a folder and gives the findings. */
function lint(folder: string): Finding[] {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format', 'json', '-c', '.oxlintrc.json', 'src', 'main', 'renderer', 'test'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const start = stdout.indexOf('{');
  if (start < 0) throw new Error(`oxlint said: ${stdout}${stderr}`);
  return (JSON.parse(stdout.slice(start)) as { diagnostics: Finding[] }).diagnostics;
}

/** Each line: the file, one statement that must not stand in it, the rule that says so. */
const forbidden: ReadonlyArray<readonly [file: string, code: string, rule: string]> = [
  ['src/ledger/a.ts', "import { origin } from '../../main/host.ts';\nconsole.log(origin);", 'no-restricted-imports'],
  ['src/ledger/b.ts', "import { view } from '../../renderer/workspace/view.ts';\nconsole.log(view);", 'no-restricted-imports'],
  ['src/ledger/c.ts', "const host = await import('../../main/host.ts');\nconsole.log(host);", 'no-restricted-imports'],
  ['src/ledger/d.ts', "export { origin } from '../../main/host.ts';", 'no-restricted-imports'],
  ['src/pty/a.ts', "import { app } from 'electron';\nconsole.log(app);", 'no-restricted-imports'],
  ['src/pty/b.ts', "import type { App } from 'electron';\nexport type A = App;", 'no-restricted-imports'],
  ['src/pty/c.ts', "import { chromium } from 'playwright-core';\nconsole.log(chromium);", 'no-restricted-imports'],
  ['src/mux/a.ts', "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync);", 'no-restricted-imports'],
  ['src/mux/b.ts', 'export const now = () => Date.now();', 'no-restricted-properties'],
  ['src/mux/c.ts', 'export const id = () => Math.random();', 'no-restricted-properties'],
  ['src/mux/d.ts', 'export const env = () => process.env;', 'no-restricted-globals'],
  ['src/mux/e.ts', "import { origin } from '../../main/host.ts';\nconsole.log(origin);", 'no-restricted-imports'],
  ['src/lock/a.ts', "import { randomBytes } from 'node:crypto';\nconsole.log(randomBytes);", 'no-restricted-imports'],
  ['src/lock/b.ts', 'setTimeout(() => undefined, 1000);', 'no-restricted-globals'],
  ['main/a.ts', "import { app } from 'electron';\nconsole.log(app);", 'no-restricted-imports'],
  ['main/b.ts', "import { chromium } from 'playwright-core';\nconsole.log(chromium);", 'no-restricted-imports'],
  ['main/c.ts', "import { view } from '../renderer/workspace/view.ts';\nconsole.log(view);", 'no-restricted-imports'],
  ['main/e.test.ts', "import { vi } from 'vitest';\nawait vi.waitFor(() => undefined);", 'no-restricted-properties'],
  [
    'test/renderer/a.test.ts',
    "export const shown = (page: { waitForFunction(text: string): unknown }) => page.waitForFunction('shown');",
    'no-restricted-properties',
  ],
  ['main/d.ts', "import { fake } from '../test/fake.ts';\nconsole.log(fake);", 'no-restricted-imports'],
  ['main/chromium/a.ts', "import { app } from 'electron';\nconsole.log(app);", 'no-restricted-imports'],
  ['main/chromium/c.ts', "import { chromium } from 'playwright-core';\nconsole.log(chromium);", 'no-restricted-imports'],
  ['main/chromium/b.ts', "import { host } from '../electron/host.ts';\nconsole.log(host);", 'no-restricted-imports'],
  ['main/electron/a.ts', "import { chromium } from 'playwright-core';\nconsole.log(chromium);", 'no-restricted-imports'],
  ['main/electron/b.ts', "import { shell } from 'electron';\nexport const open = () => shell.openExternal('https://example.org');", 'no-restricted-properties'],
  ['renderer/workspace/a.ts', "import { origin } from '../../main/host.ts';\nconsole.log(origin);", 'no-restricted-imports'],
  ['renderer/workspace/b.ts', "import { spawn } from '../../src/pty/spawn.ts';\nconsole.log(spawn);", 'no-restricted-imports'],
  ['renderer/workspace/c.ts', "import { PeerChannel } from '../../src/bridge/channel/node.ts';\nconsole.log(PeerChannel);", 'no-restricted-imports'],
  ['renderer/workspace/d.ts', "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync);", 'no-restricted-imports'],
  ['renderer/workspace/e.ts', "import { key } from '../../src/vault/keys.ts';\nconsole.log(key);", 'no-restricted-imports'],
  ['renderer/workspace/e2.ts', "import { listPeople } from '../../src/people/person.ts';\nconsole.log(listPeople);", 'no-restricted-imports'],
  ['renderer/workspace/k.ts', "import { screenOf } from '../../src/terminal/screen.ts';\nconsole.log(screenOf);", 'no-restricted-imports'],
  ['renderer/workspace/l.ts', "import { bootClock } from '../../src/time/clock.ts';\nconsole.log(bootClock);", 'no-restricted-imports'],
  ['renderer/workspace/f.ts', "document.body.innerHTML = '<b>x</b>';", 'no-restricted-properties'],
  ['renderer/workspace/g.ts', "document.body.insertAdjacentHTML('beforeend', '<b>x</b>');", 'no-restricted-properties'],
  ['renderer/workspace/h.ts', "eval('1');", 'no-eval'],
  ['renderer/workspace/i.ts', "export const f = new Function('return 1');", 'no-new-func'],
  ['renderer/workspace/j.tsx', "export const A = () => <p dangerouslySetInnerHTML={{ __html: 'x' }} />;", 'no-danger'],
  ['src/mux/bridge.ts', "import { requests } from '../bridge/schema.ts';\nconsole.log(requests);", 'no-restricted-imports'],
  ['src/pty/loop-a.ts', "import { b } from './loop-b.ts';\nexport const a = () => b;", 'no-cycle'],
];

/** What the rules must leave alone. */
const allowed: ReadonlyArray<readonly [file: string, code: string]> = [
  ['main/electron/ok.ts', "import { app } from 'electron';\nimport { schema } from '../../src/bridge/schema.ts';\nconsole.log(app, schema);"],
  ['main/chromium/ok.ts', "import { origin } from '../host.ts';\nconsole.log(origin);"],
  [
    'renderer/workspace/ok.ts',
    "import { schema } from '../../src/bridge/schema.ts';\nimport { layout } from '../../src/mux/layout.ts';\nconsole.log(schema, layout);",
  ],
  [
    'renderer/setup/ok.ts',
    "import { meter } from '../../src/people/passphrase.ts';\nimport { PageKey } from '../../src/bridge/channel/web.ts';\nconsole.log(meter, PageKey);",
  ],
  ['renderer/workspace/ok-terminal.ts', "import { Modes } from '../../src/terminal/modes.ts';\nconsole.log(Modes);"],
  ['renderer/workspace/ok-time.ts', "import { inTime } from '../../src/time/in-time.ts';\nconsole.log(inTime);"],
  ['src/mux/ok.ts', "import { themes } from '../types/words.ts';\nconsole.log(themes);"],
  ['src/pty/ok.ts', "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync, Date.now());"],
  ['src/mux/ok.test.ts', "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync);"],
  ['test/contract/fake.ts', "import type { App } from 'electron';\nimport { chromium } from 'playwright-core';\nexport type A = App;\nconsole.log(chromium);"],
];

describe('lint rules', () => {
  let folder: string;
  let findings: Finding[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wardmux-lint-'));
    cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    const files: ReadonlyArray<readonly [string, string, ...unknown[]]> = [
      ...forbidden,
      ...allowed,
      ['src/pty/loop-b.ts', "import { a } from './loop-a.ts';\nexport const b = () => a;"],
    ];
    for (const [file, code] of files) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), `${code}\n`);
    }
    findings = lint(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(forbidden)('%s: refused', (file, _code, rule) => {
    const codes = findings.filter((finding) => finding.filename === file).map((finding) => finding.code);
    expect(
      codes.some((code) => code.includes(`(${rule})`)),
      `found only: ${codes.join(', ') || 'nothing'}`,
    ).toBe(true);
  });

  test.each(allowed)('%s: left alone', (file) => {
    expect(findings.filter((finding) => finding.filename === file)).toEqual([]);
  });
});

/** Files of ours below a folder. */
const under = (folder: string, ending = /\.(tsx?|mjs)$/): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((name) => ending.test(name) && !name.endsWith('.d.ts'));

/** The files of the real tree. */
const sources = (): string[] => ['src', 'main', 'renderer'].flatMap((folder) => under(folder));

const importPattern = /(?:^|[;\s])(?:import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

interface Import {
  readonly specifier: string;
  /** Gone after compilation, so it cannot take part in a cycle at run time. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

/** Comments may hold examples; strings that hold "//" are no imports. */
const withoutComments = (file: string): string =>
  readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');

function importsOf(file: string): Import[] {
  const text = withoutComments(file);
  return [...text.matchAll(importPattern)].map((match) => ({
    specifier: match[2] ?? match[3] ?? '',
    // `import { type A, type B }` is gone too.
    typeOnly: match[1] !== undefined || /^\s*(?:im|ex)port\s*\{(?:\s*type\s[^,}]*,?)+\s*\}/.test(match[0].trimStart()),
    dynamic: match[3] !== undefined,
  }));
}

/** The path of an import inside the tree, or undefined for a package. */
const target = (file: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : undefined;

describe('the real tree', () => {
  const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file);
  const tree = new Map(sources().map((file) => [file, importsOf(file)]));

  function violations(of: (file: string) => boolean, bad: (file: string, specifier: string, path: string | undefined) => boolean): string[] {
    return [...tree].flatMap(([file, imports]) =>
      of(file) ? imports.filter(({ specifier }) => bad(file, specifier, target(file, specifier))).map(({ specifier }) => `${file} imports ${specifier}`) : [],
    );
  }

  test('it was read: every room has files with imports', () => {
    for (const room of ['src/bridge/', 'src/recording/', 'main/', 'renderer/']) {
      expect(
        [...tree].some(([file, imports]) => file.startsWith(room) && imports.length > 0),
        room,
      ).toBe(true);
    }
  });

  test('src imports nothing above it', () => {
    expect(
      violations(
        (file) => file.startsWith('src/') && !isTest(file),
        (_file, _specifier, path) => path !== undefined && !path.startsWith('src/') && path !== 'package.json',
      ),
    ).toEqual([]);
  });

  test('electron is imported by main/electron alone, playwright-core by tests alone', () => {
    expect(
      violations(
        (file) => !file.startsWith('main/electron/') && !isTest(file),
        (_file, specifier) => specifier === 'electron',
      ),
    ).toEqual([]);
    expect(
      violations(
        (file) => !isTest(file),
        (_file, specifier) => specifier.startsWith('playwright'),
      ),
    ).toEqual([]);
  });

  test('the renderer takes only its rooms of src', () => {
    const rooms =
      /^(renderer\/|src\/access\/|src\/bridge\/(?!channel\/node\.ts$)|src\/mux\/|src\/review\/(?:player|rows|told|timeline|transcript)\.ts$|src\/terminal\/(?!screen\.ts$)|src\/time\/in-time\.ts$|src\/types\/|src\/people\/passphrase(?:-guesses)?\.ts$|node_modules\/|assets\/)/;
    const page = (file: string): boolean => file.startsWith('renderer/') && !isTest(file) && file !== 'renderer/vite.config.ts';
    expect(violations(page, (_file, specifier, path) => (path === undefined ? specifier.startsWith('node:') : !rooms.test(path)))).toEqual([]);
  });

  test('what the page takes along does not bring Node with it', () => {
    const seen = new Set<string>();
    const visit = (file: string, way: readonly string[]): string[] => {
      if (seen.has(file)) return [];
      seen.add(file);
      return (tree.get(file) ?? []).flatMap(({ specifier, typeOnly }) => {
        if (typeOnly) return [];
        if (specifier.startsWith('node:')) return [[...way, file, specifier].join(' -> ')];
        const path = target(file, specifier);
        return path === undefined ? [] : visit(path, [...way, file]);
      });
    };
    const pages = [...tree.keys()].filter((file) => file.startsWith('renderer/') && !isTest(file) && file !== 'renderer/vite.config.ts');
    expect(pages.flatMap((file) => visit(file, []))).toEqual([]);
  });

  test('src/mux and src/lock are pure', () => {
    const pure = (file: string): boolean => /^src\/(mux|lock)\//.test(file) && !isTest(file);
    expect(violations(pure, (_file, specifier) => specifier.startsWith('node:'))).toEqual([]);
  });

  test('every relative import is written with its ending', () => {
    expect(
      violations(
        () => true,
        (_file, specifier) => specifier.startsWith('.') && !/\.(tsx?|css|json|svg|woff2)(\?\w+)?$/.test(specifier),
      ),
    ).toEqual([]);
  });

  // ---------------------------------------------------------------- docs/architecture.md

  const page = join(root, 'docs/architecture.md');
  /** The rows of the table that follows a line, each as its cells. */
  function tableAfter(text: string, line: RegExp): string[][] {
    const lines = text.split('\n');
    const from = lines.findIndex((found, n) => n > lines.findIndex((one) => line.test(one)) && found.startsWith('| ---'));
    const rows: string[][] = [];
    for (let n = from + 1; lines[n]?.startsWith('|'); n++)
      rows.push(
        lines[n]!.split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    return rows;
  }
  const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

  /** Parts of the product: what only tests use belongs to the tests. */
  const isProduct = (file: string): boolean =>
    !isTest(file) && !/\.(fixture|contract)\.ts$|\/(fixture|fake)\.ts$/.test(file) && file !== 'renderer/vite.config.ts';
  /** `src/ledger`, `src/services/people`, `main`, `renderer`; undefined for what stands in no folder, such as src/version.ts. */
  const roomOf = (file: string): string | undefined => /^(src\/(?:services\/)?[^/]+|main|renderer)\//.exec(file)?.[1];

  /** What each room imports of the others: code, and types alone. */
  function roomImports(): Map<string, { readonly code: Set<string>; readonly types: Set<string> }> {
    const found = new Map<string, { code: Set<string>; types: Set<string> }>();
    for (const [file, imports] of tree) {
      const room = roomOf(file);
      if (room === undefined || !isProduct(file)) continue;
      const entry = found.get(room) ?? { code: new Set(), types: new Set() };
      found.set(room, entry);
      for (const { specifier, typeOnly } of imports) {
        const path = target(file, specifier);
        const other = path === undefined ? undefined : roomOf(path);
        if (other !== undefined && other !== room) (typeOnly ? entry.types : entry.code).add(other);
      }
    }
    return found;
  }

  const cellOf = ({ code, types }: { readonly code: ReadonlySet<string>; readonly types: ReadonlySet<string> }): string => {
    const words = (rooms: readonly string[]): string => rooms.map((room) => `\`${room.replace(/^src\//, '')}\``).join(', ');
    const only = [...types].filter((room) => !code.has(room)).sort();
    const parts = [...(code.size > 0 ? [words([...code].sort())] : []), ...(only.length > 0 ? [`types of ${words(only)}`] : [])];
    return parts.join('; ') || 'nothing';
  };

  test('what each folder imports is what docs/architecture.md says, and each folder stands there', () => {
    const actual = roomImports();
    if (process.env['UPDATE_DOCS']) {
      let text = readFileSync(page, 'utf8');
      for (const [folder = '', , old = ''] of tableAfter(text, /^## Folders/)) {
        const imports = actual.get(quoted(folder)[0]?.replace(/\/$/, '') ?? '');
        const row = text.split('\n').find((line) => line.startsWith(`| ${folder} `) || line.startsWith(`| ${folder}|`));
        if (imports && row) text = text.replace(row, `${row.slice(0, row.lastIndexOf(old))}${cellOf(imports)} |`);
      }
      writeFileSync(page, text);
    }
    const said = new Map(
      tableAfter(readFileSync(page, 'utf8'), /^## Folders/).map(([folder = '', , imports = '']) => [quoted(folder)[0]!.replace(/\/$/, ''), imports]),
    );
    for (const [room, imports] of actual) expect(`${room}: ${said.get(room) ?? 'stands in no row'}`).toBe(`${room}: ${cellOf(imports)}`);
    // A row of the page for a folder that is gone would be no truth either.
    for (const folder of said.keys()) expect(sources().some((file) => file.startsWith(`${folder}/`)) || readdirSync(root).includes(folder), folder).toBe(true);
  });

  test('the folders of src stand in one order: by no way round, and for no type, does one import what imports it', () => {
    const actual = new Map([...roomImports()].filter(([room]) => room.startsWith('src/')));
    const placed = new Set<string>();
    for (let more = true; more;) {
      more = false;
      for (const [room, { code, types }] of actual)
        if (!placed.has(room) && [...code, ...types].every((other) => placed.has(other) || !actual.has(other))) more = placed.add(room) !== undefined;
    }
    expect(
      [...actual]
        .filter(([room]) => !placed.has(room))
        .map(([room, { code, types }]) => `${room}: ${[...code, ...types].filter((other) => actual.has(other) && !placed.has(other)).join(', ')}`),
    ).toEqual([]);
  });

  test('the files of main import in the order of docs/architecture.md', () => {
    const lines = tableAfter(readFileSync(page, 'utf8'), /^In `main\/` a file imports/).map(([files = '']) => quoted(files).map((name) => `main/${name}`));
    expect(lines.length).toBeGreaterThan(8);
    /** The line of a file: one that is named itself counts before the folder that it is in. */
    const lineOf = (file: string): number => {
      const named = lines.findIndex((names) => names.includes(file));
      return named >= 0 ? named : lines.findIndex((names) => names.some((name) => name.endsWith('/') && file.startsWith(name)));
    };
    const files = [...tree.keys()].filter((file) => file.startsWith('main/') && isProduct(file));
    expect(
      files.filter((file) => lineOf(file) < 0),
      'stand in no line',
    ).toEqual([]);
    for (const name of lines.flat())
      expect(
        files.some((file) => file === name || file.startsWith(name)),
        name,
      ).toBe(true);
    const upwards = files.flatMap((file) =>
      (tree.get(file) ?? []).flatMap(({ specifier }) => {
        const path = target(file, specifier);
        return path?.startsWith('main/') && lineOf(path) < lineOf(file) ? [`${file} imports ${path}`] : [];
      }),
    );
    expect(upwards).toEqual([]);
  });

  test('what a file of the product exports, another file imports', () => {
    const readers = [...tree.keys(), ...under('test'), ...under('tools')];
    /** `file#name`, and `file` where all of it is taken. */
    const taken = new Set<string>();
    const take = (reader: string, specifier: string, names: string | undefined): void => {
      const file = target(reader, specifier);
      if (file === undefined) return;
      if (names === undefined) taken.add(file);
      else
        for (const name of names.split(','))
          taken.add(
            `${file}#${
              name
                .trim()
                .replace(/^type /, '')
                .split(/\s+as\s+|\s*:/)[0]
            }`,
          );
    };
    for (const reader of readers) {
      let text = withoutComments(reader);
      const strike = (pattern: RegExp, found: (match: RegExpMatchArray) => void): void => {
        for (const match of text.matchAll(pattern)) found(match);
        text = text.replace(pattern, '');
      };
      strike(/\{([^{}]*)\}\s*from\s*'(\.[^']+)'/g, ([, names, from]) => take(reader, from!, names));
      strike(/\{([^{}]*)\}\s*=\s*await import\('(\.[^']+)'\)/g, ([, names, from]) => take(reader, from!, names));
      strike(/import\('(\.[^']+)'\)\)?\.(?!then)(\w+)/g, ([, from, name]) => take(reader, from!, name));
      // Of anything else nobody knows what it takes.
      strike(/(?:\*[^'"]*from\s*|import\(\s*)'(\.[^']+)'/g, ([, from]) => take(reader, from!, undefined));
    }
    const unused = [...tree.keys()]
      .filter((file) => !isTest(file) && !taken.has(file) && !file.endsWith('.d.ts'))
      .flatMap((file) => {
        const text = withoutComments(file);
        // A type may be named for who reads a signature; what runs is exported for who calls it.
        const declared = [...text.matchAll(/^export (?:abstract )?(?:async )?(?:const|let|function\*?|class) (\w+)/gm)].map(([, name]) => name!);
        const passedOn = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from/gm)].flatMap(([, names]) =>
          names!.split(',').flatMap(
            (name) =>
              name
                .trim()
                .replace(/^type /, '')
                .split(/\s+as\s+/)
                .at(-1) || [],
          ),
        );
        return [...declared, ...passedOn].filter((name) => !taken.has(`${file}#${name}`)).map((name) => `${file}: ${name}`);
      });
    expect(unused).toEqual([]);
  });

  test('a file over 400 lines says why', () => {
    const silent = [...tree.keys(), ...under('tools'), ...under('renderer', /\.css$/), 'native/wardmux.c', 'assets/verify.py']
      .filter((file) => !isTest(file))
      .filter((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        return text.split('\n').length > 401 && !LONG.has(file) && !/Over 400\s+(?:\*\s+)?lines/.test(text);
      });
    expect(silent).toEqual([]);
  });

  test('nobody races a timer by hand: src/time/in-time.ts leaves none behind', () => {
    const inPlace = /Promise\.race\([^;]*\b(setTimeout|delay|wait)\(/;
    const before = /const (\w+) = new Promise[^;]*\bsetTimeout\([\s\S]{0,1000}?Promise\.race\([^;]*\b\1\b/;
    expect('const late = new Promise((r) => setTimeout(r, 5)); await Promise.race([work, late]);').toMatch(before);
    const byHand = [...tree.keys()].filter((file) => {
      const text = isProduct(file) ? withoutComments(file) : '';
      return inPlace.test(text) || before.test(text);
    });
    // A speed of playing is no limit of time; the other one is the text of a page's script.
    expect(byHand).toEqual(['src/cli/commands/play.ts', 'main/chromium/ground.ts']);
  });

  test('a ledger is read at once by commands alone: main, where others wait, reads it in steps', () => {
    const atOnce = [...tree.keys()].filter((file) => isProduct(file) && /\breadLedger\(/.test(withoutComments(file)));
    expect(atOnce.sort()).toEqual(['src/cli/commands/ledger.ts', 'src/report/history.ts']);
    expect([...tree.keys()].filter((file) => file.startsWith('main/') && /report\/history/.test(withoutComments(file)))).toEqual([]);
  });

  test('there is no import cycle', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, way: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const { specifier, dynamic } of tree.get(file) ?? []) {
        const path = target(file, specifier);
        // A circle of types is one in the head of whoever reads: neither file can be understood before the other.
        if (path !== undefined && !dynamic) visit(path, [...way, file]);
      }
      state.set(file, 'done');
    };
    for (const file of tree.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

test('what a denial tells people is in its table alone', () => {
  const sentences = Object.values(denials).map((sentence) => `'${sentence}'`);
  const copies = sources().filter((file) => !file.endsWith('.test.ts') && sentences.some((sentence) => withoutComments(file).includes(sentence)));
  expect(copies).toEqual(['src/access/door.ts']);
});
