/** Which way a change goes: each row of the table, walked with values that its field can have. */
import { classesSchema } from './classes.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkEntry } from '../ledger/events.ts';
import { classLooks } from '../types/classes.ts';
import { generateAuditKey } from '../recording/wrap.ts';
import { policyDirections, policyFieldNames, workstationClasses, type PolicyDirection, type PolicyFieldName } from '../types/words.ts';
import { differenceText, ledgerChanges, policyDifferences, valueAt } from './difference.ts';
import { anchorFields, directionOf, fieldOf, policyFields, weakerText } from './fields.ts';
import { defaultPolicy, policySchema } from './policy.ts';
import { policyJsonSchema, type SchemaNode } from './schema.ts';
import { listKey } from '../revocation/list.fixture.ts';
import { presetNames, presetOf, presetValues, weakerThanPreset } from './presets.ts';
import type { Policy } from './types.ts';

const [one, two] = [generateAuditKey().recipient, generateAuditKey().recipient];
const key = (label: string, { kid, jwk }: typeof one): Policy['auditKeys'][number] => ({ kid, label, jwk });
const policy = defaultPolicy([{ label: 'audit', jwk: one.jwk }], 'ward-3');

/** The table written a second time, by hand: before, after, and which way that goes. */
const written: readonly (readonly [PolicyFieldName, unknown, unknown, PolicyDirection])[] = [
  ['lock.idleSeconds', 300, 900, 'weaker'],
  ['lock.idleSeconds', 300, 60, 'stronger'],
  ['lock.warnSeconds', 30, 60, 'neither'],
  ['lock.maxHours', 12, undefined, 'weaker'],
  ['lock.maxHours', undefined, 12, 'stronger'],
  ['lock.logoffMinutes', 15, undefined, 'weaker'],
  ['lock.logoffMinutes', 60, 30, 'stronger'],
  ['lock.parkMinutes', undefined, 15, 'stronger'],
  ['lock.parkMinutes', 15, 30, 'weaker'],
  ['lock.holdShells', undefined, true, 'weaker'],
  ['lock.holdShells', true, false, 'stronger'],
  ['lock.takeOver', undefined, true, 'neither'],
  ['lock.takeOver', true, false, 'neither'],
  ['lock.listParked', false, true, 'weaker'],
  ['lock.clearClipboard', undefined, false, 'weaker'],
  ['lock.clearClipboard', true, false, 'weaker'],
  ['lock.clearClipboard', false, undefined, 'stronger'],
  ['lock.clearClipboard', undefined, true, 'neither'],
  ['workstation.class', 'shared-clinical', 'it-office', 'weaker'],
  ['workstation.class', 'it-office', 'nursing', 'stronger'],
  ['workstation.name', 'a', 'b', 'neither'],
  ['workstation.banner', 'a', '', 'weaker'],
  ['workstation.banner', '', 'a', 'stronger'],
  ['workstation.banner', 'a', 'b', 'neither'],
  ['workstation.help', undefined, 'IT, 4711', 'neither'],
  ['workstation.help', 'IT, 4711', 'IT, 4712', 'neither'],
  ['consent.text', 'a', undefined, 'weaker'],
  ['consent.text', undefined, 'a', 'stronger'],
  ['consent.text', 'a', 'b', 'neither'],
  ['consent.version', 1, undefined, 'weaker'],
  ['reason.ask', undefined, 'session', 'stronger'],
  ['reason.ask', 'session', 'unlock', 'stronger'],
  ['reason.ask', 'unlock', 'session', 'weaker'],
  ['reason.ask', 'session', undefined, 'weaker'],
  ['reason.ticket', undefined, 'INC#######', 'stronger'],
  ['reason.ticket', 'INC#######', undefined, 'weaker'],
  ['revocation.file', '/mnt/a', undefined, 'weaker'],
  ['revocation.file', '/mnt/a', '/mnt/b', 'weaker'],
  ['revocation.keys', undefined, 'ssh-ed25519 A', 'weaker'],
  ['revocation.keys', 'ssh-ed25519 A', undefined, 'weaker'],
  ['revocation.maxAgeHours', 72, 168, 'weaker'],
  ['revocation.maxAgeHours', 72, 24, 'stronger'],
  ['revocation.maxAgeHours', 72, undefined, 'weaker'],
  ['recording.reserveMebibytes', 512, 0, 'weaker'],
  ['recording.reserveMebibytes', 512, 1024, 'stronger'],
  ['recording.rotateMinutes', 60, 120, 'neither'],
  ['auditKeys', undefined, 'label', 'weaker'],
  ['auditKeys', 'label', undefined, 'weaker'],
  ['auditKeys', 'label', 'other', 'neither'],
  ['network', undefined, 'host', 'weaker'],
  ['network', 'host', undefined, 'stronger'],
  ['anchors', undefined, '/mnt', 'stronger'],
  ['anchors', '/mnt', undefined, 'weaker'],
  ['anchors', '/mnt', '/tmp', 'weaker'],
];

