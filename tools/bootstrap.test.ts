import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordersWith } from '../test/bench/peers.ts';
// @ts-expect-error plain JavaScript, so that the tools run before anything is installed
import { checks, closingLine, countTests, runChecks } from './bootstrap/tests.mjs';
// @ts-expect-error the same
import { capture, checkClone, howToInstall, tail, which } from './bootstrap/common.mjs';
// @ts-expect-error the same
import { isLeftOut, missingPackages } from './bootstrap/modules.mjs';
// @ts-expect-error the same
import { debianHasTlog, missingFor, requirements } from './bootstrap/system.mjs';
// @ts-expect-error the same
import { missingEntries, platformOf } from './complete-lock.mjs';
// @ts-expect-error the same
import { forgetOldTrees, hashInputs, isExternal } from './build.mjs';
// @ts-expect-error the same
import { hashNative, nativeIsBuilt } from './native.mjs';

const root = join(import.meta.dirname, '..');

describe('counting', () => {
  const file = (status: string, ...states: string[]): object => ({ name: 'a.test.ts', status, assertionResults: states.map((state) => ({ status: state })) });
  const report = (...files: object[]): string => JSON.stringify({ testResults: files });

  test('passed, failed and every kind of not run', () => {
    const counts = countTests(report(file('failed', 'passed', 'failed', 'skipped'), file('passed', 'passed', 'todo', 'pending')), 1);
    expect(counts).toMatchObject({ passed: 2, failed: 1, skipped: 3 });
  });
  test('a file that could not be loaded counts as a failed test', () => {
    expect(countTests(report(file('failed'), file('passed', 'passed')), 1)).toMatchObject({ passed: 1, failed: 1 });
  });
  test('an error outside of the tests counts', () => {
    expect(countTests(report(file('passed', 'passed')), 1)).toMatchObject({ passed: 1, failed: 1 });
  });
  test('no report counts', () => {
    expect(countTests('', 0)).toMatchObject({ passed: 0, failed: 1 });
  });
  test('the closing line is the contract with CI', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 3 })).toBe('tests: 12 passed, 0 failed, 3 skipped');
  });
  test('a failing check fails', async () => {
    const list = [
      { name: 'good', args: ['-e', ''] },
      { name: 'bad', args: ['-e', 'process.exit(3)'] },
    ];
    const lines: string[] = [];
    expect(await runChecks(process.execPath, list, (text: string) => void lines.push(text))).toEqual({ passed: 1, failed: 1 });
    expect(lines.join('')).toMatch(/check passed: good[\s\S]*check FAILED: bad \(exit status 3\)/);
  });
  test('format, lint, both type checks and the licences are among the checks', () => {
    expect(checks.map(({ name }: { name: string }) => name).join()).toMatch(/format.*lint.*types.*types of the renderer.*licences/);
  });
});

describe('running programs', () => {
  test('one that hangs is ended with its children', async () => {
    const result = await capture('sh', ['-c', 'echo here; sleep 600 & wait'], { seconds: 0.3 });
    expect(result).toMatchObject({ timedOut: true, output: 'here\n' });
  });
  test('one that is missing is an exit status, not an exception', async () => {
    expect((await capture('no-such-program-here', [])).status).toBe(127);
  });
  test('which finds sh and not nonsense', () => {
    expect(which('sh')).toMatch(/\/sh$/);
    expect(which('no-such-program-here')).toBeUndefined();
  });
  test('the tail is the last lines that say something', () => {
    expect(tail('a\nb\n\nc\n\n', 2)).toBe('b\nc');
  });
});

test('system packages: only those of the command, only when missing', () => {
  const table = [
    { packages: ['here'], for: ['start'], has: () => true },
    { packages: ['away'], for: ['start', 'test'], has: () => false },
    { packages: ['not-now'], for: ['start'], when: () => false, has: () => false },
  ];
  const names = (command: string): string[] => missingFor(command, table).flatMap((row: { packages: string[] }) => row.packages);
  expect(names('start')).toEqual(['away']);
  expect(names('test')).toEqual(['away']);
  expect(names('build')).toEqual([]);
});

