/** Random histories of recordings, holds, time and deletions over a real ledger and real files, held against a model that is written a second time here. */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { aud, DAYS, op, people, policy, roles, sec, sec2, Site, somebody, type Somebody } from '../../../test/support/life-cycle.ts';
import { removeFolders } from '../../../test/support/recording.ts';
import type { DeletionRequest } from '../../ledger/certificate.ts';
import { unentitledWhy } from '../../ledger/entitled.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { LedgerView } from '../../ledger/view.ts';
import { thumbprint } from '../../recording/wrap.ts';
import { clearHold, deleteEarly, deletionSentence, expiries, finishDeletions, runRetention, setHold, type HoldTarget } from './life-cycle.ts';
import { DAY_MS } from '../../types/units.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeFolders);

/** What the model knows of a recording and of a hold. */
interface Modelled {
  readonly id: string;
  readonly owner: string;
  readonly began: number;
  readonly ended: number;
  deleted: boolean;
}
interface ModelHold {
  readonly id: string;
  readonly covers: (recording: Modelled) => boolean;
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('record' as const), owner: fc.nat(3), hours: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), days: fc.integer({ min: 1, max: 25 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      by: fc.nat(3),
      scope: fc.nat(2),
      which: fc.nat(9),
      from: fc.integer({ min: -60, max: 5 }),
      days: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), by: fc.nat(3), second: fc.nat(3), which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retention' as const), by: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), by: fc.nat(3), second: fc.option(fc.nat(3), { nil: undefined }), which: fc.nat(9) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const keeper = (n: number): boolean => roles[n]!.some((role) => role === 'auditor' || role === 'security');
const pair = (a: number, b: number | undefined): boolean =>
  b !== undefined && [a, b].some((n) => roles[n]!.includes('auditor')) && [a, b].some((n) => roles[n]!.includes('security'));

async function play(steps: readonly Step[]): Promise<void> {
  const site = await Site.open();
  const all: Modelled[] = [];
  let holds: ModelHold[] = [];
  const held = (one: Modelled): boolean => holds.some(({ covers }) => covers(one));
  const succeeds = (deed: Promise<unknown>): Promise<boolean> =>
    deed.then(
      () => true,
      (error: { code?: string }) => {
        // Refused in words of ours, and by nothing else.
        expect(error.code).toMatch(/^(not-permitted|second-needed|not-deletable|no-recording|no-hold|deleted)$/);
        return false;
      },
    );
  for (const one of steps) {
    if (one.kind === 'record') {
      const began = site.now;
      const id = await site.record(people[one.owner]!, one.hours);
      all.push({ id, owner: people[one.owner]!.id, began, ended: began + one.hours * 3_600_000, deleted: false });
    } else if (one.kind === 'pass') site.now += one.days * DAY_MS;
    else if (one.kind === 'hold') {
      const of = people[one.which % 4]!.id;
      const recording = all[one.which % Math.max(1, all.length)];
      const [from, until] = [site.now + one.from * DAY_MS, site.now + (one.from + one.days) * DAY_MS];
      if (one.scope === 1 && !recording) continue;
      const what: HoldTarget =
        one.scope === 0
          ? { of }
          : one.scope === 1
            ? { recording: recording!.id }
            : { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
      const before = site.ledger.facts.holds.length;
      const done = await succeeds(setHold(site.parts(people[one.by]!), what, 'legal'));
      expect(done).toBe(keeper(one.by) && !(one.scope === 1 && recording!.deleted));
      expect(site.ledger.facts.holds.length).toBe(before + (done ? 1 : 0));
      if (done)
        holds.push({
          id: site.ledger.facts.holds.at(-1)!.id,
          covers: ({ owner, id, began, ended }) => (one.scope === 0 ? owner === of : one.scope === 1 ? id === recording!.id : began <= until && ended >= from),
        });
    } else if (one.kind === 'clear') {
      const hold = holds[one.which % Math.max(1, holds.length)];
      if (!hold) continue;
      const done = await succeeds(clearHold(site.parts(people[one.by]!, people[one.second]!), hold.id, 'closed'));
      expect(done).toBe(pair(one.by, one.second));
      if (done) holds = holds.filter((other) => other !== hold);
    } else if (one.kind === 'delete') {
      const recording = all[one.which % Math.max(1, all.length)];
      if (!recording) continue;
      const second = one.second === undefined ? undefined : people[one.second]!;
      const done = await succeeds(deleteEarly(site.parts(people[one.by]!, second), recording.id, 'privacy-request'));
      expect(done).toBe(!recording.deleted && !held(recording) && pair(one.by, one.second));
      if (done) recording.deleted = true;
    } else {
      const due = all.filter((each) => !each.deleted && each.began + DAYS * DAY_MS <= site.now);
      const free = due.filter((each) => !held(each));
      const [listed] = [expiries(await site.ledger.recordings(), site.ledger.facts.holds, DAYS, site.now)];
      expect(
        listed
          .filter((each) => each.due)
          .map(({ recording }) => recording)
          .toSorted(),
      ).toEqual(due.map(({ id }) => id).toSorted());
      const done = await succeeds(runRetention(site.parts(people[one.by]!), policy, site.now));
      expect(done).toBe(free.length === 0 || keeper(one.by));
      if (done) for (const each of free) each.deleted = true;
    }
    for (const each of all) expect(site.present(each.id), each.id).toBe(!each.deleted);
  }
  // Whoever reads it later says the same.
  const { reading, view, unentitled } = await LedgerView.read(site.options.folder, site.options.key);
  expect([reading.faults, unentitled]).toEqual([[], []]);
  for (const each of all) {
    expect(site.tombstones(each.id).length, each.id).toBe(each.deleted ? 1 : 0);
    expect(reading.states.get(each.id)!.deleted).toBe(each.deleted);
    expect(deletionSentence(each.id, await view!.eventsOf(each.id)) === undefined).toBe(!each.deleted);
  }
  expect(view!.facts.holds.map(({ id }) => id)).toEqual(holds.map(({ id }) => id));
  expect(await view!.agreesWithBeside()).toBe(true);
  view!.close();
  await site.ledger.close();
}

test('in any history nothing under a hold is deleted, everything deleted has one tombstone, and the ledger verifies', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), play), { numRuns: 15 });
});