test.each(written)('%s: %j to %j is %s', (field, before, after, direction) => {
  expect(directionOf(field, before, after)).toBe(direction);
});

test('every field has its row and its words, and nothing is nothing', () => {
  expect(Object.keys(policyFields)).toEqual([...policyFieldNames]);
  for (const field of policyFieldNames) {
    expect(weakerText(field)).not.toBe('');
    for (const [before, after] of [[undefined, undefined], ['', undefined], [[], undefined]]) expect(directionOf(field, before, after), field).toBe('neither'); // prettier-ignore
  }
  expect(() => fieldOf('telemetry')).toThrow('telemetry');
});

test('a list that is looked for where none was is stronger whatever it is, and one that is not any more is weaker', () => {
  const { text } = listKey();
  const looks = { ...policy, revocation: { file: '/mnt/revoked.list', keys: [text], maxAgeHours: 168 } };
  expect(new Set(policyDifferences(policy, looks).map(({ direction }) => direction))).toEqual(new Set(['stronger']));
  expect(new Set(policyDifferences(looks, policy).map(({ direction }) => direction))).toEqual(new Set(['weaker']));
  const other = { ...looks, revocation: { ...looks.revocation, keys: [listKey().text] } };
  expect(policyDifferences(looks, other).map(({ direction }) => direction)).toEqual(['weaker', 'weaker']);
});

/** Policies that the schema takes. */
const policies = fc
  .record({
    banner: fc.constantFrom('', 'a', 'b'),
    class: fc.constantFrom(...workstationClasses),
    idleSeconds: fc.integer({ min: 121, max: 900 }),
    warnSeconds: fc.integer({ min: 5, max: 120 }),
    maxHours: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
    clearClipboard: fc.option(fc.boolean(), { nil: undefined }),
    classes: fc.option(
      fc
        .uniqueArray(
          fc.record({
            name: fc.constantFrom('clinical', 'billing', 'lab'),
            label: fc.constantFrom(undefined, 'x'),
            to: fc.uniqueArray(fc.constantFrom('clinical', 'billing', 'lab'), { maxLength: 2 }),
            withhold: fc.constantFrom(undefined, [], ['SSH_AUTH_SOCK'], ['A', 'B']),
            sandbox: fc.constantFrom(undefined, { kind: 'bubblewrap' as const, network: false }, { kind: 'bubblewrap' as const, network: true }),
          }),
          { selector: ({ name }) => name, minLength: 1 },
        )
        // Classes that stand there, and one that is the first.
        .map((rows) =>
          rows.map((row, i) => ({
            ...row,
            look: classLooks[i]!,
            ...(row.label ? { label: `${row.label}${row.name}` } : {}),
            first: i === 0,
            to: row.to.filter((to) => to !== row.name && rows.some(({ name }) => name === to)),
          })),
        ),
      { nil: undefined },
    ),
    consent: fc.option(fc.record({ version: fc.integer({ min: 1, max: 3 }), text: fc.constantFrom('a', 'b') }), { nil: undefined }),
    reserveMebibytes: fc.constantFrom(0, 0.5, 512),
    keys: fc.constantFrom([key('x', one)], [key('y', one)], [key('x', one), key('z', two)], [key('z', two)]),
    network: fc.uniqueArray(fc.constantFrom('h', 'i.example.org:6514'), { maxLength: 2 }),
    anchors: fc.option(
      fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('p', 'q'),
          kind: fc.constant('file' as const),
          folder: fc.constantFrom('/x', '/y'),
          everySeconds: fc.constantFrom(undefined, 30, 60, 3600),
        }),
        { selector: ({ name }) => name },
      ),
      { nil: undefined },
    ),
  })
  .map(({ banner, class: place, idleSeconds, warnSeconds, maxHours, clearClipboard, classes, consent, reserveMebibytes, keys, network, anchors }): Policy =>
    policySchema.parse({
      ...policy,
      workstation: { ...policy.workstation, banner, class: place },
      lock: { idleSeconds, warnSeconds, maxHours, clearClipboard },
      classes,
      consent,
      recording: { ...policy.recording, reserveMebibytes },
      auditKeys: keys,
      network,
      anchors,
    }),
  );