test('a package that a Debian has no more is not asked for there: apt-get would install nothing of the whole command', () => {
  expect(debianHasTlog('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n')).toBe(true);
  expect(debianHasTlog('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n')).toBe(false);
  // Testing and unstable have no number.
  expect(debianHasTlog('ID=debian\nVERSION_CODENAME=forky\n')).toBe(false);
  expect(debianHasTlog('ID=ubuntu\nVERSION_ID="24.04"\n')).toBe(true);
});

test('the command that brings packages is whole: lists first, sudo only where there is one, names where there is no apt-get', () => {
  const say = (how: object): string => howToInstall(['g++', 'xvfb'], { hasApt: true, isRoot: false, hasSudo: true, ...how });
  expect(say({ isRoot: true })).toBe('Run:\n  apt-get update && apt-get install -y --no-install-recommends g++ xvfb');
  expect(say({})).toBe('Run:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends g++ xvfb');
  expect(say({ hasSudo: false })).toBe('Have an administrator run, as root:\n  apt-get update && apt-get install -y --no-install-recommends g++ xvfb');
  expect(say({ hasApt: false })).toBe("Install these, by Debian's names: g++ xvfb");
});

describe('a clone that cannot be used, or that another account could change', () => {
  const use = (folder: string, options: { isReady?: boolean; uid?: number } = {}): void =>
    checkClone({ isReady: options.isReady ?? false }, { folder, uid: options.uid ?? process.getuid!() });
  const clone = (check: (folder: string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), 'wardmux-clone-'));
    try {
      mkdirSync(join(folder, 'src'));
      check(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  test('a folder of mine, or of the administrator, is used', () => clone((folder) => use(folder)));
  test('one that everybody can write is refused, with the command', () =>
    clone((folder) => {
      chmodSync(join(folder, 'src'), 0o777);
      expect(() => use(folder, { isReady: true })).toThrow(`chmod -R o-w '${folder}'`);
    }));
  test("another account's is refused", () =>
    clone((folder) => process.getuid!() === 0 || expect(() => use(folder, { uid: process.getuid!() + 1 })).toThrow('another account')));
});

describe('npm packages', () => {
  const here = { platform: 'linux', arch: 'x64', libc: 'glibc' };
  test('a native part of this machine is never left out, also where npm would: the stamp waits for it', () => {
    const native = { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'] };
    const left = (entry: object, part = 'everything'): boolean => isLeftOut(entry, { part, ...here });
    expect(left(native)).toBe(false);
    expect(left({ ...native, libc: ['glibc'] })).toBe(false);
    expect(left({ ...native, os: 'linux', cpu: 'x64' })).toBe(false);
    expect(left({ ...native, libc: ['musl'] })).toBe(true);
    expect(left({ ...native, os: ['darwin'] })).toBe(true);
    expect(left({ version: '1.0.0', optional: true })).toBe(true);
    expect(left({ version: '1.0.0', dev: true })).toBe(false);
    expect(left({ version: '1.0.0', dev: true }, 'program')).toBe(true);
  });
  test('what npm wrote down as installed and is not there is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardmux-modules-'));
    try {
      const wanted = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' }, 'node_modules/c': { version: '2.0.0' } };
      for (const name of ['a', 'c']) mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      for (const name of ['a', 'c']) writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{}');
      writeFileSync(
        join(folder, 'node_modules/.package-lock.json'),
        JSON.stringify({
          packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' }, 'node_modules/c': { version: '1.0.0' } },
        }),
      );
      expect(missingPackages('everything', { wanted, folder })).toEqual(['node_modules/b', 'node_modules/c']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  test('this clone has all of them', () => expect(missingPackages('everything')).toEqual([]));
});

test('every script says what it takes, before anything is installed', () => {
  for (const name of ['start', 'test', 'build', 'check', 'bench', 'screenshots', 'package']) {
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'tools/bootstrap.mjs'), name, '--help'], { encoding: 'utf8' });
    expect(status, name).toBe(0);
    expect(stdout, name).toMatch(/^npm (run )?[a-z]+/);
  }
});

test('the benchmark brings the recorders that it compares with', () => {
  const brought = missingFor(
    'bench',
    requirements.map((row: object) => ({ ...row, when: () => true, has: () => false })),
  ).flatMap((row: { packages: string[] }) => row.packages);
  // Our own, and cat, which every system has.
  for (const { apt } of recordersWith(undefined)) if (apt !== '' && apt !== 'coreutils') expect(brought).toContain(apt);
});

