/**
 * A working day of five people of five roles, and of those beside them, at one window: shift change, parked shells, a lost key, a take-over, a dismissal,
 * an audit, an export, held shells, break-glass at night and its review in the morning. In the end the ledger alone is read, and tells the day as it was.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { grantRoles } from '../../src/services/people/people.ts';
import { brings } from '../support/brings.ts';
import { runHere, type Printed } from '../support/run-here.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { auditKeyName, initialise } from './initialised.ts';
import { forAudit } from '../support/disclosure.ts';
import { entered, paneText, passphrase, prompt, run, start, until, type Running } from './support.ts';

/** By first names; each has a passphrase of their own. */
const words: Record<string, string> = {
  Mara: passphrase,
  Kim: 'marble canyon drizzle hammock violet',
  Jo: 'violin harbour seven lanterns moss',
  Ben: 'ribbon falcon cobalt meadow trumpet',
  Lea: 'copper kettle orchard sandal mist',
  Cleo: 'juniper anchor velvet cinder plum',
  Envelope: 'tundra pepper gondola willow brass',
};
const josNew = 'saffron pelican harvest mirror dune';
const names: Record<string, string> = {
  Mara: 'Mara Ueda',
  Kim: 'Kim Olsen',
  Jo: 'Jo Varga',
  Ben: 'Ben Ito',
  Lea: 'Lea Brandt',
  Cleo: 'Cleo Nwosu',
  Envelope: 'Envelope Ward 7',
};

let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

interface Event {
  readonly action: string;
  readonly person?: string;
  readonly outcome?: string;
  readonly detail: Record<string, unknown>;
}