test('no weakening of one way is one of the other way too, and what is taken back is no change', () => {
  const opposite: Readonly<Record<PolicyDirection, readonly PolicyDirection[]>> = {
    // Keys and anchors are weaker to change whichever way; everything else turns round.
    weaker: ['stronger', 'weaker', 'neither'],
    stronger: ['weaker'],
    neither: ['neither', 'weaker'],
  };
  fc.assert(
    fc.property(policies, policies, (before, after) => {
      for (const { path, direction } of policyDifferences(before, after)) {
        const back = policyDifferences(after, before).find((each) => each.path === path);
        expect(opposite[direction], path).toContain(back?.direction);
      }
    }),
    { numRuns: 300 },
  );
});

test('in an anchor that stays, heads that come later are weaker and sooner are stronger, and every other difference is weaker', () => {
  const file = { name: 'share', kind: 'file' as const, folder: '/mnt' };
  const syslog = { name: 'siem', kind: 'syslog' as const, host: 'h', port: 6514, fingerprint: '0'.repeat(64) };
  type Anchor = NonNullable<Policy['anchors']>[number];
  const between = (before: Anchor, after: Anchor): string[] =>
    policyDifferences({ ...policy, anchors: [before] }, { ...policy, anchors: [after] }).map(({ path, direction }) => `${path} ${direction}`);
  // Left out it is a minute.
  const cases = [[undefined, 86_400, 'weaker'], [86_400, undefined, 'stronger'], [undefined, 30, 'stronger'], [undefined, 60, 'neither'], [30, 60, 'weaker']] as const; // prettier-ignore
  for (const [was, is, direction] of cases)
    expect(between({ ...file, everySeconds: was }, { ...file, everySeconds: is }), `${was} ${is}`).toEqual([`anchors.share.everySeconds ${direction}`]);
  for (const more of [{ ca: 'PEM' }, { certificate: '/c', key: '/k' }]) {
    const paths = Object.keys(more).map((field) => `anchors.siem.${field} weaker`);
    expect(between(syslog, { ...syslog, ...more })).toEqual(paths);
    expect(between({ ...syslog, ...more }, syslog)).toEqual(paths);
  }
  // One that comes, with whatever it has, is stronger; one that goes is weaker.
  const directions = (before: Anchor[], after: Anchor[]): PolicyDirection[] =>
    policyDifferences({ ...policy, anchors: before }, { ...policy, anchors: after }).map(({ direction }) => direction);
  expect(new Set(directions([syslog], [syslog, { ...file, everySeconds: 86_400 }]))).toEqual(new Set(['stronger']));
  expect(new Set(directions([syslog, file], [syslog]))).toEqual(new Set(['weaker']));
  // Every field that a row can have has its direction.
  const rows = (policyJsonSchema().properties!['anchors'] as SchemaNode).items!;
  const fields = (rows.oneOf ?? rows.anyOf)!.flatMap(({ properties }) => Object.keys(properties!));
  expect(new Set(fields)).toEqual(new Set(Object.keys(anchorFields)));
});

test('in a class, text that may go further, and a variable or a sandbox less, is weaker; the other way round is stronger', () => {
  type Class = NonNullable<Policy['classes']>[number];
  const clinical: Class = { name: 'clinical', look: 'clinical', first: true, to: [] };
  const lab: Class = { name: 'lab', look: 'plain', to: [] };
  const sandbox = { kind: 'bubblewrap', network: false } as const;
  const between = (before: Partial<Class>, after: Partial<Class>): string[] =>
    policyDifferences({ ...policy, classes: [{ ...clinical, ...before }, lab] }, { ...policy, classes: [{ ...clinical, ...after }, lab] }).map(
      ({ path, direction }) => `${path.replace('classes.clinical.', '')} ${direction}`,
    );
  const cases: readonly (readonly [Partial<Class>, Partial<Class>, readonly string[], readonly string[]])[] = [
    [{}, { to: ['lab'] }, ['to.lab weaker'], ['to.lab stronger']],
    [{}, { withhold: ['A'] }, ['withhold.A stronger'], ['withhold.A weaker']],
    [{}, { sandbox }, ['sandbox.kind stronger', 'sandbox.network stronger'], ['sandbox.kind weaker', 'sandbox.network weaker']],
    [{ sandbox }, { sandbox: { ...sandbox, network: true } }, ['sandbox.network weaker'], ['sandbox.network stronger']],
    [{}, { label: 'ward' }, ['label weaker'], ['label neither']],
    [{}, { look: 'plain' }, ['look weaker'], ['look weaker']],
  ];
  for (const [before, after, there, back] of cases) {
    expect(between(before, after)).toEqual(there);
    expect(between(after, before)).toEqual(back);
  }
});

