/** The one table and the one function that asks it, walked: every row that can be asked for, every set of roles, every state. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requests } from '../bridge/schema.ts';
import { auditParentService, auditService } from '../audit/service.ts';
import { ptyParentService, ptyService } from '../pty/service.ts';
import { vaultParentService, vaultService } from '../vault/service.ts';
import { commandsFor } from '../cli/commands/index.ts';
import { verbs } from '../control/verbs.ts';
import { checkEntry } from '../ledger/events.ts';
import { commands } from '../mux/commands/index.ts';
import { roles, type Role } from '../types/words.ts';
import { grant, NOW, roleSets, standings } from './access.fixture.ts';
import {
  denialOf,
  denials,
  emergencyGrantOf,
  grantOf,
  isSealed,
  permissionNames,
  permissions,
  separationOf,
  type Permission,
  type Phase,
  type Standing,
} from './index.ts';

/** Answers of whoever is at the keyboard. */
const answers = ['request.answer'];
const everybody = [
  'page.stand',
  'process.keep',
  'app.status',
  'app.lock',
  'app.show',
  'evidence.read',
  'policy.propose',
  'recording.recover',
  'anchor.send',
  'sink.send',
  'recording.replay.key',
];
/** What an emergency opens, and nothing else of a person’s. */
const inEmergency = ['session.open', 'session.use', 'recording.replay.own'];
const securityInside = [
  'installation.rotate',
  'baseline.accept',
  'policy.accept',
  'person.enrol',
  'person.disable',
  'person.delete',
  'person.rebind',
  'person.decide',
  'person.stop',
  'station.stop',
  'stop.lift',
  'role.grant',
  'host.forget',
];

/** The table written a second time, by hand, with what it has to be: a change of it is a change here, and somebody's thought. */
const written: Readonly<Record<string, readonly [when: readonly Phase[], roles: readonly string[] | 'anyone']>> = {
  ...Object.fromEntries(everybody.map((name) => [name, [['first-run', 'locked', 'open'], 'anyone']])),
  ...Object.fromEntries(inEmergency.map((name) => [name, [['open'], ['operator', 'emergency']]])),
  'recording.export.own': [['open'], ['operator']],
  'recording.import': [['open'], ['operator']],
  ...Object.fromEntries(answers.map((name) => [name, [['open'], 'anyone']])),
  ...Object.fromEntries(securityInside.map((name) => [name, [['open'], ['security']]])),
  ...Object.fromEntries(
    ['audit.look', 'alert.close', 'hold.set', 'hold.clear', 'retention.run', 'evidence.delete'].map((name) => [name, [['open'], ['auditor', 'security']]]),
  ),
  'host.profile': [['locked', 'open'], 'anyone'],
  'review.own': [['open'], ['operator', 'auditor', 'security']],
  'logoff.end-held': [['open'], ['operator', 'auditor', 'security']],
  'review.everybody': [['open'], ['auditor', 'security']],
  'recording.review': [['open'], ['auditor']],
  'ledger.review': [['open'], ['auditor']],
  'recording.look': [['open'], ['operator', 'emergency', 'auditor']],
  'recording.replay.others': [['open'], ['auditor']],
  'recording.export.others': [['open'], ['auditor']],
  'recording.export': [['open'], ['operator', 'auditor']],
  'recording.unmask': [['open'], ['auditor']],
  'ledger.verify': [['open'], ['operator', 'auditor', 'security']],
  'audit-key.prove': [['open'], ['auditor', 'security', 'custodian']],
  'audit-key.rewrap': [['open'], ['security', 'custodian']],
  'vault.slot.add': [['open'], ['operator', 'auditor', 'security', 'custodian', 'emergency']],
  'vault.slot.change': [['open'], ['operator', 'auditor', 'security', 'custodian', 'emergency']],
  'command.give': [['open'], ['operator', 'auditor', 'security', 'custodian', 'emergency']],
  'installation.create': [['first-run'], 'anyone'],
  'identity.unlock': [['locked', 'open'], 'anyone'],
  'selftest.run': [['locked', 'open'], 'anyone'],
  'backup.make': [['locked', 'open'], 'anyone'],
  'backup.restore': [['first-run', 'locked', 'open'], 'anyone'],
  'session.record': [
    ['locked', 'open'],
    ['operator', 'emergency'],
  ],
  'break-glass.start': [['open'], ['operator', 'emergency']],
  'break-glass.extend': [['open'], ['emergency']],
  'break-glass.drill': [['open'], ['emergency']],
  'break-glass.review': [['open'], ['auditor']],
  'consent.accept': [['open'], roles],
  'reason.give': [['open'], roles],
};

