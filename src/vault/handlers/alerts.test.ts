/** What is signed with a note: the note is sealed and wiped, the signature is for that span alone, and without a note there is none. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';
import { certifierOf, reviewedText } from '../../ledger/certificate.ts';
import { generateAuditKey, thumbprint } from '../../recording/wrap.ts';
import type { Holder } from '../holder.ts';
import { alertHandlers } from './alerts.ts';

test('a review is signed with what the page wrote, sealed, for that span alone; without it nothing is', async () => {
  const { identity, installation } = await firstHome(ownFolder());
  const words = Buffer.from('Mrs Quillfeather called.');
  let left: Buffer | undefined = words;
  const holder = { page: { takeWords: () => [left, (left = undefined)][0] }, installation: installation.id, open: () => identity } as unknown as Holder;
  const handlers = alertHandlers(holder);
  const span = { from: 0, to: 12, finding: 'followed-up', root: 'ab'.repeat(32) } as const;
  const ask = () => handlers.certifyReviewed({ ...span, recipients: [generateAuditKey().recipient] }, undefined as never);
  const { file, byKey, signature } = await ask();
  expect(Buffer.from(file).toString('latin1')).not.toContain('Quillfeather');
  expect(words.every((byte) => byte === 0)).toBe(true);
  const said = { installation: installation.id, ...span, note: hash('sha256', file, 'hex'), by: identity.person.id };
  expect(certifierOf(reviewedText(said), { byKey, signature })).toBe(thumbprint(identity.person.signingKey));
  expect(certifierOf(reviewedText({ ...said, to: 13 }), { byKey, signature })).toBeUndefined();
  await expect(ask()).rejects.toMatchObject({ code: 'bad-words' });
  identity.destroy();
});