test('a test that is left out where a program is missing has that program brought by the set-up', () => {
  const named = new Set<string>();
  for (const folder of ['test', 'src', 'main', 'tools'])
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(join(root, folder, file), 'utf8');
      for (const [, list = ''] of text.matchAll(/\b(?:missingPrograms|absent)\(((?:'[\w-]+'(?:, )?)+)\)/g))
        for (const [, name = ''] of list.matchAll(/'([\w-]+)'/g)) named.add(name);
      for (const [, name = ''] of text.matchAll(/\bneeds: '([\w-]+)',\n/g)) if (file.endsWith('programs.test.ts')) named.add(name);
    }
  expect(named).toContain('mc');
  const brought = (requirements as { for: string[]; programs?: string[] }[]).flatMap((row) => (row.for.includes('test') ? (row.programs ?? []) : []));
  // Of packages that every Debian has (Essential: yes), and the compiler, without which nothing is built.
  const always = ['sh', 'script', 'flock', 'prlimit', 'setpriv', 'cc'];
  expect([...named].filter((name) => !brought.includes(name) && !always.includes(name))).toEqual([]);
});

describe('the lock file', () => {
  test('it names every optional package, so that npm ci takes it', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    expect(missingEntries(packages)).toEqual({});
  });
  test('it has no address of the registry that somebody used', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
  });
  test('a left-out platform is found and described', () => {
    const packages = {
      'node_modules/a': { dev: true, optionalDependencies: { '@a/b-linux-x64-musl': '1.2.3', '@a/b-darwin-arm64': '1.2.3' } },
      'node_modules/@a/b-darwin-arm64': {},
    };
    expect(missingEntries(packages)).toEqual({
      'node_modules/@a/b-linux-x64-musl': { version: '1.2.3', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
    });
    expect(platformOf('@a/win32-arm64-msvc')).toBeUndefined();
    expect(platformOf('@a/b-win32-arm64-msvc')).toEqual({ cpu: ['arm64'], os: ['win32'] });
  });
});

describe('the build', () => {
  test('what must stay a file stays outside of the bundles', () => {
    for (const id of ['node:fs', 'fs', 'electron', 'node-pty', '@napi-rs/keyring', 'node-pty/lib/x.js']) expect(isExternal(id), id).toBe(true);
    for (const id of ['zod', 'jose', 'electron-thing', './node-pty.ts', '/src/pty/main.ts']) expect(isExternal(id), id).toBe(false);
  });
  test('a change of the addon is a change of the build, and has it compiled anew', () => {
    const base = mkdtempSync(join(tmpdir(), 'wardmux-build-'));
    try {
      mkdirSync(join(base, 'native'));
      const hashes = ['int a;', 'int b;'].map((text) => {
        writeFileSync(join(base, 'native/wardmux.c'), text);
        return [hashInputs({ packaged: false, base }), hashNative(join(base, 'native/wardmux.c'))];
      });
      expect(hashes[0]![0]).not.toBe(hashes[1]![0]);
      expect(hashes[0]![1]).not.toBe(hashes[1]![1]);
      expect(nativeIsBuilt()).toBe(true);
    } finally {
      rmSync(base, { recursive: true });
    }
  });
  test('the trees before it stay for the apps that run from them, and not for ever', () => {
    const cache = mkdtempSync(join(tmpdir(), 'wardmux-cache-'));
    try {
      const at = (time: number): string => `dist-before-${time}-77`;
      for (const name of [...[900, 1000, 1100, 1200, 1300].map(at), 'bench', 'build-9']) mkdirSync(join(cache, name));
      forgetOldTrees(cache);
      expect(readdirSync(cache).sort()).toEqual(['bench', 'build-9', ...[1000, 1100, 1200, 1300].map(at)]);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });
  test('a package build and a development build are not taken for one another', () => {
    expect(hashInputs({ packaged: true })).not.toBe(hashInputs({ packaged: false }));
    expect(hashInputs({ packaged: false })).toBe(hashInputs({ packaged: false }));
  });
});
