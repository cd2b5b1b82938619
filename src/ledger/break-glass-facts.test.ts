/** Emergencies by the ledger's events: each rule with the event that breaks it, signed with real keys; what is passed over, `ledger verify` names. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { thumbprint } from '../recording/wrap.ts';
import type { Role } from '../types/words.ts';
import { nextEmergencies } from './break-glass-facts.ts';
import { drillText, emergencyText, keysText, reviewText, rolesText } from './certificate.ts';
import { unentitledWhy } from './entitled.ts';
import { LedgerFacts } from './facts.ts';
import type { LedgerEvent } from './types.ts';

const installation = 'w-000000000001';
const GLASS = 'b-000000000001';
const OTHER = 'b-000000000002';

interface Somebody {
  readonly id: string;
  readonly key: KeyObject;
  readonly byKey: string;
  readonly signingKey: string;
}
function somebody(letter: string): Somebody {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const byKey = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
  return { id: `p-00000000000${letter}`, key: privateKey, byKey, signingKey: thumbprint({ kty: 'EC', crv: 'P-256', x, y }) };
}
/** Ada decides over people; Eve has the envelope; Jo and Kim are operators; Uma and Vic are auditors, Vic an operator too. */
const [ada, eve, jo, kim, uma, vic] = ['a', 'e', '1', '2', 'c', 'd'].map(somebody) as [Somebody, Somebody, Somebody, Somebody, Somebody, Somebody];
const hex = '5'.repeat(64);