test('the ledger alone tells the working day of five roles right', { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  const home = join(folder, 'home');
  const auditKey = join(folder, auditKeyName);
  /** What was done, in the order in which it was: the ledger has to say the same. */
  const day: string[] = [];
  const events = (): Event[] => entered({ home }).map((event) => ({ detail: {}, ...event }));

  // ---------------------------------------------------------------- before the day: who belongs here
  await asAdmin(home, 0, words['Mara']!, (parts) => enrolOther(parts, names['Kim']!, words['Kim']!, ['security']));
  day.push('Mara enrolled Kim: security');
  const roles = { Jo: 'operator', Ben: 'operator', Lea: 'auditor', Cleo: 'custodian', Envelope: 'emergency' } as const;
  const both = [1, words['Kim']!] as const;
  for (const [name, role] of Object.entries(roles)) {
    await asAdmin(home, 0, words['Mara']!, (parts) => enrolOther(parts, names[name]!, words[name]!, [role]), both);
    day.push(`Mara and Kim enrolled ${name}: ${role}`);
  }
  // Daily work is not for who decides: less than before is for one.
  const people = (): string[] => [...new Set(events().flatMap(({ action, person }) => (action === 'person.keys' ? [person!] : [])))];
  await asAdmin(home, 1, words['Kim']!, (parts) => grantRoles(parts, people()[0]!, ['security']));
  day.push('Kim enrolled Mara: security');
  const idOf = (name: string): string => people()[Object.keys(names).indexOf(name)]!;

  running = await start({ folder });
  const { app, clock } = running;
  const page = () => running!.page;
  const poster = async (): Promise<string> => (await page().textContent('.poster')) ?? '';
  const passed = async (seconds: number, step = 1): Promise<void> => {
    for (let n = 0; n < seconds; n += step) {
      clock.advance(step * 1000);
      await app.tick();
    }
  };
  const told = async (text: string): Promise<void> => page().getByText(text).first().waitFor();

  /** A command, as its person types it. @param who whose passphrases it is given, by the options that take them */
  const command = async (line: readonly string[], who: Readonly<Record<string, string>> = {}): Promise<Printed> => {
    const fds = Object.entries(who).flatMap(([option, text], n) => {
      const path = join(folder, `typed-${n}`);
      writeFileSync(path, `${text}\n`);
      return [option, String(openSync(path, 'r'))];
    });
    return runHere([...line, ...fds], { home, place: folder });
  };
  const mara = { '--passphrase-fd': words['Mara']! };
  const maraAndKim = { ...mara, '--second-passphrase-fd': words['Kim']! };
  const two = ['--person', idOf('Mara'), '--second', idOf('Kim')];
  const cameIn = (...who: string[]): void => void day.push(...who.map((name) => `${name} came in`));
  const applyPolicy = async (change: (lock: Record<string, unknown>) => void): Promise<void> => {
    const path = join(folder, 'wanted.json');
    const policy = JSON.parse(readFileSync(join(home, 'policy.json'), 'utf8')) as { lock: Record<string, unknown> };
    change(policy.lock);
    writeFileSync(path, JSON.stringify(policy, null, 2));
    expect(await command(['policy', 'apply', path, ...two], maraAndKim)).toMatchObject({ status: 0 });
    cameIn('Mara', 'Kim');
    day.push('Mara and Kim changed the policy');
    await passed(6);
  };

  const typeIn = async (name: string, typed: string): Promise<void> => {
    await running!.surface('lock');
    const who = page().locator('#who');
    await who.waitFor();
    await who.fill(names[name]!);
    await page().keyboard.press('Enter');
    const field = page().locator('input[type=password]');
    await field.waitFor();
    await field.fill(typed);
    await page().keyboard.press('Enter');
  };
  const comeIn = async (name: string, typed = words[name]!): Promise<void> => {
    await typeIn(name, typed);
    await running!.surface('workspace');
    await prompt(running!);
    cameIn(name);
  };
  const failToComeIn = async (name: string, typed: string, why: string): Promise<void> => {
    await typeIn(name, typed);
    await until(async () => /did not open it/.test((await page().textContent('.poster__err')) ?? ''), 'the refusal');
    await page().keyboard.press('Escape');
    day.push(`${name} did not come in: ${why}`);
  };
  const lock = async (name: string): Promise<void> => {
    await app.lock('hotkey');
    await running!.surface('lock');
    day.push(`${name} locked: hotkey`);
  };
  const recordingsOf = (name: string): string[] =>
    events().flatMap(({ action, person, detail }) => (action === 'recording.start' && person === idOf(name) ? [detail['recording'] as string] : []));

  // ---------------------------------------------------------------- 07:00, the shift changes
  await comeIn('Jo');
  day.push('Jo opened a shell');
  await run(running, 'MINE=seven; echo jo-$((40+2))', 'jo-42');
  await applyPolicy((policy) => Object.assign(policy, { listParked: true, idleSeconds: 600 }));
  await lock('Jo');
  await comeIn('Ben');
  day.push('Jo parked with 1', 'Ben opened a shell');
  expect(await paneText(running)).not.toContain('jo-42');
  await run(running, 'HIS=nine; echo "ben-$((40+3)) ${MINE:-unset}"', 'ben-43 unset');
  await lock('Ben');
  await page().locator('#who').waitFor();
  await until(async () => /J\. V\./.test(await poster()) && /B\. I\./.test(await poster()), 'whose shells run on');
  expect(await poster()).not.toMatch(/Varga|Ito/);
  await comeIn('Jo');
  day.push('Ben parked with 1');
  await until(async () => (await paneText(running!)).includes('jo-42'), 'her own screen');
  expect(await paneText(running)).not.toContain('ben-43');
  await lock('Jo');

  // ---------------------------------------------------------------- at lunch she loses everything that opens hers
  await failToComeIn('Jo', 'something she made up on the spot', 'wrong-passphrase');
  const before = recordingsOf('Jo');
  const rebind = ['person', 'rebind', names['Jo']!, '--checked', 'staff-badge'];
  expect(await command([...rebind, '--person', idOf('Mara')], { ...mara, '--new-passphrase-fd': josNew })).toMatchObject({ status: 1 });
  expect(await command([...rebind, ...two], { ...maraAndKim, '--new-passphrase-fd': josNew })).toMatchObject({ status: 0 });
  cameIn('Mara', 'Kim');
  day.push('Mara and Kim gave Jo new keys: staff-badge');
  await passed(6);
  // Her shell was sealed to what she had: nobody could look at it any more.
  await until(() => events().some(({ action, person }) => action === 'session.logoff' && person === idOf('Jo')), 'her logoff');
  day.push('Jo logged off: new-keys, ended 1, held 0');
  await failToComeIn('Jo', words['Jo']!, 'wrong-passphrase');
  await comeIn('Jo', josNew);
  day.push('Jo opened a shell');
  await told('you got new keys');
  await run(running, 'AGAIN=two; echo again-$((40+4))', 'again-44');
  expect(await paneText(running)).not.toContain('jo-42');
  // What she recorded before opens with the audit key of its policy, and not with what she has now.
  const mine = ['--person', idOf('Jo')];
  expect((await command(['play', before[0]!, '--raw', ...mine], { '--passphrase-fd': josNew })).status).not.toBe(0);
  cameIn('Jo');
  day.push('Jo could not play one of Jo');
  await lock('Jo');

  // ---------------------------------------------------------------- 13:00, whoever comes in takes over, and what runs is held
  await applyPolicy((policy) => Object.assign(policy, { takeOver: true, holdShells: true }));
  await comeIn('Ben');
  await until(() => events().some(({ action, detail }) => action === 'session.logoff' && detail['cause'] === 'takeover'), 'the take-over');
  day.push('Ben took over from Jo', 'Jo logged off: takeover, ended 0, held 1');
  await until(async () => (await paneText(running!)).includes('ben-43'), 'his own screen');

  // ---------------------------------------------------------------- 14:00, he is dismissed, while he is in
  expect(await command(['person', 'disable', names['Ben']!, '--person', idOf('Kim')], { '--passphrase-fd': words['Kim']! })).toMatchObject({ status: 0 });
  cameIn('Kim');
  day.push('Kim made Ben disabled');
  await passed(6);
  await running.surface('lock');
  await until(() => events().some(({ action, person }) => action === 'session.logoff' && person === idOf('Ben')), 'his logoff');
  day.push('Ben locked: policy', 'Ben logged off: person, ended 1, held 0');
  await failToComeIn('Ben', words['Ben']!, 'disabled');

  // ---------------------------------------------------------------- 15:00, somebody looks at what he did, on the record; and who may not, does not
  expect(await command(['audit-key', 'prove', auditKey, '--person', idOf('Lea')], { '--passphrase-fd': words['Lea']! })).toMatchObject({ status: 0 });
  cameIn('Lea');
  day.push('Lea proved the audit key');
  const seen = await command(['play', recordingsOf('Ben')[0]!, '--raw', '--key', auditKey]);
  expect(seen).toMatchObject({ status: 0, out: expect.stringContaining('ben-43') as unknown });
  day.push('an audit key played one of Ben');
  expect((await command(['play', before[0]!, '--raw', '--key', auditKey])).out).toContain('jo-42');
  day.push('an audit key played one of Jo');
  expect(await command(['person', 'disable', names['Lea']!, '--person', idOf('Cleo')], { '--passphrase-fd': words['Cleo']! })).not.toMatchObject({ status: 0 });
  cameIn('Cleo');
  day.push('Cleo may not: person.disable');

  // ---------------------------------------------------------------- 18:00, her shell is there again, and is held over the night
  await comeIn('Jo', josNew);
  await told('ran on, recorded');
  await until(async () => (await paneText(running!)).includes('again-44'), 'her screen of before he took over');
  await run(running, 'NIGHT=long; echo evening-$((40+5))', 'evening-45');
  const [, second] = recordingsOf('Jo');
  const bundle = join(folder, 'bundle');
  expect(await command(['export', second!, '-o', bundle, ...forAudit, ...mine], { '--passphrase-fd': josNew })).toMatchObject({ status: 0 });
  cameIn('Jo');
  day.push('Jo exported one of Jo');
  const auditor = join(folder, 'auditor');
  expect(await command(['trust', '--verifier', auditor])).toMatchObject({ status: 0 });
  const trust = join(auditor, 'trust.json');
  expect(JSON.parse(readFileSync(trust, 'utf8'))).toMatchObject({
    persons: expect.arrayContaining([expect.objectContaining({ id: idOf('Jo'), former: [expect.anything()] })]) as unknown,
  });
  expect(await command(['verify', bundle, '--trust', trust])).toMatchObject({ status: 0 });
  execFileSync('python3', [join(auditor, 'verify.py'), bundle, '--trust', trust], { stdio: 'pipe' });
  await lock('Jo');
  await passed(31 * 60, 60);
  await until(() => events().some(({ action, detail }) => action === 'session.logoff' && detail['held'] === 1), 'her logoff for the night');
  day.push('Jo logged off: logoff, ended 0, held 1');

  // ---------------------------------------------------------------- 03:00, an emergency
  await page().locator('#who').waitFor();
  await brings(() => page().keyboard.press('Control+g'), page().locator('.glassform'));
  await page().keyboard.press('2');
  await page().keyboard.type('Interface engine down');
  for (const text of [names['Envelope']!, words['Envelope']!]) {
    await page().keyboard.press('Tab');
    await page().keyboard.type(text);
  }
  await page().keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
  cameIn('Envelope');
  day.push('Envelope broke the glass: system-down', 'Envelope opened a shell');
  await run(running, 'echo glass-$((40+6))', 'glass-46');
  expect(await paneText(running)).not.toContain('evening-45');
  await page()
    .getByRole('button', { name: /^End now/ })
    .click();
  await running.surface('lock');
  await until(() => events().some(({ action, person }) => action === 'pane.close' && person === idOf('Envelope')), 'the end of its shell');
  day.push('Envelope locked: command', 'the emergency of Envelope ended: ended');
  await passed(2);
  await page().locator('.siren').waitFor();

  // ---------------------------------------------------------------- in the morning somebody else reviews it
  const emergency = events().find(({ action }) => action === 'breakglass.start')!.detail['breakGlass'] as string;
  const review = ['breakglass', 'review', emergency, '--finding', 'justified', '--person'];
  expect(await command([...review, idOf('Envelope')], { '--passphrase-fd': words['Envelope']! })).not.toMatchObject({ status: 0 });
  cameIn('Envelope');
  day.push('Envelope may not: break-glass.review');
  expect(await command([...review, idOf('Lea')], { '--passphrase-fd': words['Lea']! })).toMatchObject({ status: 0 });
  cameIn('Lea');
  day.push('Lea reviewed the emergency of Envelope: justified');
  await passed(6);
  await page().locator('.siren').waitFor({ state: 'detached' });
  await comeIn('Jo', josNew);
  await told('ran on, recorded');
  await until(async () => (await paneText(running!)).includes('evening-45'), 'her screen of the evening');
  expect(await paneText(running)).not.toContain('glass-46');
  await run(running, 'echo "night-$NIGHT"', 'night-long');
  await lock('Jo');

  // ---------------------------------------------------------------- and the ledger alone
  const verified = await command(['ledger', 'verify', '--json']);
  expect(verified).toMatchObject({ status: 0 });
  const register = JSON.parse((await command(['report', 'people', '--json'])).out) as {
    people: { newKeys: { by: string; second: string; checked: string }[] }[];
  };
  expect(register.people.map(({ newKeys }) => newKeys.map(({ by, second: other, checked }) => [by, other, checked]))).toEqual(
    Object.keys(names).map((name) => (name === 'Jo' ? [[idOf('Mara'), idOf('Kim'), 'staff-badge']] : [])),
  );
  for (const kind of ['access', 'lock', 'people']) expect(await command(['report', kind])).toMatchObject({ status: 0 });
  expect(await command(['list'])).toMatchObject({ status: 0 });
  const listed = JSON.parse((await command(['person', 'list', '--json'])).out) as { name: string; roles: string[]; state: string }[];
  expect(listed.map(({ name, roles: held, state }) => `${name}: ${held.join()} ${state}`)).toEqual([
    'Mara Ueda: security active',
    'Kim Olsen: security active',
    'Jo Varga: operator active',
    'Ben Ito: operator disabled',
    'Lea Brandt: auditor active',
    'Cleo Nwosu: custodian active',
    'Envelope Ward 7: emergency active',
  ]);
  expect(storyOf(events(), Object.keys(names))).toEqual(day);
});

