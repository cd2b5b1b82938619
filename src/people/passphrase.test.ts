import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadJudge, normalisePassphrase, passphraseMax, passphraseMin, type PassphraseContext, type PassphraseJudgement } from './passphrase.ts';

const judge = await loadJudge();
const judgePassphrase = (passphrase: string, context: PassphraseContext = {}): PassphraseJudgement => judge(passphrase, context);

test('a page loads the rules as they are, and the word lists only when somebody asks', () => {
  for (const name of ['passphrase.ts', 'passphrase-guesses.ts']) {
    const source = readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
    expect(source).not.toMatch(/\bprocess\b|\bBuffer\b|['"]node:/);
    if (name === 'passphrase.ts') expect(source).not.toMatch(/^\s*import\s+(?!type\b)/m);
  }
});

test.each([
  'Krankenhaus2026!',
  'Liverpool FC 1892!',
  'Manchester United 1878!',
  'Borussia Dortmund 1909!!',
  'Wolverhampton Wanderers 1877!!!',
  'Katharina Müller 1985!',
  'Elisabeth+Johannes1972',
  'Oberarzt Dr. Schmidt 2024!',
  'Universitätsklinikum2025!!',
  'StationSchwester24!',
  'Intensivstation 3 Nordflügel!',
  'St. Mary’s Hospital 2026',
  'P@ssw0rd-P@ssw0rd-2026',
  'M4nch3ster.Un1ted.99',
  '15.03.1978 Maria K.',
  'Winter2026Winter2026',
])('a name, a year and a sign is weak at any length: %s', (passphrase) => {
  expect(judgePassphrase(passphrase)).toMatchObject({ accepted: false, level: 0 });
});

test.each([
  ['owl harbour quartz velvet', 2],
  ['Schneeflocke tanzt Brücke grün', 3],
  ['kettle orbit willow prairie stamp', 3],
  ['kettleorbitwillowprairie', 2],
  ['xK9#mQ2$vL7@pR4!', 3],
  ['qpwjzkxvbtrnmlsdfghc', 3],
  ['gravel lantern mosquito 71 verandah', 3],
])('what takes many guesses is accepted: %s', (passphrase, level) => {
  expect(judgePassphrase(passphrase).level).toBeGreaterThanOrEqual(level);
});

test('unrelated words are accepted, and longer ones are judged better', () => {
  const short = judgePassphrase('kettle orbit wim');
  const longer = judgePassphrase('kettle orbit willow prairie stamp verandah');
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
