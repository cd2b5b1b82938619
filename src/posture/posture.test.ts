/** A strict installation has nothing weaker but what this version and this machine cannot have; each setting that is changed has its row. */
import { expect, test } from 'vitest';
import { listKey } from '../revocation/list.fixture.ts';
import { defaultPolicy } from '../policy/policy.ts';
import { presetPart, presetValues } from '../policy/presets.ts';
import { generateAuditKey } from '../recording/wrap.ts';
import { safeguards } from '../types/safeguards.ts';
import type { PostureFacts } from './facts.ts';
import { postureOf } from './rows.ts';

const NOW = Date.parse('2026-11-28T12:00:00.000Z');
const base = defaultPolicy([{ label: 'Audit', jwk: generateAuditKey().recipient.jwk }]);
const anchor: PostureFacts['anchors'][number] = {
  name: 'tsa',
  kind: 'timestamp',
  where: 'http://tsa.example.org',
  grade: 'anchored',
  head: null,
  at: null,
  ageSeconds: 1,
  failing: null,
  sentence: '',
};
const { class: place, ...strictPart } = presetPart('strict');
const policy: PostureFacts['policy'] = {
  ...base,
  ...strictPart,
  workstation: { ...base.workstation, class: place, banner: 'Patient data: for work only.' },
  classes: [{ name: 'clinical', look: 'clinical', first: true, to: [], sandbox: { kind: 'bubblewrap', network: false } }],
  revocation: { file: '/mnt/revoked.list', keys: [listKey().text, listKey().text], maxAgeHours: 72 },
  anchors: [{ name: 'tsa', kind: 'timestamp', url: 'http://tsa.example.org', ca: '' } as never],
};
const baseline: NonNullable<PostureFacts['integrity']['baseline']> = {
  sha256: 'ab'.repeat(32),
  previousSha256: null,
  version: '0.1.0',
  files: 300,
  checkout: false,
  note: null,
  by: 'p-000000000003',
  second: 'p-000000000005',
  seq: 7,
  time: '2026-11-27T12:00:00.000Z',
};
const checked = { seq: 9, time: '2026-11-28T11:00:00.000Z', differences: 0, found: 'cd'.repeat(32) };
const strict: PostureFacts = {
  policy,
  people: [
    { id: 'p-000000000001', roles: ['operator'], passkeys: 2 },
    { id: 'p-000000000002', roles: ['auditor'], passkeys: 2 },
    { id: 'p-000000000003', roles: ['security'], passkeys: 2 },
    { id: 'p-000000000005', roles: ['security'], passkeys: 2 },
    { id: 'p-000000000004', roles: ['emergency'], passkeys: 2 },
  ],
  waits: undefined,
  secretStore: 'secret-service',
  isPinned: true,
  hasSecondHalf: true,
  auditKeysHere: [],
  anchors: [anchor],
  selfTest: { time: '2026-11-28T11:00:00.000Z', holds: true },
  integrity: { baseline, check: checked },
  unreviewed: [],
  endless: undefined,
  drillsDue: [],
  revocation: { ageHours: 2, state: 'good' },
  clock: { state: 'synced', time: '2026-11-28T11:00:00.000Z' },
  swap: 'off',
  now: NOW,
};
/** What nobody can set in this version, or see from here. */
const always = ['screen-capture', 'disk'];
const names = (facts: Partial<PostureFacts>): string[] =>
  postureOf({ ...strict, ...facts })
    .map(({ name }) => name)
    .filter((name) => !always.includes(name));

test('what is strict says nothing', () => {
  expect(postureOf(strict).map(({ name }) => name)).toEqual(always);
});

