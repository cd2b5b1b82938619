/** What is taken out of a start, and what a process does with an unclean one. The attacks are in test/e2e/processes.test.ts. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runtimeVariables, withoutRuntimeVariables } from './environment.ts';
import { coreBytesOf, nodeFlags, uncleanStart } from './protect.ts';

const module = join(import.meta.dirname, 'protect.ts');

test('variables that act inside of a runtime are found, all others are left', () => {
  const env = {
    PATH: '/bin',
    NODE_OPTIONS: '',
    LD_PRELOAD: '/x.so',
    ELECTRON_RUN_AS_NODE: '1',
    OPENSSL_CONF: '/x',
    MY_NODE_OPTIONS: '1',
    OLD: '1',
    gone: undefined,
  };
  expect(runtimeVariables(env)).toEqual(['ELECTRON_RUN_AS_NODE', 'LD_PRELOAD', 'NODE_OPTIONS', 'OPENSSL_CONF']);
  expect(withoutRuntimeVariables(env)).toEqual({ PATH: '/bin', MY_NODE_OPTIONS: '1', OLD: '1' });
});

test('what is wrong with a start is said by name, never by value', () => {
  expect(uncleanStart({ PATH: '/bin' }, nodeFlags)).toBeUndefined();
  expect(uncleanStart({ NODE_OPTIONS: '--inspect=secret' }, nodeFlags)).toBe('NODE_OPTIONS is set');
  expect(uncleanStart({}, [])).toBe('Node runs with no --disable-sigusr1');
  expect(uncleanStart({}, ['--inspect', ...nodeFlags])).toBe('Node runs with --inspect --disable-sigusr1');
});

test.each([
  ['4096', 4096],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['0', 0],
])('a core limit of %s goes from one process to the next', (text, bytes) => {
  expect(coreBytesOf([text])).toBe(bytes);
});
test.each([[[]], [['']], [['x']], [['-1']]])('%j is no core limit', (args) => {
  expect(coreBytesOf(args)).toBeUndefined();
});

describe('a start that is not clean', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wardmux-start-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is made once more, with the same arguments, terminal and process id, without them', () => {
    const loaded = join(folder, 'loaded.cjs');
    writeFileSync(loaded, 'globalThis.wasLoaded = true;');
    const entry = join(folder, 'entry.ts');
    writeFileSync(
      entry,
      `import { restartClean } from ${JSON.stringify(module)};
      console.log(JSON.stringify([process.pid, process.execArgv, process.argv.slice(2), globalThis.wasLoaded ?? false, Object.keys(process.env)]));
      restartClean(['ELECTRON_KEPT']);
      console.log('clean');`,
    );
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--no-warnings', entry, 'two words', ''], {
      env: { PATH: '/usr/bin:/bin', NODE_OPTIONS: `--require=${loaded}`, LD_BIND_NOW: '1', ELECTRON_KEPT: '1' },
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const [first, second, clean] = stdout.trim().split('\n');
    const [firstPid, , , wasLoaded] = JSON.parse(first!) as unknown[];
    expect(wasLoaded).toBe(true);
    expect(JSON.parse(second!)).toEqual([firstPid, ['--disable-sigusr1'], ['two words', ''], false, ['PATH', 'ELECTRON_KEPT']]);
    expect(clean).toBe('clean');
  });
});
