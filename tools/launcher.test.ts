/** bin/wardmux and tools/bootstrap.mjs as a person types them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

describe('bin/wardmux', () => {
  let clone: string;
  beforeEach(() => {
    clone = join(realpathSync(mkdtempSync(join(tmpdir(), 'wardmux bin '))), 'a clone');
    mkdirSync(join(clone, 'bin'), { recursive: true });
    cpSync(join(root, 'bin/wardmux'), join(clone, 'bin/wardmux'));
  });
  afterEach(() => rmSync(join(clone, '..'), { recursive: true, force: true }));

  function built(): void {
    mkdirSync(join(clone, 'dist'));
    writeFileSync(
      join(clone, 'dist/cli.mjs'),
      'console.log(JSON.stringify([import.meta.dirname, ...process.argv.slice(2)])); console.error(JSON.stringify([process.execArgv, process.env])); process.exitCode = 7;\n',
    );
  }
  function withNode(): void {
    const folder = join(clone, `node_modules/node-${process.platform}-${process.arch}/bin`);
    mkdirSync(folder, { recursive: true });
    symlinkSync(process.execPath, join(folder, 'node'));
  }
  const call = (file: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(file, args, { encoding: 'utf8', cwd: '/', env: { PATH: '/usr/bin:/bin' } });

  test('runs the built command with its arguments, and exits as it does', () => {
    built();
    withNode();
    const { status, stdout } = call(join(clone, 'bin/wardmux'), 'record', '--', 'two words', '');
    expect(JSON.parse(stdout)).toEqual([join(clone, 'dist'), 'record', '--', 'two words', '']);
    expect(status).toBe(7);
  });

  test('finds its clone through links to links', () => {
    built();
    withNode();
    mkdirSync(join(clone, 'elsewhere'));
    symlinkSync('../bin/wardmux', join(clone, 'elsewhere/one'));
    symlinkSync(join(clone, 'elsewhere/one'), join(clone, 'two'));
    expect(JSON.parse(call(join(clone, 'two'), 'list').stdout)).toEqual([join(clone, 'dist'), 'list']);
  });

  test('takes away what would act inside of Node, and every name of the list', () => {
    built();
    withNode();
    const { prefixes, names } = JSON.parse(readFileSync(join(root, 'src/native/runtime-variables.json'), 'utf8')) as { prefixes: string[]; names: string[] };
    const bad = [...prefixes.map((prefix) => `${prefix}TEST_ONLY`), ...names, 'NODE_OPTIONS'];
    const env = {
      PATH: '/usr/bin:/bin',
      KEPT: 'two\nLINES=3',
      OLD_NODE_OPTIONS: '1',
      ...Object.fromEntries(bad.map((name) => [name, name === 'NODE_OPTIONS' ? '--no-such-flag' : 'x'])),
    };
    const { status, stderr } = spawnSync(join(clone, 'bin/wardmux'), ['list'], { encoding: 'utf8', env });
    expect(status).toBe(7);
    const [flags, got] = JSON.parse(stderr) as [string[], Record<string, string>];
    expect(flags).toEqual(['--disable-sigusr1']);
    expect(Object.keys(got).filter((name) => bad.includes(name))).toEqual([]);
    expect(got).toMatchObject({ KEPT: 'two\nLINES=3', OLD_NODE_OPTIONS: '1' });
  });

  test('says what to do when it is not built', () => {
    const { status, stdout, stderr } = call(join(clone, 'bin/wardmux'), 'list');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('not built yet');
    expect(stderr).toContain(clone);
  });

  test('says what to do when its Node is missing', () => {
    built();
    // A PATH with what the script needs and a Node that is too old.
    const path = join(clone, 'path');
    mkdirSync(path);
    for (const tool of ['sh', 'readlink', 'env', 'sed']) symlinkSync(`/usr/bin/${tool}`, join(path, tool));
    writeFileSync(join(path, 'node'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(join(clone, 'bin/wardmux'), ['list'], { encoding: 'utf8', env: { PATH: path } });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Node 24 is missing');
  });
});

describe('tools/bootstrap.mjs', () => {
  test('a command that does not exist is a wrong call', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/bootstrap.mjs'), 'toString'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('usage:');
  });
});
