import { expect, test } from 'vitest';
import { identitySentence } from './installation.ts';

const asked = 'Cannot read from the Secret Service: There is no D-Bus session. Start and unlock the login keyring of the account.';

test('an installation whose keys are in files sends nobody after a keyring', () => {
  const sentence = identitySentence({ state: 'unchecked', reason: asked }, 'file');
  expect(sentence).not.toMatch(/Secret Service|login keyring/);
  expect(sentence).toContain('kept in files');
  expect(sentence).toContain('--trust FILE');
});

test('one whose keys are in the keyring says why that could not be asked', () => {
  expect(identitySentence({ state: 'unchecked', reason: asked }, 'secret-service')).toContain(asked);
});

test('a keyring that answered, and knows nothing of the folder, is told of for either', () => {
  for (const store of ['file', 'secret-service'] as const)
    expect(identitySentence({ state: 'unpinned', reason: 'It knows none.' }, store)).toContain('It knows none.');
});