/** What the events say was done, in words; what of them is about files, processes and heads is not part of the story. */
function storyOf(events: readonly Event[], firstNames: readonly string[]): string[] {
  const ids: string[] = [];
  const owners = new Map<unknown, string | undefined>();
  const nameOf = (id: unknown): string => firstNames[ids.indexOf(id as string)] ?? String(id);
  const emergencies = new Map<unknown, string | undefined>();
  const tellers: Readonly<Record<string, (event: Event) => string | undefined>> = {
    'person.keys': ({ person, detail: { change, by, second, checked } }) => {
      if (!ids.includes(person!)) ids.push(person!);
      return change === 'rebound' ? `${nameOf(by)} and ${nameOf(second)} gave ${nameOf(person)} new keys: ${String(checked)}` : undefined;
    },
    'person.roles': ({ person, detail: { roles, by, second } }) =>
      by === undefined ? undefined : `${nameOf(by)}${second === undefined ? '' : ` and ${nameOf(second)}`} enrolled ${nameOf(person)}: ${String(roles)}`,
    'person.state': ({ person, detail: { by, state } }) => `${nameOf(by)} made ${nameOf(person)} ${String(state)}`,
    'policy.change': ({ person, detail: { second } }) => (second === undefined ? undefined : `${nameOf(person)} and ${nameOf(second)} changed the policy`),
    unlock: ({ person, outcome, detail: { reason } }) =>
      outcome === 'success' ? `${nameOf(person)} came in` : `${nameOf(person)} did not come in: ${String(reason)}`,
    lock: ({ person, detail: { cause } }) => `${nameOf(person)} locked: ${String(cause)}`,
    'pane.open': ({ person }) => `${nameOf(person)} opened a shell`,
    'session.park': ({ person, detail: { shells } }) => `${nameOf(person)} parked with ${String(shells)}`,
    'session.takeover': ({ person, detail: { of } }) => `${nameOf(person)} took over from ${nameOf(of)}`,
    'session.logoff': ({ person, detail: { cause, ended, held } }) =>
      `${nameOf(person)} logged off: ${String(cause)}, ended ${String(ended)}, held ${String(held)}`,
    'recording.start': ({ person, detail: { recording } }) => void owners.set(recording, person),
    play: ({ person, outcome, detail: { recording } }) => {
      const whose = nameOf(owners.get(recording));
      return person === undefined
        ? `an audit key played one of ${whose}`
        : `${nameOf(person)} ${outcome === 'success' ? 'played' : 'could not play'} one of ${whose}`;
    },
    export: ({ person, detail: { recording } }) => `${nameOf(person)} exported one of ${nameOf(owners.get(recording))}`,
    'audit-key.proven': ({ person }) => `${nameOf(person)} proved the audit key`,
    'access.denied': ({ person, detail: { needs } }) => `${nameOf(person)} may not: ${String(needs)}`,
    'breakglass.start': ({ person, detail: { breakGlass, reason } }) => {
      emergencies.set(breakGlass, person);
      return `${nameOf(person)} broke the glass: ${String(reason)}`;
    },
    'breakglass.end': ({ detail: { breakGlass, cause } }) => `the emergency of ${nameOf(emergencies.get(breakGlass))} ended: ${String(cause)}`,
    'breakglass.review': ({ person, detail: { breakGlass, finding } }) =>
      `${nameOf(person)} reviewed the emergency of ${nameOf(emergencies.get(breakGlass))}: ${String(finding)}`,
  };
  return events.flatMap((event) => (Object.hasOwn(tellers, event.action) ? (tellers[event.action]!(event) ?? []) : []));
}