/** What whoever came in with one factor may do where the policy asks for two, on the way to a second one. */
const enrolling = ['command.give', 'vault.slot.add', 'vault.slot.change', 'consent.accept', 'reason.give'];
/** What a passphrase alone does for by no door where the policy asks for two factors. */
const sealed = [
  'session.open',
  'session.use',
  'recording.replay.own',
  'recording.look',
  'recording.replay.others',
  'recording.export.others',
  'recording.export',
  'recording.unmask',
  'recording.export.own',
  'vault.slot.add',
  'vault.slot.change',
];

/** Whoever is not listed may not. */
function may(needs: Permission, { phase, grant: held }: Standing): boolean {
  const [when, who] = written[needs] ?? [[], []];
  if (!when.includes(phase)) return false;
  if (who === 'anyone') return true;
  return held !== undefined && held.roles.some((role) => who.includes(role)) && (!held.enrols || enrolling.includes(needs));
}

/** Every row of ours that can be asked for. */
const rows: readonly (readonly [name: string, needs: Permission])[] = [
  ...Object.entries(requests).map(([name, { needs }]) => [`request ${name}`, needs] as const),
  ...commands.map(({ name, needs }) => [`command ${name}`, needs] as const),
  ...Object.entries(verbs).map(([name, { needs }]) => [`verb ${name}`, needs] as const),
  ...[vaultService, vaultParentService, ptyService, ptyParentService, auditService, auditParentService].flatMap((service) =>
    Object.entries(service).map(([name, { needs }]) => [`message ${name}`, needs] as const),
  ),
  ...(await commandsFor([])).flatMap(({ name, needs }) =>
    typeof needs === 'string' ? [[`wardmux ${name}`, needs] as const] : Object.entries(needs).map(([part, one]) => [`wardmux ${name} ${part}`, one] as const),
  ),
];

