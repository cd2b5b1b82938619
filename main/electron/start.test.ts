/** What is decided before Electron runs: that it may start, with what, and what is said when it does not open. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unsupported } from '../supported.ts';
import { withoutRuntimeVariables } from '../../src/native/environment.ts';
import { launchElectron } from './launch.ts';
import { passkeyLimit } from './passkeys.ts';
import { startRefusal } from './refusal.ts';

describe('The packaged app', () => {
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = { PATH: '/bin' }, packaged = true): string | undefined =>
    startRefusal({ packaged, args, env });

  test.each([
    '--remote-debugging-port=9222',
    '--remote-debugging-pipe',
    '--no-sandbox',
    '--renderer-cmd-prefix=gdb --args',
    '--inspect',
    '-r',
    '--',
    '-',
    '--js-flags=--expose-gc',
    '--load-extension=/tmp/x',
  ])('does not start with %s', (argument) => {
    const sentence = start([argument]);
    expect(sentence).toMatch(/^Wardmux does not start with the argument -\S*: /);
    // A value may be a path, or worse.
    expect(sentence).not.toMatch(/9222|gdb|tmp/);
  });

  test.each([
    'ELECTRON_DISABLE_SANDBOX',
    'ELECTRON_RUN_AS_NODE',
    'ELECTRON_ENABLE_LOGGING',
    'NODE_OPTIONS',
    'NODE_EXTRA_CA_CERTS',
    'NODE_PATH',
    'node_options',
  ])('does not start with %s set, empty or not', (name) => {
    for (const value of ['1', '']) expect(start([], { PATH: '/bin', [name]: value })).toContain(`environment variable ${name} set`);
  });

  test('starts with a file name, and with what is nobody else’s', () => {
    expect(start([])).toBeUndefined();
    expect(start(['some-file'], { PATH: '/bin', WARDMUX_HOME: '/x', XNODE_OPTIONS: '1', ELECTRONICS: '1' })).toBeUndefined();
  });

  test('what is not packaged is started by npm start, which gives it no such thing', () => {
    expect(start(['--inspect'], { NODE_OPTIONS: '' }, false)).toBeUndefined();
    expect(
      withoutRuntimeVariables({ PATH: '/bin', NODE_OPTIONS: 'x', ELECTRON_RUN_AS_NODE: '1', LD_PRELOAD: '/x.so', LD_LIBRARY_PATH: '/x', DISPLAY: ':1' }),
    ).toEqual({
      PATH: '/bin',
      DISPLAY: ':1',
    });
  });

  test('a name of the starter’s writes nothing but a name on the terminal', () => {
    expect(start(['-\u001b[2J\u001b]0;x\u0007'])).toContain('argument -??2J??0?x?:');
  });
});

describe('A runtime', () => {
  let folder: string;
  let runtime: string;
  let said: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wmx-'));
    runtime = join(folder, 'electron');
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const launch = (
    script: string,
    switches: Readonly<Record<string, string>> = {},
    env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] },
  ): Promise<number | undefined> => {
    writeFileSync(runtime, `#!/bin/sh\n${script}\n`);
    chmodSync(runtime, 0o755);
    return launchElectron({ runtime, args: ['an-argument'], env, say: (line) => said.push(line), read: (path) => switches[path] });
  };

  test('that cannot make its sandbox is said with the remedy, and another host may open', async () => {
    expect(await launch('kill -TRAP $$', { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' })).toBeUndefined();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('ended with SIGTRAP before it was open');
    expect(said[0]).toContain('kernel.apparmor_restrict_unprivileged_userns is 1');
    expect(said[0]).toContain('AppArmor profile');
  });

  test('that dies otherwise is said without a guess', async () => {
    expect(await launch('kill -SEGV $$', { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '0\n' })).toBeUndefined();
    expect(said[0]).toContain('ended with SIGSEGV');
    expect(said[0]).not.toContain('namespaces');
  });

  test('that is not there opens another host', async () => {
    rmSync(runtime, { force: true });
    expect(await launchElectron({ runtime, args: [], env: {}, say: (line) => said.push(line) })).toBeUndefined();
    expect(said[0]).toContain('could not be started');
  });

  test('that a person has ended, or that has ended itself, has ended', async () => {
    expect(await launch('kill -TERM $$')).toBe(1);
    expect(await launch('exit 3')).toBe(3);
    expect(said).toEqual([]);
  });

  test('gets its argument, and nothing that loads something into it', async () => {
    expect(
      await launch(
        `echo "$*" > ${folder}/out; env | sort | grep -E '^(NODE|ELECTRON|LD)_' >> ${folder}/out; exit 0`,
        {},
        {
          PATH: process.env['PATH'],
          NODE_OPTIONS: '--inspect',
          ELECTRON_RUN_AS_NODE: '1',
          LD_PRELOAD: '',
        },
      ),
    ).toBe(0);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('an-argument\n');
  });
});

test('Windows is said to be not supported yet, the others are', () => {
  expect(unsupported('win32')).toMatch(/^Windows is not supported yet: .*\.$/);
  expect(unsupported('linux')).toBeUndefined();
  expect(unsupported('darwin')).toBeUndefined();
});

test('what passkeys cannot do is known for each system before it is tried', () => {
  expect(passkeyLimit('linux')).toContain('asks for a PIN');
  expect(passkeyLimit('darwin')).toContain('PRF');
  expect(passkeyLimit('win32')).toBeUndefined();
});