test.each<[string, Partial<PostureFacts>]>([
  ['lock.idleSeconds', { policy: { ...policy, lock: { ...policy.lock, idleSeconds: 121 } } }],
  ['lock.maxHours', { policy: { ...policy, lock: { ...policy.lock, maxHours: undefined } } }],
  ['lock.logoffMinutes', { policy: { ...policy, lock: { ...policy.lock, logoffMinutes: 16 } } }],
  ['lock.parkMinutes', { policy: { ...policy, lock: { ...policy.lock, parkMinutes: undefined } } }],
  ['lock.holdShells', { policy: { ...policy, lock: { ...policy.lock, holdShells: true } } }],
  ['classes', { policy: { ...policy, classes: undefined } }],
  ['classes', { policy: { ...policy, classes: [...policy.classes!, { ...policy.classes![0]!, name: 'lab', first: false, to: ['clinical'] }] } }],
  ['unlock.factors', { policy: { ...policy, unlock: undefined } }],
  ['unlock.commands', { policy: { ...policy, unlock: { factors: 2, commands: true } } }],
  ['consent.version', { policy: { ...policy, consent: undefined } }],
  ['lock.clearClipboard', { policy: { ...policy, lock: { ...policy.lock, clearClipboard: false } } }],
  ['workstation.class', { policy: { ...policy, workstation: { ...policy.workstation, class: 'it-office' } } }],
  ['banner', { policy: { ...policy, workstation: { ...policy.workstation, banner: ' ' } } }],
  ['reserve', { policy: { ...policy, recording: { ...policy.recording, reserveMebibytes: 511 } } }],
  ['clock', { policy: { ...policy, anchors: undefined } }],
  ['clock', { clock: { state: 'unsynced', time: '2026-11-28T11:00:00.000Z' } }],
  ['anchors', { anchors: [] }],
  ['anchors', { anchors: [{ ...anchor, grade: 'not-anchored' }] }],
  ['self-test', { selfTest: undefined }],
  ['self-test', { selfTest: { time: '2026-11-28T11:00:00.000Z', holds: false } }],
  ['self-test', { selfTest: { time: '2026-11-27T12:00:00.000Z', holds: true } }],
  ['self-test', { selfTest: { time: '2026-11-29T12:00:00.000Z', holds: true } }],
  ['program', { integrity: { baseline: null, check: null } }],
  ['program', { integrity: { baseline, check: { ...checked, differences: 1 } } }],
  ['program', { integrity: { baseline, check: { ...checked, time: '2026-11-26T12:00:00.000Z' } } }],
  ['program', { integrity: { baseline: { ...baseline, checkout: true }, check: checked } }],
  ['program', { integrity: { baseline: { ...baseline, second: null }, check: checked } }],
  ['second-factor', { people: strict.people.map((person) => ({ ...person, passkeys: 1 })) }],
  ['revocation', { policy: { ...policy, revocation: undefined } }],
  ['revocation', { policy: { ...policy, revocation: { ...policy.revocation!, keys: [listKey().text] } } }],
  ['revocation', { revocation: undefined }],
  ['revocation', { revocation: { ageHours: 24, state: 'good' } }],
  ['revocation', { revocation: { ageHours: 2, state: 'missing' } }],
  ['hosts.newKeys', { policy: { ...policy, hosts: undefined } }],
  ['hosts.passwords', { policy: { ...policy, hosts: { ...policy.hosts, passwords: true } } }],
  ['audit-key', { auditKeysHere: ['kid'] }],
  ['secret-store', { secretStore: 'file' }],
  ['pinned', { isPinned: false }],
  ['second-half', { hasSecondHalf: false }],
  ['emergency-review', { unreviewed: [{ id: 'b-0123456789ab', overdue: false }] }],
  ['emergency-review', { unreviewed: [{ id: 'b-0123456789ab', overdue: true }] }],
  ['emergency-end', { endless: 'b-0123456789ab' }],
  ['emergency-drill', { drillsDue: [{ person: 'p-000000000004', last: null }] }],
  ['swap', { swap: 'on' }],
  ['swap', { swap: undefined }],
  ['no-reviewer', { people: strict.people.filter(({ roles }) => !roles.includes('auditor')) }],
  ['one-decides', { people: strict.people.filter(({ id }) => id !== 'p-000000000005') }],
  ['one-decides', { people: strict.people.map((person) => (person.id === 'p-000000000005' ? { ...person, hand: 'p-000000000003' } : person)) }],
  ['one-decides', { waits: '2026-12-05T12:00:00.000Z' }],
  ['emergency', { people: strict.people.filter(({ roles }) => !roles.includes('emergency')) }],
  ['changed-record', { people: strict.people.map((person, n) => (n === 0 ? { ...person, changed: true as const } : person)) }],
  ['mixed-roles', { people: [{ id: 'p-000000000009', roles: ['operator', 'security'], passkeys: 2 }, ...strict.people] }],
])('%s: each weaker setting has its row, and no other', (name, facts) => {
  expect(names(facts)).toEqual([name]);
});

test('each field that the strict preset has a value for has a row, but what no change of can weaken', () => {
  const weak = {
    ...policy,
    consent: undefined,
    workstation: { ...policy.workstation, class: 'it-office' as const },
    lock: { idleSeconds: 900, warnSeconds: 120, holdShells: true, clearClipboard: false },
    unlock: { factors: 1 as const, commands: true, storedPasskeys: true },
    hosts: { newKeys: 'ask' as const, passwords: true },
  };
  const found = names({ policy: weak });
  const others = presetValues('strict')
    .map(([field]) => field)
    .filter((field) => !found.includes(field));
  expect(others).toEqual(['lock.warnSeconds', 'consent.text']);
});

test('a site of one person is told loudest', () => {
  const rows = postureOf({ ...strict, people: [{ id: 'p-000000000001', roles: ['operator', 'security'], passkeys: 2 }] });
  expect(rows[0]).toMatchObject({ name: 'one-person', level: 'stop', value: expect.stringContaining('p-000000000001 alone') });
});

test('the worst stands first, every row names its safeguard and what to do, and none says that a rule is met', () => {
  const rows = postureOf({ ...strict, secretStore: 'file', anchors: [], people: [], selfTest: undefined, swap: 'on', auditKeysHere: ['kid'] });
  const order = ['stop', 'weaker', 'unseen'];
  expect(rows.map(({ level }) => order.indexOf(level))).toEqual(rows.map(({ level }) => order.indexOf(level)).toSorted((a, b) => a - b));
  for (const { safeguard, advice, strict: wanted, value } of rows) {
    expect(safeguards[safeguard].citation).toMatch(/^45 CFR 164\.3\d\d\(/);
    expect(advice.length).toBeGreaterThan(20);
    for (const text of [advice, wanted, value]) expect(text).not.toMatch(/complian|validated|\bmet\b/i);
  }
});
