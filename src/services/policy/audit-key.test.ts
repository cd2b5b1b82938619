import { createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { LedgerFacts } from '../../ledger/facts.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { defaultPolicy } from '../../policy/policy.ts';
import { AuditKeyOpener, generateAuditKey } from '../../recording/wrap.ts';
import { auditKeyPlace, auditKeysToAskFor, provesAuditKey } from './audit-key.ts';
import { DAY_MS } from '../../types/units.ts';

const [key, other] = [generateAuditKey(), generateAuditKey()];
const policy = defaultPolicy([{ label: 'audit', jwk: key.recipient.jwk }]);

test('the audit key goes to a removable medium where one is mounted, and else its sentence says what is wrong', () => {
  expect(auditKeyPlace(['/media/ada/SAFE'], '/home/ada', 'ward7')).toMatchObject({ path: '/media/ada/SAFE/wardmux-audit-key-ward7.json' });
  const home = auditKeyPlace([], '/home/ada', 'ward7');
  expect(home.path).toBe('/home/ada/wardmux-audit-key-ward7.json');
  expect(home.sentence).toContain('every program of this account can read it');
});

test('only the private half of a key that the policy names opens the challenge', async () => {
  expect(await provesAuditKey({ policy }, AuditKeyOpener.fromJson(key.file))).toBe(true);
  expect(await provesAuditKey({ policy }, AuditKeyOpener.fromJson(other.file))).toBeUndefined();
  const stranger = createPrivateKey({ key: { ...other.file.jwk }, format: 'jwk' });
  expect(await provesAuditKey({ policy }, new AuditKeyOpener(key.recipient.kid, stranger))).toBe(false);
});

test('somebody is asked once a day, and again after a clock was set back, until the key was shown on another medium', () => {
  const facts = LedgerFacts.from();
  const kid = key.recipient.kid;
  const start = Date.parse('2026-03-04T08:00:00.000Z');
  let seq = 0;
  const ada = 'p-0123456789ab';
  const take = (action: string, detail: LedgerEvent['detail'], ms = start): void =>
    facts.take({
      seq: seq++,
      time: new Date(ms).toISOString(),
      monoUs: null,
      installation: 'w-0123456789ab',
      aal: null,
      credential: null,
      action,
      person: ada,
      ...(detail ? { detail } : {}),
    });
  const asked = (ms: number): string[] => auditKeysToAskFor(LedgerFacts.from(facts.state()), ms);
  expect(asked(start)).toEqual([]);
  // Who may take another policy into force.
  take('person.keys', { encryptionKey: 'a'.repeat(43), signingKey: 'b'.repeat(43), record: '0'.repeat(64), slots: '1'.repeat(64) });
  take('person.roles', { roles: ['security'] });
  take('policy.change', { sha256: 'ab'.repeat(32), auditKeys: [kid] });
  expect(asked(start)).toEqual([kid]);
  take('audit-key.asked', { key: kid });
  expect(asked(start + DAY_MS - 1)).toEqual([]);
  expect(asked(start + DAY_MS)).toEqual([kid]);
  expect(asked(start - 1)).toEqual([kid]);
  take('audit-key.proven', { key: kid, policySha256: 'ab'.repeat(32), medium: 'same-disk' });
  take('audit-key.proven', { key: other.recipient.kid, policySha256: 'ab'.repeat(32), medium: 'removable' });
  expect(asked(start + DAY_MS)).toEqual([kid]);
  take('audit-key.proven', { key: kid, policySha256: 'ab'.repeat(32), medium: 'removable' });
  expect(asked(start + DAY_MS)).toEqual([]);
  take('policy.change', { sha256: 'cd'.repeat(32), auditKeys: [other.recipient.kid] });
  expect(asked(start + DAY_MS)).toEqual([other.recipient.kid]);
});