describe('the table', () => {
  test('it is the one that was thought of', () => {
    expect(Object.fromEntries(Object.entries(permissions).map(([name, row]) => [name, [row.when, row.roles]]))).toEqual(written);
    expect(permissionNames.filter((name) => 'enrols' in permissions[name]).toSorted()).toEqual(enrolling.toSorted());
    expect(permissionNames.filter(isSealed).toSorted()).toEqual(sealed.toSorted());
  });

  test('every row that can be asked for names one of its permissions', () => {
    expect(rows.length).toBeGreaterThan(60);
    for (const [name, needs] of rows) expect(permissionNames, name).toContain(needs);
  });

  test('every permission is one that a row needs', () => {
    const needed = new Set(rows.map(([, needs]) => needs));
    expect(permissionNames.filter((name) => !needed.has(name))).toEqual([]);
  });

  test('the way in asks for no role: whoever is no operator can unlock too', () => {
    const way = [
      requests['lock.passphrase'],
      requests['lock.passkey'],
      requests.hello,
      vaultService.unlockPassphrase,
      vaultService.unlockPasskey,
      vaultService.proveUnlock,
    ];
    for (const { needs } of way)
      for (const held of roleSets)
        for (const phase of ['locked', 'open'] as const) expect(denialOf(needs, { phase, grant: grant(held) }, NOW), needs).toBeUndefined();
  });

  test.each(rows)('%s: exactly who the table lists, in each state', (_name, needs) => {
    for (const standing of standings) {
      const denial = denialOf(needs, standing, NOW);
      expect(denial === undefined, `${needs} ${JSON.stringify(standing)}`).toBe(may(needs, standing));
      if (denial) expect([denial.needs, denial.sentence.startsWith(denials[denial.why]), denial.person]).toEqual([needs, true, standing.grant?.person]);
      // Whose roles are not enough hears what they are not enough for.
      if (denial?.why === 'not-permitted') expect(denial.sentence.slice(denials['not-permitted'].length)).toContain(permissions[needs].help.slice(1));
    }
  });

  test('whose roles are not enough hears who could, in words', () => {
    const sentence = (needs: Permission): string | undefined => denialOf(needs, { phase: 'open', grant: grant([]) }, NOW)?.sentence;
    expect(sentence('audit.look')).toMatch(/with names\. Who may: an auditor, a security admin\.$/);
    expect(sentence('session.open')).toMatch(/ Who may: an operator, who has broken the glass\.$/);
  });

  test('whoever came in with one factor where two are asked for enrols a second one, and hears why nothing else is done', () => {
    const standing: Standing = { phase: 'open', grant: grant(roles, { enrols: true }) };
    for (const needs of permissionNames) {
      const free = permissions[needs].roles === 'anyone' || enrolling.includes(needs);
      if (permissions[needs].when.includes('open' as never)) expect(denialOf(needs, standing, NOW)?.why, needs).toBe(free ? undefined : 'second-factor');
    }
  });

  test('nothing of a person’s is done while nobody is in: not seen, not played, not exported, not accepted', () => {
    const own = permissionNames.filter((name) => permissions[name].roles !== 'anyone' && name !== 'session.record');
    expect(own).toEqual(expect.arrayContaining(['session.use', 'recording.replay.own', 'recording.export.own', 'policy.accept', 'vault.slot.add']));
    for (const needs of own)
      for (const standing of standings) if (standing.phase !== 'open') expect(denialOf(needs, standing, NOW), `${needs} ${standing.phase}`).toBeDefined();
  });

  test('a name that was only given opens nothing, whatever roles it has', () => {
    for (const needs of permissionNames) {
      if (permissions[needs].roles === 'anyone') continue;
      expect(denialOf(needs, { phase: 'open', grant: grant(roles, { method: 'named' }) }, NOW), needs).toBeDefined();
    }
  });

  test('a grant counts for nothing from its end on', () => {
    fc.assert(
      fc.property(fc.constantFrom(...permissionNames), fc.integer({ min: -1000, max: 1000 }), (needs, left) => {
        const standing: Standing = { phase: 'open', grant: grant(['operator'], { until: NOW + left }) };
        expect(denialOf(needs, standing, NOW) === undefined).toBe(may(needs, standing) && (left > 0 || permissions[needs].roles === 'anyone'));
      }),
    );
  });

  test('who decides about people and policy reaches no content, and who reads reaches no people and no policy', () => {
    const content = permissionNames.filter((name) => name.startsWith('recording.') || name.startsWith('session.'));
    const admin = [...securityInside];
    for (const [role, never] of [
      ['security', content],
      ['auditor', [...admin, 'session.open', 'session.use', 'session.record']],
      ['custodian', [...admin, ...content, 'ledger.verify', 'review.everybody', 'audit.look', 'hold.clear', 'evidence.delete']],
    ] as const)
      for (const name of never) {
        const row = permissions[name as Permission];
        if (row.roles === 'anyone') continue;
        expect(denialOf(name as Permission, { phase: 'open', grant: grant([role]) }, NOW)?.why, `${role} ${name}`).toBe('not-permitted');
      }
  });

  test('nobody holds what is kept apart, whatever else they hold', () => {
    for (const held of roleSets.slice(0, 2 ** roles.length) as readonly (readonly Role[])[])
      expect(separationOf(held) !== undefined, held.join()).toBe(held.includes('security') && held.includes('auditor'));
  });

  test('the role of emergencies is in force in an emergency alone, and there no other is: nothing of an admin’s or an auditor’s, and no export', () => {
    const all = { id: 'p-0123456789ab', roles };
    expect(grantOf(all, 'passphrase')).toMatchObject({ roles: ['operator', 'auditor', 'security', 'custodian'], breakGlass: null, reason: 'none' });
    const granted = emergencyGrantOf(all, 'passphrase', 'system-down', 'b-0123456789ab');
    const may = permissionNames.filter((name) => permissions[name].roles !== 'anyone' && denialOf(name, { phase: 'open', grant: granted }, NOW) === undefined);
    const own = ['vault.slot.add', 'vault.slot.change', 'consent.accept', 'command.give', 'reason.give'];
    expect(may.toSorted()).toEqual(
      [...inEmergency, ...own, 'recording.look', 'session.record', 'break-glass.start', 'break-glass.extend', 'break-glass.drill'].toSorted(),
    );
    const ordinary = grantOf({ id: all.id, roles: ['emergency'] }, 'passphrase');
    for (const name of inEmergency) expect(denialOf(name as Permission, { phase: 'open', grant: ordinary }, NOW)?.why).toBe('not-permitted');
  });

  test('what is not in the table nobody may do', () => {
    for (const needs of ['', 'constructor', '__proto__', 'session.use '] as unknown[] as Permission[])
      for (const standing of standings) expect(denialOf(needs, standing, NOW)?.why).toBe('not-permitted');
  });

  test('each denial is an event that the ledger takes', () => {
    for (const needs of permissionNames)
      for (const standing of standings) {
        const denial = denialOf(needs, standing, NOW);
        if (!denial) continue;
        const { why, person } = denial;
        checkEntry({ action: 'access.denied', ...(person === undefined ? {} : { person }), detail: { door: 'page', needs, why } });
      }
  });
});
