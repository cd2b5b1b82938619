import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgePassphrase, normalisePassphrase, passphraseMax, passphraseMin } from './passphrase.ts';

test('the file has no imports: a page loads it as it is', () => {
  const source = readFileSync(new URL('./passphrase.ts', import.meta.url), 'utf8');
  expect(source).not.toMatch(/^\s*import\b/m);
  expect(source).not.toMatch(/\bprocess\b|\bBuffer\b/);
});

test('unrelated words are accepted, and longer ones are judged better', () => {
  const short = judgePassphrase('kettle orbit wim');
  const longer = judgePassphrase('kettle orbit willow prairie stamp');
  expect(short).toMatchObject({ accepted: true, length: 16 });
  expect(longer).toMatchObject({ accepted: true, level: 4 });
  expect(longer.level).toBeGreaterThan(short.level);
});

test.each([
  ['fourteen chars', '14 characters'],
  ['aaaaaaaaaaaaaaaaaaaa', 'repeated'],
  ['abcabcabcabcabcabc', 'repeated group'],
  ['password password password', 'repeated word'],
  ['correct horse battery staple', 'famous'],
  ['Correct-Horse-Battery-Staple!', 'famous, decorated'],
  ['c0rrect h0rse b@ttery st4ple', 'famous, disguised'],
  ['The quick brown fox jumps over the lazy dog', 'famous'],
  ['qwertyuiopasdfghjkl', 'keyboard'],
  ['1234567890123456', 'digits'],
  ['abcdefghijklmnopqrst', 'alphabet'],
  ['zyxwvutsrqponmlkj', 'alphabet, backwards'],
  ['wardmuxwardmux2026', 'product'],
  ['Welcome to Wardmux 123', 'product and a common word'],
  ['hospitalpassword1', 'common words'],
  ['summer2026summer2026', 'season and year'],
])('%s is refused (%s)', (passphrase) => {
  expect(judgePassphrase(passphrase)).toMatchObject({ accepted: false, level: 0 });
});

test('the name of the person and of the workstation do not carry it', () => {
  const context = { name: 'Ada Example-Lovelace', workstation: 'ward3-nursing-01' };
  for (const passphrase of ['AdaExampleLovelace', 'Lovelace Example Ada 1!', 'ward3-nursing-01-Ada', 'l0velace.ex4mple.99']) {
    expect(judgePassphrase(passphrase, context)).toMatchObject({ accepted: false });
  }
  expect(judgePassphrase('Lovelace kettle orbit prairie', context).accepted).toBe(true);
  expect(judgePassphrase('AdaExampleLovelace', context).sentence).toContain('your name');
});

test('length is counted in code points after NFC', () => {
  // Eight letters with combining accents are sixteen code points before NFC, and eight after it.
  const decomposed = 'e\u0301a\u0300o\u0302u\u0308i\u0301c\u0327n\u0303y\u0301';
  expect(judgePassphrase(decomposed)).toMatchObject({ accepted: false, length: 8 });
  // A character outside the basic plane is one, not two.
  expect(judgePassphrase('\u{20000}\u{20001}\u{20002}\u{20003}\u{20004}\u{20005}\u{20006}\u{20007}')).toMatchObject({ length: 8 });
  expect(normalisePassphrase('e\u0301 ')).toBe('\u00e9 ');
});

test('a passphrase in another script is judged by its length too', () => {
  expect(judgePassphrase('чайник орбита ива прерия').accepted).toBe(true);
  expect(judgePassphrase('茶壶轨道柳树草原邮票海洋山峰').length).toBe(14);
  expect(judgePassphrase('茶壶轨道柳树草原邮票海洋山峰云').accepted).toBe(true);
});

test('whatever is typed gets a judgement, and the rules hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ maxLength: 30 }), (text, name) => {
      const judged = judgePassphrase(text, { name, workstation: name });
      const length = [...text.normalize('NFC')].length;
      expect(judged.length).toBe(length);
      expect(judged.accepted).toBe(judged.level > 0);
      expect(judged.sentence).toMatch(/\.$/);
      if (length < passphraseMin || length > passphraseMax) expect(judged.accepted).toBe(false);
    }),
    { numRuns: 300 },
  );
});