const signed = (who: Somebody, text: Uint8Array): string => sign('sha256', text, { key: who.key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
const certificate = (who: Somebody, text: Uint8Array) => ({ byKey: who.byKey, signature: signed(who, text) });

/** A ledger as its facts see it. */
class Site {
  readonly facts = LedgerFacts.from();
  #seq = 0;

  constructor() {
    for (const [who, roles] of [
      [ada, ['operator', 'security']],
      [eve, ['emergency']],
      [jo, ['operator']],
      [kim, ['operator']],
      [uma, ['auditor']],
      [vic, ['operator', 'auditor']],
    ] as const)
      this.#enrol(who, roles);
  }

  #enrol(who: Somebody, roles: readonly Role[]): void {
    const by = who === ada ? undefined : ada;
    const facts = { encryptionKey: who.signingKey, signingKey: who.signingKey, record: hex, slots: hex };
    const whom = { installation, person: who.id, by: ada.id, after: null };
    this.do('person.keys', who, { ...facts, ...(by && { by: by.id, ...certificate(by, keysText({ ...whom, ...facts })) }) });
    this.do('person.roles', who, { roles, ...(by && { by: by.id, ...certificate(by, rolesText({ ...whom, roles })) }) });
  }

  /** Enters an event. @returns why it could not be so; undefined where it counts. */
  do(action: string, who: Somebody | undefined, detail: LedgerEvent['detail'] = {}, minutes = 0): string | undefined {
    const time = new Date(Date.UTC(2026, 10, 28, 3, minutes)).toISOString();
    const person = who === undefined ? {} : { person: who.id };
    const event: LedgerEvent = { seq: this.#seq++, time, monoUs: null, installation, action, ...person, aal: null, credential: null, detail };
    const why = unentitledWhy(this.facts, event);
    this.facts.take(event);
    return why;
  }

  get after(): number | null {
    return this.facts.emergencies.all.at(-1)?.seq ?? null;
  }

  request(breakGlass = GLASS) {
    return { installation, breakGlass, reason: 'system-down', text: null, after: this.after };
  }

  /** What the envelope enters, with what the test would have otherwise. */
  alone(more: object = {}, who = eve, id = GLASS) {
    const base = { breakGlass: id, reason: 'system-down', minutes: 60 };
    return { ...base, ...certificate(who, emergencyText({ ...this.request(id), by: who.id })), ...more };
  }

  together(first: Somebody, second: Somebody) {
    const two = certificate(second, emergencyText({ ...this.request(), by: second.id }));
    return { ...this.alone({}, first), second: second.id, secondKey: two.byKey, secondSignature: two.signature };
  }

  begin(): void {
    expect(this.do('breakglass.start', eve, this.alone())).toBeUndefined();
  }
  end(): void {
    expect(this.do('breakglass.end', eve, { breakGlass: GLASS, cause: 'ended' })).toBeUndefined();
  }
  reviewed(by: Somebody, finding = 'justified') {
    const { seq: start } = this.facts.emergencies.all[0]!;
    return { breakGlass: GLASS, finding, ...certificate(by, reviewText({ installation, breakGlass: GLASS, start, finding, by: by.id })) };
  }
}

test('who has the role begins one alone, two operators together; it is extended once, ends, is told of and reviewed by somebody else', () => {
  const site = new Site();
  expect(site.do('breakglass.start', jo, site.together(jo, kim))).toBeUndefined();
  expect(site.facts.emergency).toMatchObject({ id: GLASS, person: jo.id, second: kim.id, reason: 'system-down', extended: false });
  const recording = { recording: '20261128-030000-00000001', role: 'emergency', reason: 'system-down', breakGlass: GLASS };
  expect(site.do('recording.start', jo, recording)).toBeUndefined();
  expect(site.do('breakglass.extend', jo, { breakGlass: GLASS, minutes: 60 })).toBeUndefined();
  expect(site.do('breakglass.end', jo, { breakGlass: GLASS, cause: 'expired' })).toBeUndefined();
  expect(site.facts.emergency).toBeUndefined();
  expect(site.do('breakglass.alert', undefined, { breakGlass: GLASS, anchor: 'siem', kind: 'syslog' })).toBeUndefined();
  expect(site.do('breakglass.review', uma, site.reviewed(uma))).toBeUndefined();
  expect(site.facts.emergencies.all).toMatchObject([{ extended: true, end: { cause: 'expired' }, alerted: ['siem'], review: { by: uma.id } }]);
  expect(LedgerFacts.from(JSON.parse(JSON.stringify(site.facts.state())) as ReturnType<LedgerFacts['state']>).state()).toEqual(site.facts.state());
  // The next one is signed to follow it: what was signed for the first is good for no other.
  const old = site.alone();
  expect(site.do('breakglass.start', eve, { ...old, breakGlass: OTHER })).toContain('have signed for it');
  expect(site.do('breakglass.start', eve, site.alone({}, eve, OTHER))).toBeUndefined();
});

test('an auditor whom who was in it has made alone reviews nothing of theirs, as long as they count as that one', () => {
  const site = new Site();
  site.begin();
  site.end();
  const of = (to: string, until: string) => ({ person: (id: string) => ({ ...site.facts.person(id)!, ...(id === uma.id ? { bound: { to, until } } : {}) }) });
  const event = (minutes: number): LedgerEvent => {
    const time = new Date(Date.UTC(2026, 10, 28, 3, minutes)).toISOString();
    const detail = site.reviewed(uma);
    return { seq: 99, time, monoUs: null, installation, action: 'breakglass.review', person: uma.id, aal: null, credential: null, detail };
  };
  const look = (to: string, minutes: number) => nextEmergencies(site.facts.emergencies, event(minutes), of(to, '2026-11-28T03:30:00.000Z'));
  expect(look(eve.id, 29)).toContain('alone has put there');
  expect(look(eve.id, 30)).toMatchObject({ all: [{ review: { by: uma.id } }] });
  expect(look(ada.id, 29)).toMatchObject({ all: [{ review: { by: uma.id } }] });
});

test.each<[string, (site: Site) => string | undefined, string]>([
  ['an operator alone', (site) => site.do('breakglass.start', jo, site.alone({}, jo)), 'have signed for it'],
  ['an admin alone', (site) => site.do('breakglass.start', ada, site.alone({}, ada)), 'have signed for it'],
  ['an operator twice', (site) => site.do('breakglass.start', jo, site.together(jo, jo)), 'have signed for it'],
  ['an operator with an auditor', (site) => site.do('breakglass.start', jo, site.together(jo, uma)), 'have signed for it'],
  ['the envelope’s signature under another name', (site) => site.do('breakglass.start', jo, site.alone()), 'have signed for it'],
  ['another reason than was signed', (site) => site.do('breakglass.start', eve, site.alone({ reason: 'patient-safety' })), 'have signed for it'],
  ['other words than were signed', (site) => site.do('breakglass.start', eve, site.alone({ text: hex })), 'have signed for it'],
  ['no reason of the list', (site) => site.do('breakglass.start', eve, site.alone({ reason: 'none' })), 'does not say'],
  ['a longer time', (site) => site.do('breakglass.start', eve, site.alone({ minutes: 600 })), 'does not say'],
  ['one while another runs', (site) => (site.begin(), site.do('breakglass.start', eve, site.alone({}, eve, OTHER))), 'which has no end'],
  ['the same one again', (site) => (site.begin(), site.end(), site.do('breakglass.start', eve, site.alone())), 'a second time'],
  [
    'a second extension',
    (site) => {
      site.begin();
      site.do('breakglass.extend', eve, { breakGlass: GLASS, minutes: 60 });
      return site.do('breakglass.extend', eve, { breakGlass: GLASS, minutes: 60 });
    },
    'a second time',
  ],
  [
    'an extension of one that is over',
    (site) => (site.begin(), site.end(), site.do('breakglass.extend', eve, { breakGlass: GLASS, minutes: 60 })),
    'does not run',
  ],
  ['an extension by somebody else', (site) => (site.begin(), site.do('breakglass.extend', jo, { breakGlass: GLASS, minutes: 60 })), 'does not run'],
  ['an end of none', (site) => site.do('breakglass.end', eve, { breakGlass: GLASS, cause: 'ended' }), 'does not run'],
  ['an end by somebody else', (site) => (site.begin(), site.do('breakglass.end', jo, { breakGlass: GLASS, cause: 'ended' })), 'does not run'],
  ['a review of one that runs', (site) => (site.begin(), site.do('breakglass.review', uma, site.reviewed(uma))), 'before it is over'],
  ['a review by an operator', (site) => (site.begin(), site.end(), site.do('breakglass.review', jo, site.reviewed(jo))), 'nobody who may'],
  ['a review that another auditor signed', (site) => (site.begin(), site.end(), site.do('breakglass.review', uma, site.reviewed(vic))), 'nobody who may'],
  [
    'another finding than was signed',
    (site) => (site.begin(), site.end(), site.do('breakglass.review', uma, { ...site.reviewed(uma), finding: 'not-justified' })),
    'nobody who may',
  ],
  [
    'a second review',
    (site) => (site.begin(), site.end(), site.do('breakglass.review', uma, site.reviewed(uma)), site.do('breakglass.review', vic, site.reviewed(vic))),
    'a second time',
  ],
  [
    'a review by who was in it',
    (site) => {
      site.do('breakglass.start', vic, site.together(vic, jo));
      site.do('breakglass.end', vic, { breakGlass: GLASS, cause: 'ended' });
      return site.do('breakglass.review', vic, site.reviewed(vic));
    },
    'who was in it',
  ],
  [
    'a review by the second one',
    (site) => {
      site.do('breakglass.start', jo, site.together(jo, vic));
      site.do('breakglass.end', jo, { breakGlass: GLASS, cause: 'ended' });
      return site.do('breakglass.review', vic, site.reviewed(vic));
    },
    'who was in it',
  ],
  [
    'a recording of an emergency that is over',
    (site) => (site.begin(), site.end(), site.do('recording.start', eve, { role: 'emergency', reason: 'system-down', breakGlass: GLASS })),
    'did not run',
  ],
  [
    'somebody else’s recording in it',
    (site) => (site.begin(), site.do('recording.start', jo, { role: 'emergency', reason: 'system-down', breakGlass: GLASS })),
    'did not run',
  ],
  ['a recording in that role without one', (site) => site.do('recording.start', eve, { role: 'emergency', reason: 'none' }), 'outside of one'],
  [
    'a drill of an operator',
    (site) => site.do('breakglass.drill', jo, certificate(jo, drillText({ installation, person: jo.id, after: null }))),
    'is a drill that nobody',
  ],
])('%s counts for nothing', (_, act, why) => {
  const site = new Site();
  const fault = act(site);
  expect(fault).toContain(why);
});

test('a drill counts once', () => {
  const site = new Site();
  const first = certificate(eve, drillText({ installation, person: eve.id, after: null }));
  expect(site.do('breakglass.drill', eve, first)).toBeUndefined();
  expect(site.facts.drill(eve.id)).toMatchObject({ person: eve.id });
  expect(site.do('breakglass.drill', eve, first)).toContain('drill');
});