test('a class that comes, and another one that is the first, are weaker: new sessions may be out of their sandbox, under its word', () => {
  const sandbox = { kind: 'bubblewrap', network: false } as const;
  const clinical = { name: 'clinical', look: 'clinical', first: true, to: [], sandbox } as const;
  const { first: _, ...second } = clinical;
  const clinic = { name: 'clinic', look: 'clinical', first: true, to: [] } as const;
  const weaker = (before: Policy['classes'], after: Policy['classes']): string[] =>
    policyDifferences({ ...policy, classes: before }, { ...policy, classes: after }).flatMap(({ path, direction }) => (direction === 'weaker' ? path : []));
  expect(weaker([clinical], [second, clinic])).toEqual(['classes.clinic.look', 'classes.clinic.first']);
  expect(weaker([clinical, { ...clinic, first: false }], [{ ...second, first: false }, clinic])).toContain('classes.clinic.first');
  expect(weaker([clinical, { ...clinic, first: false }], [clinical])).toEqual([]);
});

test('two classes with one word on the screen are refused', () => {
  const row = (name: string, label?: string) => ({ name, look: 'plain', to: [], ...(name === 'clinical' ? { first: true } : {}), ...(label ? { label } : {}) });
  expect(classesSchema.safeParse([row('clinical'), row('lab', 'Lab')]).success).toBe(true);
  expect(classesSchema.safeParse([row('clinical'), row('clinic', 'Clinical')]).error?.issues[0]?.message).toBe('two classes have the same word on the screen');
  expect(classesSchema.safeParse([row('clinical', 'ward'), row('lab', 'ward')]).success).toBe(false);
});

test('what differs is whole on both sides, and cut only in a sentence', () => {
  const long = `${'a'.repeat(400)}z`;
  const [found, ...others] = policyDifferences(policy, { ...policy, workstation: { ...policy.workstation, banner: long } });
  expect(others).toEqual([]);
  expect(found!.after).toBe(JSON.stringify(long));
  expect(differenceText(found!)).toMatch(/a… \(403 characters\)( \(\w+\))?$/);
});

test('the ledger takes what is entered of every change, and no text of the policy is in it', () => {
  fc.assert(
    fc.property(policies, policies, (before, after) => {
      const changes = ledgerChanges(before, after);
      expect(changes.length === 0).toBe(policyDifferences(before, after).length === 0);
      checkEntry({ action: 'policy.change', detail: { sha256: '0'.repeat(64), auditKeys: [], version: 2, changes } });
    }),
    { numRuns: 300 },
  );
  const secret = { ...policy, workstation: { ...policy.workstation, banner: 'Doe, Jane, MRN 4711' } };
  expect(ledgerChanges(policy, secret)).toEqual([expect.stringMatching(/^workstation\.banner stronger [0-9a-f]{64} [0-9a-f]{64}$/)]);
  expect(ledgerChanges(policy, { ...policy, lock: { ...policy.lock, idleSeconds: 900 } })).toEqual(['lock.idleSeconds weaker 300 900']);
  for (const change of ['lock.idleSeconds weaker 300 Jane', 'Jane weaker - -', 'lock.idleSeconds worse 1 2', 'network weaker - -\n'])
    expect(() => checkEntry({ action: 'policy.change', detail: { sha256: '0'.repeat(64), auditKeys: [], changes: [change] } })).toThrow('changes');
  expect(policyDirections).toContain('weaker');
});

test('each preset is a policy, is not weaker than itself, and the strict one than none', () => {
  for (const name of presetNames) {
    const made = policySchema.parse(defaultPolicy([{ label: 'audit', jwk: one.jwk }], 'ward-3', name));
    for (const [field, value, source] of presetValues(name)) {
      expect(valueAt(made, field), `${name} ${field}`).toEqual(value);
      expect(source).toMatch(/^(\d\.\d|\[J\])/);
    }
    expect(weakerThanPreset(made, name)).toEqual([]);
    if (name === 'strict') for (const other of presetNames) expect(weakerThanPreset(made, other), other).toEqual([]);
  }
  for (const place of workstationClasses) expect(presetValues(presetOf(place)).find(([field]) => field === 'workstation.class')?.[1]).toBe(place);
  const office = { ...policy, workstation: { ...policy.workstation, class: 'shared-clinical' as const } };
  expect(weakerThanPreset(office).map(({ field, value, preset }) => [field, value, preset])).toEqual([
    ['lock.idleSeconds', 300, 120],
    ['lock.logoffMinutes', 30, 15],
    ['lock.parkMinutes', 30, 15],
    ['consent.version', undefined, 1],
    ['consent.text', undefined, expect.any(String)],
  ]);
});
