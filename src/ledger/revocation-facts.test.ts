/** Revocation by the ledger's events: who is out, who comes back, what an older list or a forged one does, and what `ledger verify` names. */
import { expect, test } from 'vitest';
import { checkEntry } from './events.ts';
import { unentitledWhy } from './entitled.ts';
import { LedgerFacts } from './facts.ts';
import type { LedgerEvent } from './types.ts';

const installation = 'w-000000000001';
const [ada, jo] = ['p-00000000000a', 'p-00000000000b'];
const hex = (letter: string): string => letter.repeat(64);
const kid = 'k'.repeat(43);
const keys = { encryptionKey: kid, signingKey: kid, record: hex('1'), slots: hex('2') };

class Site {
  facts = LedgerFacts.from();
  #seq = 0;

  constructor() {
    this.do('person.keys', keys, ada);
    this.do('person.roles', { roles: ['operator', 'security'] }, ada);
  }

  do(action: string, detail: LedgerEvent['detail'], person?: string, more: Partial<LedgerEvent> = {}): string | undefined {
    const time = new Date(Date.UTC(2026, 10, 28, 3, this.#seq)).toISOString();
    const event: LedgerEvent = {
      seq: this.#seq++,
      time,
      monoUs: null,
      installation,
      action,
      ...(person ? { person } : {}),
      aal: null,
      credential: null,
      detail,
      ...more,
    };
    const why = unentitledWhy(this.facts, event);
    this.facts.take(event);
    return why;
  }

  list(number: number, people: readonly string[], slots: readonly string[] = [], sha256 = hex(String(number % 10))): string | undefined {
    const detail = { number, sha256, issued: '2026-11-28T03:00:00.000Z', signer: hex('f'), people, slots };
    expect(checkEntry({ action: 'revocation.list', detail }).action).toBe('revocation.list');
    return this.do('revocation.list', detail);
  }

  /** An unlock that the installation's key signs for. */
  unlock(person: string, credential: string | null = null): string | undefined {
    return this.do('unlock', { method: 'passphrase', failures: 0 }, person, { outcome: 'success', credential });
  }
}

test('whoever a list names is out until a newer one does not name them, and an unlock of theirs is named', () => {
  const site = new Site();
  expect(site.unlock(ada)).toBeUndefined();
  expect(site.list(1, [ada])).toBeUndefined();
  expect(site.facts.person(ada)).toMatchObject({ state: 'revoked', behind: 'active' });
  expect(site.facts.active()).toEqual([]);
  expect(site.facts.deciders()).toEqual([]);
  expect(site.unlock(ada)).toContain('revoked');
  expect(site.facts.changes(ada).at(-1)).toMatchObject({ kind: 'state', detail: 'revoked', by: null });
  expect(site.list(2, [])).toBeUndefined();
  expect(site.facts.person(ada)).toMatchObject({ state: 'active' });
  expect(site.facts.person(ada)).not.toHaveProperty('behind');
  expect(site.unlock(ada)).toBeUndefined();
});

test('an older list, another one of the same number, and one that names less than it did change nothing, and are named', () => {
  const site = new Site();
  site.list(5, [ada], ['k-000000000001']);
  for (const [why, verdict] of [
    ['back to number 4', site.list(4, [])],
    ['another revocation list of the number 5', site.list(5, [ada], ['k-000000000001'], hex('9'))],
    ['leaves out', site.list(5, [], ['k-000000000001'])],
    ['leaves out', site.list(5, [ada], [])],
  ] as const) {
    expect(verdict).toContain(why);
    expect(site.facts.person(ada)?.state).toBe('revoked');
    expect(site.facts.revocations.list).toMatchObject({ number: 5, slots: ['k-000000000001'] });
  }
  // The same list names more, once somebody is enrolled whom it knew already.
  expect(site.list(5, [ada, jo], ['k-000000000001'])).toBeUndefined();
});

test('an unlock by a key slot that was revoked is named; the person may come in by another one', () => {
  const site = new Site();
  site.list(1, [], ['k-000000000001']);
  expect(site.facts.person(ada)).toMatchObject({ state: 'active', revokedSlots: ['k-000000000001'] });
  expect(site.unlock(ada, 'k-000000000002')).toBeUndefined();
  expect(site.unlock(ada, 'k-000000000001')).toContain('key slot k-000000000001');
});

test('a revoked security admin decides nothing, and nothing of theirs lifts it', () => {
  const site = new Site();
  site.list(1, [ada]);
  expect(site.do('person.state', { state: 'active', by: ada, byKey: 'A'.repeat(86), signature: 'A'.repeat(86) }, ada)).toContain('changes nothing');
  expect(site.facts.person(ada)?.state).toBe('revoked');
});

test('what a snapshot keeps says the same', () => {
  const site = new Site();
  site.list(3, [ada], ['k-000000000001']);
  site.do('revocation.look', { state: 'too-old', open: false });
  const again = LedgerFacts.from(JSON.parse(JSON.stringify(site.facts.state())) as ReturnType<LedgerFacts['state']>);
  expect(again.state()).toEqual(site.facts.state());
  expect(again.revocations.look).toMatchObject({ state: 'too-old', open: false });
  site.facts = again;
  expect(site.list(2, [])).toContain('back to number 2');
  expect(site.list(4, [])).toBeUndefined();
  expect(site.facts.person(ada)?.state).toBe('active');
});

test('a look that says nothing that it could is named', () => {
  const site = new Site();
  expect(site.do('revocation.look', { state: 'fine', open: true })).toBeDefined();
  expect(site.do('revocation.look', { state: 'missing', open: 'no' })).toBeDefined();
  expect(site.facts.revocations.look).toBeNull();
});