describe('a deletion that does not count', () => {
  /** Entered by whoever has the installation's key, past every service. */
  async function forged(
    change: (request: DeletionRequest) => DeletionRequest,
    signers: readonly Somebody[],
    before: (site: Site, id: string) => Promise<unknown> = async () => {},
  ) {
    const site = await Site.open();
    const id = await site.record(op, 1);
    await before(site, id);
    const { began, durationMs, head } = (await site.ledger.recording(id))!;
    const early: DeletionRequest = {
      recording: id,
      owner: op.id,
      began,
      lengthMs: durationMs,
      ...head,
      cause: 'early',
      reason: 'mistake',
      policySha256: null,
      days: null,
    };
    const request = change(early);
    const asked = signers.length === 2 ? new Date(site.now).toISOString() : undefined;
    const [one, two] = await Promise.all(signers.map((each) => each.certify(site.options.installation, signers[0]!.id, { deed: 'delete', ...request, asked })));
    const { policySha256, days, lengthMs, ...rest } = request;
    const detail = {
      ...rest,
      ...(lengthMs === null ? {} : { lengthMs }),
      ...(policySha256 === null || days === null ? {} : { policySha256, days }),
      ...one!,
      ...(two ? { second: signers[1]!.id, secondKey: two.byKey, secondSignature: two.signature, asked: asked! } : {}),
    };
    const entered = await site.ledger.append({ action: 'recording.deleted', person: signers[0]!.id, detail }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const { unentitled } = await LedgerView.read(site.options.folder, site.options.key);
    await site.ledger.close();
    return entered ?? unentitled[0]?.why;
  }
  const scheduled = (days: number) => (request: DeletionRequest) => ({
    ...request,
    cause: 'schedule' as const,
    reason: 'retention' as const,
    policySha256: policy.sha256,
    days,
  });
  const late = async (site: Site): Promise<void> => void (site.now += 31 * DAY_MS);

  test.each<readonly [what: string, result: () => ReturnType<typeof forged>, why: RegExp | undefined]>([
    ['none: an auditor and a security admin have signed it', () => forged((r) => r, [sec, aud]), undefined],
    ['none: its time was over', () => forged(scheduled(30), [sec], late), undefined],
    ['signed by one', () => forged((r) => r, [sec]), /without an auditor and a security admin/],
    ['signed by two security admins', () => forged((r) => r, [sec, sec2]), /without an auditor and a security admin/],
    ['signed by an operator and an auditor', () => forged((r) => r, [op, aud]), /without an auditor and a security admin/],
    [
      'of what is held',
      () =>
        forged(
          (r) => r,
          [sec, aud],
          (site, id) => setHold(site.parts(aud), { recording: id }, 'legal'),
        ),
      /which was held by then/,
    ],
    [
      'by the schedule, of what is held',
      () => forged(scheduled(30), [sec], async (site) => (await setHold(site.parts(aud), { of: op.id }, 'legal'), late(site))),
      /which was held by then/,
    ],
    ['by the schedule before its time', () => forged(scheduled(30), [sec]), /before its time was over/],
    [
      'by the schedule of another policy',
      () => forged((r) => ({ ...scheduled(30)(r), policySha256: '2'.repeat(64) }), [sec], late),
      /a policy that was not in force/,
    ],
    ['by the schedule, signed by an operator', () => forged(scheduled(30), [op], late), /nobody who may has signed that/],
    ['of another size', () => forged((r) => ({ ...r, size: r.size + 1 }), [sec, aud]), /another recording/],
    [
      'of another owner, whom nothing holds',
      () =>
        forged(
          (r) => ({ ...r, owner: sec.id }),
          [sec, aud],
          (site) => setHold(site.parts(aud), { of: op.id }, 'legal'),
        ),
      /another recording/,
    ],
    ['of another length', () => forged((r) => ({ ...r, lengthMs: 5 }), [sec, aud]), /another recording/],
  ])('%s', async (_, result, why) => {
    const found = await result();
    if (why) expect(found).toMatch(why);
    else expect(found).toBeUndefined();
  });

  test('a hold that nobody signed, and an end of one that one signed, do not count', async () => {
    const site = await Site.open();
    const { facts, installation } = site.ledger;
    const hold = 'h-000000000000';
    const certificate = await op.certify(installation, op.id, {
      deed: 'hold',
      hold,
      scope: 'person',
      of: op.id,
      recording: null,
      from: null,
      until: null,
      reason: 'legal',
    });
    const event = (action: string, person: string, detail: object): LedgerEvent =>
      ({
        seq: site.ledger.events,
        time: new Date(site.now).toISOString(),
        monoUs: 0,
        installation,
        action,
        person,
        aal: null,
        credential: null,
        detail,
      }) as LedgerEvent;
    expect(unentitledWhy(facts, event('hold.set', op.id, { hold, scope: 'person', of: op.id, reason: 'legal', ...certificate }))).toMatch(
      /nobody who may has signed/,
    );
    const id = await setHold(site.parts(aud), { of: op.id }, 'legal');
    const { seq: start } = facts.holds[0]!;
    const release = await sec.certify(installation, sec.id, { deed: 'release', hold: id, start, reason: 'closed' });
    expect(unentitledWhy(facts, event('hold.clear', sec.id, { hold: id, reason: 'closed', ...release }))).toMatch(/without an auditor and a security admin/);
    await site.ledger.append({ action: 'hold.clear', person: sec.id, detail: { hold: id, reason: 'closed', ...release } });
    expect(site.ledger.facts.holds).toHaveLength(1);
    await site.ledger.close();
  });
});

test('an auditor whom a security admin has made alone, with the other one out, ends no hold with them and deletes nothing: refused before it is entered, and passed over where it is', async () => {
  const site = await Site.open();
  const { ledger } = site;
  const recording = await site.record(op, 1);
  const hold = await setHold(site.parts(aud), { of: op.id }, 'legal');
  const out = { deed: 'state', person: sec2.id, state: 'disabled', record: null, after: null } as const;
  const certificate = await sec.certify(ledger.installation, sec.id, out);
  await ledger.append({ action: 'person.state', person: sec2.id, detail: { state: 'disabled', by: sec.id, ...certificate } });
  // Long after the days in which one who is left alone gives no such role.
  site.now = Date.now() - DAY_MS;
  const puppet = somebody('p-00000000000e');
  const facts = { encryptionKey: thumbprint(somebody(puppet.id).jwk), signingKey: thumbprint(puppet.jwk), record: 'a'.repeat(64), slots: 'b'.repeat(64) };
  const [keys, role] = await Promise.all([
    sec.certify(ledger.installation, sec.id, { deed: 'keys', person: puppet.id, after: null, ...facts }),
    sec.certify(ledger.installation, sec.id, { deed: 'roles', person: puppet.id, roles: ['auditor'], after: null }),
  ]);
  await ledger.append({ action: 'person.keys', person: puppet.id, detail: { ...facts, by: sec.id, ...keys } });
  await ledger.append({ action: 'person.roles', person: puppet.id, detail: { roles: ['auditor'], by: sec.id, ...role } });
  expect([ledger.facts.person(puppet.id)?.roles, ledger.facts.hand(puppet.id, new Date().toISOString())]).toEqual([['auditor'], sec.id]);

  const before = site.events().length;
  for (const [one, other] of [
    [sec, puppet],
    [puppet, sec],
  ] as const) {
    await expect(clearHold(site.parts(one, other), hold, 'closed')).rejects.toMatchObject({ code: 'second-needed' });
    await expect(deleteEarly(site.parts(one, other), recording, 'mistake')).rejects.toMatchObject({
      code: expect.stringMatching(/second-needed|not-deletable/),
    });
  }
  expect(site.events()).toHaveLength(before);
  // With the key of the installation it can be entered. It changes nothing, and whoever verifies is told.
  const asked = new Date(site.now).toISOString();
  const request = { deed: 'release', hold, start: ledger.facts.holds[0]!.seq, reason: 'closed', asked } as const;
  const [one, other] = await Promise.all([sec, puppet].map((each) => each.certify(ledger.installation, sec.id, request)));
  const both = { ...one!, second: puppet.id, secondKey: other!.byKey, secondSignature: other!.signature, asked };
  await ledger.append({ action: 'hold.clear', person: sec.id, detail: { hold, reason: 'closed', ...both } });
  expect(ledger.facts.holds.map(({ id }) => id)).toEqual([hold]);
  // Whom two have made is the other one, as before.
  await clearHold(site.parts(sec, aud), hold, 'closed');
  await expect(deleteEarly(site.parts(sec, puppet), recording, 'mistake')).rejects.toMatchObject({ code: 'second-needed' });
  expect(site.present(recording)).toBe(true);
  await ledger.close();
});

test('what somebody has put where files are being removed stays, whether it is held, living, a link to one or no recording at all', async () => {
  const site = await Site.open();
  const [gone, living, linked] = [await site.record(op, 1), await site.record(sec, 1), await site.record(sec, 1)];
  const removing = join(site.recordings, '.deleting');
  const segment = (folder: string): Buffer =>
    readFileSync(
      join(
        folder,
        readdirSync(folder).find((name) => statSync(join(folder, name)).size > 0)!,
      ),
    );
  const [before, whole] = [segment(join(site.recordings, living)), segment(join(site.recordings, linked))];
  mkdirSync(removing);
  // The event of the first one, and a link with its name; the second one itself; a file.
  const away = { home: { recordings: join(site.recordings, 'away') } };
  mkdirSync(join(site.recordings, 'away', gone), { recursive: true });
  await deleteEarly({ ...site.parts(sec, aud), ...away }, gone, 'mistake');
  symlinkSync(join('..', linked), join(removing, gone));
  renameSync(join(site.recordings, living), join(removing, living));
  writeFileSync(join(removing, 'a file'), 'x');
  expect((await finishDeletions(site.parts(sec))).map(({ recording }) => recording)).toEqual([gone]);
  expect(segment(join(removing, living))).toEqual(before);
  expect(segment(join(site.recordings, linked))).toEqual(whole);
  expect(site.present(gone)).toBe(false);
  await site.ledger.close();
});

test('what a crash left between the event and the files is taken away by the next run, and what a hold covers by then is not', async () => {
  const site = await Site.open();
  const [first, second] = [await site.record(op, 1), await site.record(sec, 1)];
  // The event, and no more.
  const away = { home: { recordings: join(site.recordings, 'away') } };
  for (const id of [first, second]) {
    mkdirSync(join(site.recordings, 'away', id), { recursive: true });
    await deleteEarly({ ...site.parts(sec, aud), ...away }, id, 'mistake');
  }
  expect([first, second].map((id) => site.present(id))).toEqual([true, true]);
  await setHold(site.parts(aud), { of: op.id }, 'legal');
  expect((await finishDeletions(site.parts(sec))).map(({ recording }) => recording)).toEqual([second]);
  expect([first, second].map((id) => site.present(id))).toEqual([true, false]);
  await site.ledger.close();
});
