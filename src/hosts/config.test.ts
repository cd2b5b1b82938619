/** What of ~/.ssh/config ssh may read: nothing that runs a program, and nothing that weakens a connection, whatever somebody writes. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { cleanConfig, copyOf } from './config.ts';

const clean = async (text: string) => {
  const { lines, ...rest } = await cleanConfig('config', text, (words) => Promise.resolve(words.map((_, n) => n)));
  return { text: copyOf(lines, (file) => `/copies/${file}`), ...rest };
};

test('what says where a host is stays, in its order; everything else is left out and named', async () => {
  const text = [
    '# comment',
    'Include a b',
    'Host lab *.example !not "two words"',
    '\tHostName=10.0.0.1',
    '  "User" ops # theirs',
    '  ProxyJump ada@bastion:2222,far',
    '  ForwardAgent yes',
    'Match host lab user ops',
    '  IdentityFile "~/.ssh/lab key"',
    'Match  host lab exec "touch /tmp/x"',
    '  User evil',
    'MATCH all',
    '  proxycommand nc %h %p',
  ].join('\n');
  const { text: cleaned, names, leftOut } = await clean(text);
  expect(cleaned.split('\n')).toEqual([
    'Include "/copies/0"',
    'Include "/copies/1"',
    'Host "lab" "*.example" "!not" "two words"',
    '  HostName "10.0.0.1"',
    '  User "ops"',
    '  ProxyJump ada@bastion:2222,far',
    'Match "host" "lab" "user" "ops"',
    '  IdentityFile "~/.ssh/lab key"',
    'Host !*',
    '  User "evil"',
    'Match "all"',
    '',
  ]);
  expect(names.map(({ name }) => name)).toEqual(['lab']);
  expect(leftOut.map(({ line, keyword }) => `${line} ${keyword}`)).toEqual(['7 forwardagent', '10 Match', '13 proxycommand']);
});

test.each([
  ['"Match" "exec" "touch x"'],
  ['Match !exec "touch x"'],
  ['Match exec="touch x"'],
  ['Match host=a exec=x'],
  ['Match localnetwork 10.0.0.0/8'],
  ['Match all exec x'],
  ['Match host a "b" Exec x'],
])('%s matches nothing', async (line) => {
  expect((await clean(`${line}\n  User evil\n`)).text).toBe('Host !*\n  User "evil"\n');
});

test('a criterion of Match and its value are written apart: ssh takes no quoted "host=x"', async () => {
  expect((await clean('Match host=lab !user=ops\n  User a\nMatch originalhost lab\n')).text).toBe(
    'Match "host" "lab" "!user" "ops"\n  User "a"\nMatch "originalhost" "lab"\n',
  );
});

test('an Include line that is not followed says why', async () => {
  const { lines, leftOut } = await cleanConfig('config', 'Include /*/*/x\nUser a\n', () => Promise.resolve('too many'));
  expect(lines).toEqual(['  User "a"']);
  expect(leftOut).toEqual([{ file: 'config', line: 1, keyword: 'Include', why: 'too many' }]);
});

test.each([["Host 'a b'"], ["Match host 'a b'"]])('%s, quoted as this does not read it, matches nothing and is named', async (line) => {
  const { text, names, leftOut } = await clean(`${line}\n  User evil\n`);
  expect(text).toBe('Host !*\n  User "evil"\n');
  expect(names).toEqual([]);
  expect(leftOut).toHaveLength(1);
});

test('whatever stands in a file, a line for ssh is one of those that are followed, in plain words', async () => {
  const word = fc.constantFrom(
    'Host',
    'Match',
    'exec',
    'all',
    'host',
    'ProxyCommand',
    'User',
    'ProxyJump',
    'Include',
    '"',
    "'",
    '=',
    ' ',
    '\t',
    '\\',
    '\r',
    '\u0000',
    '\u001b',
    '#',
    'a',
    '*',
    '\u2028',
    '\n',
  );
  const line =
    /^(?:Host(?: !\*|(?: "[^"'\\]*")+)|Match(?: "(?:!?(?:all|host|originalhost|user|localuser)|[^"'\\]*)")+|Include "\/copies\/\d+"|  (?:HostName|User|Port|IdentityFile|CertificateFile|IdentitiesOnly) "[^"'\\]*"|  ProxyJump [^\s"'\\]*)?$/;
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 40 }), async (words) => {
      for (const one of (await clean(words.join(''))).text.split('\n')) {
        expect(one).toMatch(line);
        // eslint-disable-next-line no-control-regex
        expect(one).not.toMatch(/[\u0000-\u001f]/);
        if (one.startsWith('Match')) expect(one.toLowerCase().replace(/"(?:host|originalhost|user|localuser)" "[^"]*"/g, '')).not.toContain('"exec"');
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});
