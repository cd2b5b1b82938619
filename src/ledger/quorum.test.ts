/** One security admin, with as many keys of their own making as they like, against what takes two: named attacks, ordinary days, and long random walks. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { Role } from '../types/words.ts';
import { deedText, type DeedRequest } from './certificate.ts';
import { unentitledWhy } from './entitled.ts';
import { LedgerFacts } from './facts.ts';
import { BOUND_MS, WAIT_MS } from './quorum.ts';
import type { LedgerEvent } from './types.ts';

const installation = 'w-000000000001';
const BEGAN = Date.parse('2026-11-28T12:00:00.000Z');
const HOUR = 60 * 60 * 1000;
const hex = (letter: string): string => letter.repeat(64);
interface Keys {
  readonly privateKey: KeyObject;
  readonly point: string;
  readonly signingKey: string;
}
const made = new Map<string, Keys>();
/** @param generation how often they got others */
function keysOf(who: string, generation = 0): Keys {
  const name = `${who} ${generation}`;
  const known = made.get(name);
  if (known) return known;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
  const keys = { privateKey, point, signingKey: createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url') };
  made.set(name, keys);
  return keys;
}
const id = (letter: string): string => `p-00000000000${letter}`;
/** x is whoever tries; y and z decide too, and do nothing with them; o works; f and g are of x's own making. */
const [x, y, z, o, f, g] = ['a', 'b', 'c', 'd', 'e', 'f'].map(id) as [string, string, string, string, string, string];
const called: Readonly<Record<string, string>> = { [x]: 'x', [y]: 'y', [z]: 'z', [o]: 'o', [f]: 'f', [g]: 'g' };

let facts: LedgerFacts;
let now: number;
let seq: number;
let policies: number;
beforeEach(begin);
function begin(): void {
  [facts, now, seq, policies] = [new LedgerFacts(), BEGAN, 0, 0];
}
const moment = (): string => new Date(now).toISOString();

/** Puts it in, as whoever has the installation's key can. @returns whether it counted; `ledger verify` says the same */
function enter(event: Pick<LedgerEvent, 'action' | 'person' | 'detail'>, counts: () => boolean): boolean {
  const whole = { seq: seq++, time: moment(), installation, ...event } as unknown as LedgerEvent;
  const why = unentitledWhy(facts, whole);
  facts.take(whole);
  expect(why === undefined, why).toBe(counts());
  return why === undefined;
}
const generationOf = (who: string): number => facts.person(who)?.former.length ?? 0;
function signed(who: string, by: string, request: DeedRequest): { byKey: string; signature: string } {
  const { privateKey, point } = keysOf(who, generationOf(who));
  return { byKey: point, signature: sign('sha256', deedText(installation, by, request), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url') };
}
function both(by: string, second: string | undefined, request: DeedRequest): Record<string, string> {
  if (second === undefined) return { ...signed(by, by, request) };
  const asked = { ...request, asked: moment() } as DeedRequest;
  const other = signed(second, by, asked);
  return { ...signed(by, by, asked), second, secondKey: other.byKey, secondSignature: other.signature, asked: moment() };
}

function keys(who: string, by: string | undefined): boolean {
  const detail = { encryptionKey: who.padEnd(43, 'x'), signingKey: keysOf(who).signingKey, record: hex('e'), slots: hex('c') };
  const certificate = by === undefined ? {} : { by, ...signed(by, by, { deed: 'keys', person: who, after: null, ...detail }) };
  const at = seq;
  return enter({ action: 'person.keys', person: who, detail: { ...detail, ...certificate } }, () => facts.person(who)?.seq === at);
}
function roles(who: string, wanted: readonly Role[], by: string | undefined, second?: string): boolean {
  const request = { deed: 'roles', person: who, roles: wanted, after: facts.person(who)?.rolesSeq ?? null } as const;
  const at = seq;
  const certificate = by === undefined ? {} : { by, ...both(by, second, request) };
  return enter({ action: 'person.roles', person: who, detail: { roles: wanted, ...certificate } }, () => facts.person(who)?.rolesSeq === at);
}
function state(who: string, to: 'active' | 'disabled' | 'deleted', by: string): boolean {
  const record = to === 'deleted' ? hex('9') : null;
  const request = { deed: 'state', person: who, state: to, record, after: facts.person(who)?.stateSeq ?? null } as const;
  const at = seq;
  const detail = { state: to, ...(record === null ? {} : { record }), by, ...signed(by, by, request) };
  return enter({ action: 'person.state', person: who, detail }, () => facts.person(who)?.stateSeq === at);
}
function stop(who: string, to: 'stopped' | 'lifted', by: string): boolean {
  const reason = to === 'stopped' ? ('dismissal' as const) : null;
  const request = { deed: 'stop', person: who, to, reason, after: facts.person(who)?.stateSeq ?? null } as const;
  const at = seq;
  const detail = { to, ...(reason === null ? {} : { reason }), by, ...signed(by, by, request) };
  return enter({ action: 'person.stop', person: who, detail }, () => facts.person(who)?.stateSeq === at);
}
function station(to: 'stopped' | 'lifted', by: string): boolean {
  const reason = to === 'stopped' ? ('dismissal' as const) : null;
  const at = seq;
  const detail = { to, ...(reason === null ? {} : { reason }), by, ...signed(by, by, { deed: 'station', to, reason, after: facts.stationSeq }) };
  return enter({ action: 'station.stop', detail } as never, () => facts.stationSeq === at);
}
function rebind(who: string, by: string, second: string): boolean {
  const known = facts.person(who);
  const next = keysOf(who, generationOf(who) + 1);
  const detail = { encryptionKey: `new${seq}`.padEnd(43, 'x'), signingKey: next.signingKey, record: hex('e'), slots: hex('c') };
  const request = { deed: 'rebind', person: who, checked: 'staff-badge', after: known?.seq ?? null, ...detail } as const;
  const formerKey = keysOf(who, generationOf(who)).point;
  const at = seq;
  const event = { ...detail, change: 'rebound', checked: 'staff-badge', formerKey, by, ...both(by, second, request) };
  return enter({ action: 'person.keys', person: who, detail: event }, () => facts.person(who)?.seq === at);
}
/** @returns the number of the hold */
function hold(by: string): string {
  const request = { hold: `h-${String(seq).padStart(12, '0')}`, scope: 'person', of: x, recording: null, from: null, until: null, reason: 'legal' } as const;
  const { hold: name, scope, of, reason } = request;
  const detail = { hold: name, scope, of, reason, ...signed(by, by, { deed: 'hold', ...request }) };
  enter({ action: 'hold.set', person: by, detail }, () => facts.holds.some((one) => one.id === name));
  return name;
}
/** @param name of a hold that is in force */
function release(name: string, by: string, second: string): boolean {
  const request = { deed: 'release', hold: name, start: facts.holds.find((one) => one.id === name)!.seq, reason: 'closed' } as const;
  const detail = { hold: name, reason: request.reason, ...both(by, second, request) };
  return enter({ action: 'hold.clear', person: by, detail }, () => !facts.holds.some((one) => one.id === name));
}
function weaken(by: string | undefined, second?: string): boolean {
  const previousSha256 = facts.policy?.sha256 ?? '';
  const sha256 = createHash('sha256').update(`policy ${policies++}`).digest('hex');
  const certificate = by === undefined || second === undefined ? {} : both(by, second, { deed: 'policy', previousSha256, sha256 });
  const detail = { sha256, auditKeys: [], changes: ['lock.idleSeconds weaker 300 900'], ...certificate };
  return enter({ action: 'policy.change', ...(by === undefined ? {} : { person: by }), detail } as never, () => facts.policy?.sha256 === sha256);
}

/** Other files of the program than before. */
function accept(by: string, second?: string): boolean {
  const before = facts.integrity.baseline;
  const sha256 = createHash('sha256').update(`files ${policies++}`).digest('hex');
  const what = { sha256, version: '0.1.0', files: 3, checkout: false };
  const certificate = both(by, second, { deed: 'baseline', ...what, previousSha256: before?.sha256 ?? null, note: null, after: before?.seq ?? null });
  const detail = { ...what, ...(before ? { previousSha256: before.sha256 } : {}), ...certificate };
  return enter({ action: 'integrity.baseline', person: by, detail }, () => facts.integrity.baseline?.sha256 === sha256);
}

/** A place as it is begun: x, who enrols y alone, as there is nobody else; then z and o by both. */
function place(third = false): void {
  begin();
  keys(x, undefined);
  roles(x, ['operator', 'security'], undefined);
  weaken(undefined);
  expect([keys(y, x), roles(y, ['security'], x)]).toEqual([true, true]);
  if (third) expect([keys(z, x), roles(z, ['security'], x, y)]).toEqual([true, true]);
  expect([keys(o, x), roles(o, ['operator'], x, y)]).toEqual([true, true]);
}

test('with a second one the first one is no longer alone, and both are two from the first day', () => {
  place();
  expect([weaken(x), weaken(x, x), weaken(x, y), weaken(y, x)]).toEqual([false, false, true, true]);
});

test('the first files of the program are for one who may, others are for two', () => {
  place();
  expect([accept(o), accept(x), accept(y), accept(x, x), accept(x, o), accept(y, x), accept(x, y)]).toEqual([false, true, false, false, false, true, true]);
  // Also while the other one is out: whoever would be alone waits.
  state(y, 'disabled', x);
  expect(accept(x)).toBe(false);
  now += WAIT_MS;
  expect(accept(x)).toBe(true);
});

test('files are accepted once in the place of those before, by the one who has signed it', () => {
  begin();
  keys(x, undefined);
  roles(x, ['operator', 'security'], undefined);
  keys(o, x);
  accept(x);
  const first = facts.integrity.baseline!;
  const what = { sha256: hex('b'), version: '0.1.0', files: 3, checkout: false };
  const request = { deed: 'baseline', ...what, previousSha256: first.sha256, note: null, after: first.seq } as const;
  const certificate = signed(x, x, request);
  const enters = (person: string, detail: Record<string, unknown>): boolean =>
    enter({ action: 'integrity.baseline', person, detail } as never, () => facts.integrity.baseline?.seq === seq - 1);
  const good = { ...what, previousSha256: first.sha256, ...certificate };
  for (const change of [{ sha256: hex('c') }, { version: '0.2.0' }, { files: 4 }, { checkout: true }, { note: hex('d') }, { previousSha256: hex('e') }])
    expect(enters(x, { ...good, ...change }), JSON.stringify(change)).toBe(false);
  expect([enters(o, good), enters(x, { ...good, signature: 'A'.repeat(86) }), facts.integrity.baseline?.sha256]).toEqual([false, false, first.sha256]);
  expect([enters(x, good), facts.integrity.baseline?.sha256]).toEqual([true, hex('b')]);
  // What was signed once does not come back when the files before it are accepted again.
  const again = { sha256: first.sha256, version: '0.1.0', files: 3, checkout: false };
  const back = signed(x, x, { deed: 'baseline', ...again, previousSha256: hex('b'), note: null, after: facts.integrity.baseline!.seq });
  expect(enters(x, { ...again, previousSha256: hex('b'), ...back })).toBe(true);
  expect([enters(x, good), facts.integrity.baseline?.sha256]).toEqual([false, first.sha256]);
});

test('who puts the other one out makes nobody of their own, weakens nothing, and gets nobody’s keys, with the other one in again or not', () => {
  place();
  expect(state(y, 'disabled', x)).toBe(true);
  expect(keys(g, x)).toBe(true);
  expect([roles(g, ['security'], x), roles(g, ['auditor'], x), roles(g, ['custodian'], x), weaken(x), rebind(o, x, g)]).toEqual(Array(5).fill(false));
  // Whoever is to work today works.
  expect(roles(g, ['operator'], x)).toBe(true);
  expect(state(y, 'active', x)).toBe(true);
  expect([roles(g, ['security'], x), weaken(x), weaken(x, g), rebind(o, x, g), rebind(y, x, g)]).toEqual(Array(5).fill(false));
});

test.each<[string, () => boolean]>([
  ['disabled', () => state(y, 'disabled', x)],
  ['deleted', () => state(y, 'deleted', x)],
  ['stopped', () => stop(y, 'stopped', x)],
  ['without the role', () => roles(y, ['operator'], x)],
])(
  'for a week after the other one is %s nobody decides alone what takes two, by whatever clock; then one does, and whoever they make counts as them',
  (_, out) => {
    place();
    keys(g, x);
    expect(out()).toBe(true);
    // A clock that is set back shortens nothing.
    now -= 30 * 24 * HOUR;
    expect(weaken(x)).toBe(false);
    now = BEGAN + WAIT_MS - 1;
    expect([weaken(x), roles(g, ['security'], x)]).toEqual([false, false]);
    now = BEGAN + WAIT_MS;
    expect([weaken(x), roles(g, ['security'], x)]).toEqual([true, true]);
    expect(facts.hand(g, moment())).toBe(x);
    expect([weaken(x, g), rebind(o, x, g), stop(o, 'stopped', x), stop(o, 'lifted', g), station('stopped', g), station('lifted', x)]).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
    now = BEGAN + WAIT_MS + BOUND_MS - 1;
    expect(weaken(x, g)).toBe(false);
    now += 1;
    expect([facts.hand(g, moment()), weaken(x, g)]).toEqual([g, true]);
  },
);

test('when the other one is back, only they and who put them out are two; both together make whoever came meanwhile one who counts', () => {
  place();
  keys(g, x);
  state(y, 'disabled', x);
  now += WAIT_MS;
  expect([roles(g, ['security'], x), state(y, 'active', x)]).toEqual([true, true]);
  expect([weaken(x), weaken(g), weaken(x, g), weaken(g, x), rebind(y, x, g), rebind(o, g, x)]).toEqual(Array(6).fill(false));
  expect([weaken(x, y), weaken(g, y), roles(g, ['security'], x, g), roles(g, ['security'], x, y)]).toEqual([true, true, false, true]);
  expect([facts.hand(g, moment()), weaken(x, g), rebind(o, x, g)]).toEqual([g, true, true]);
});

test('a hand of a hand is the same hand, and who takes a role and gives it back has made nobody theirs', () => {
  place();
  for (const one of [f, g]) keys(one, x);
  state(y, 'disabled', x);
  now += WAIT_MS;
  roles(f, ['security'], x);
  expect([roles(g, ['security'], f), facts.hand(g, moment())]).toEqual([true, x]);
  // Who was put there first is nobody’s hand, whoever gives them back what they had.
  expect([roles(x, [], f), roles(x, ['security'], g), facts.hand(x, moment())]).toEqual([true, true, x]);
  state(y, 'active', x);
  expect([roles(y, [], x), roles(y, ['security'], x), facts.hand(y, moment())]).toEqual([true, true, y]);
  expect([weaken(f, g), weaken(x, g), weaken(x)]).toEqual([false, false, false]);
});

test('of three one is put out at once, and the other two are two', () => {
  place(true);
  expect([state(y, 'disabled', x), weaken(x), weaken(x, z), roles(o, ['operator', 'emergency'], z, x)]).toEqual([true, false, true, true]);
});

test('an auditor of one’s own making ends no hold with who made them, for 90 days; one whom two have made does, and two make that one who counts', () => {
  place();
  const a = id('9');
  for (const one of [a, g]) keys(one, x);
  expect([roles(a, ['auditor'], x, y), facts.hand(a, moment())]).toEqual([true, a]);
  expect([release(hold(a), x, a), release(hold(x), a, x)]).toEqual([true, true]);
  state(y, 'disabled', x);
  expect(roles(g, ['auditor'], x)).toBe(false);
  now += WAIT_MS;
  expect([roles(g, ['auditor'], x), facts.hand(g, moment())]).toEqual([true, x]);
  const held = hold(x);
  expect([release(held, x, g), release(held, g, x), release(held, x, x), release(held, x, y)]).toEqual([false, false, false, false]);
  // The same roles once more, by the same one, or with another beside them, are no way round.
  expect([roles(g, ['auditor', 'custodian'], x), release(held, x, g), roles(g, ['auditor'], x), release(held, x, g)]).toEqual([true, false, true, false]);
  expect([release(held, x, a), facts.hand(a, moment())]).toEqual([true, a]);
  const again = hold(x);
  now += BOUND_MS - 1;
  expect(release(again, x, g)).toBe(false);
  state(y, 'active', x);
  expect([roles(g, ['auditor'], x, y), facts.hand(g, moment()), release(again, x, g)]).toEqual([true, g, true]);
});

test('who is an auditor by one alone and becomes a security admin by that one begins the 90 days anew; who audited before is nobody’s hand for what somebody takes', () => {
  place();
  keys(g, x);
  state(y, 'disabled', x);
  now += WAIT_MS;
  roles(g, ['auditor'], x);
  now += BOUND_MS - HOUR;
  expect([roles(g, ['security'], x), facts.hand(g, moment())]).toEqual([true, x]);
  now += 2 * HOUR;
  expect([facts.hand(g, moment()), weaken(x, g)]).toEqual([x, false]);
  // Back to daily work: nobody’s hand, and nobody’s second.
  expect([roles(g, ['operator'], x), facts.hand(g, moment()), weaken(x, g)]).toEqual([true, g, false]);
});

test('a place that never had a second one is one person’s, on the first day too', () => {
  begin();
  keys(x, undefined);
  roles(x, ['operator', 'security'], undefined);
  weaken(undefined);
  keys(o, x);
  expect([roles(o, ['operator', 'custodian'], x), weaken(x)]).toEqual([true, true]);
});

/** What x does, with every key that they have. */
type Act = {
  readonly kind: string;
  readonly by: number;
  readonly second: number | undefined;
  readonly who: number;
  readonly roles: readonly Role[];
  readonly hours: number;
};
const everybody = [x, y, z, o, f, g];
const theirs = [x, f, g];
const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom('roles', 'roles', 'active', 'disabled', 'deleted', 'stopped', 'lifted', 'station', 'rebind', 'weaken', 'weaken', 'accept', 'release'),
  by: fc.nat(theirs.length - 1),
  second: fc.option(fc.nat(theirs.length - 1), { nil: undefined, freq: 1 }),
  who: fc.nat(everybody.length - 1),
  roles: fc.constantFrom<readonly Role[]>(['security'], ['security'], ['security', 'custodian'], ['operator'], ['auditor'], []),
  hours: fc.constantFrom(0, 0, 1, 24, 8 * 24),
});
function does({ kind, by: n, second: m, who: k, roles: wanted }: Act): boolean {
  const [by, second, who] = [theirs[n]!, m === undefined ? undefined : theirs[m]!, everybody[k]!];
  if (kind === 'roles') return roles(who, wanted, by, second);
  if (kind === 'active' || kind === 'disabled' || kind === 'deleted') return state(who, kind, by);
  if (kind === 'stopped' || kind === 'lifted') return stop(who, kind, by);
  if (kind === 'station') return station(facts.stationStop ? 'lifted' : 'stopped', by);
  if (kind === 'rebind') return rebind(who, by, second ?? by);
  if (kind === 'accept') return accept(by, second);
  if (kind === 'release') return facts.holds.length > 0 && release(facts.holds[0]!.id, by, second ?? by);
  return weaken(by, second);
}

test('random acts of one admin with keys of their own: nothing that takes two is done by them alone', () => {
  let [alone, tried, ghosts] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(act, { minLength: 5, maxLength: 40 }), fc.boolean(), fc.constantFrom('in', 'out', 'long out'), (acts, third, begins) => {
      place(third);
      for (const one of [f, g]) keys(one, x);
      hold(y);
      accept(y);
      const honest = third ? [y, z] : [y];
      // Most of the walks begin where whoever else decides was put out.
      if (begins !== 'in') for (const one of honest) state(one, 'disabled', x);
      const decides = (who: string): boolean => facts.deciders().includes(who);
      /** Since when nobody but x decides here; undefined where somebody does. */
      let since = begins === 'in' ? undefined : now;
      if (begins === 'long out') now += WAIT_MS;
      for (const one of acts) {
        now = Math.min(now + one.hours * HOUR, BEGAN + BOUND_MS - 1);
        const who = everybody[one.who]!;
        const before = { stoppedBy: facts.person(who)?.stoppedBy, station: facts.stationStop?.by, roles: facts.person(who)?.roles ?? [] };
        const mayAlone = since !== undefined && now - since >= WAIT_MS;
        const done = does(one);
        tried++;
        const trace = `${called[theirs[one.by]!]} ${one.kind} ${called[who]} ${one.roles.join('+')}`;
        if (done && (one.kind === 'weaken' || one.kind === 'accept')) {
          alone++;
          expect(mayAlone, trace).toBe(true);
        }
        if (one.kind === 'rebind' || one.kind === 'release') expect(done, trace).toBe(false);
        if (done && one.kind === 'lifted') expect(theirs.includes(before.stoppedBy!), trace).toBe(false);
        if (done && one.kind === 'station') expect(before.station, trace).toBeUndefined();
        if (done && one.kind === 'roles' && (who === f || who === g) && one.roles.some((role) => role !== 'operator' && !before.roles.includes(role))) {
          ghosts++;
          expect(mayAlone, trace).toBe(true);
        }
        since = honest.some(decides) ? undefined : (since ?? now);
      }
      // What a snapshot keeps says the same.
      const kept = JSON.parse(JSON.stringify(facts.state())) as ReturnType<LedgerFacts['state']>;
      expect(JSON.parse(JSON.stringify(LedgerFacts.from(kept).state()))).toEqual(kept);
    }),
    { numRuns: 200 },
  );
  // It was tried often, and what one who is alone may do was done.
  expect([tried > 1500, alone > 20, ghosts > 5]).toEqual([true, true, true]);
});
