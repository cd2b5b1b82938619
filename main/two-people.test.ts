/** Two people at one app: whose panes are whose, what each is told, and what somebody hears who does not exist. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WorkspaceView } from '../src/types/workspace-view.ts';
import { enrol, grantRoles, prepareEnrolment, setState } from '../src/services/people/people.ts';
import { stopPerson, stopStation } from '../src/services/emergency/stop.ts';
import { acceptAsItStands } from '../src/policy/force.fixture.ts';
import { dismissed, listKey, signedList } from '../src/revocation/list.fixture.ts';
import { newScryptParameters } from '../src/crypto/kdf.ts';
import { asAda, rig, type Rig } from './app.fixture.ts';
import { waitFor } from '../test/support/wait-for.ts';

const ADA = 'Ada Example';
const JO = 'Jo Varga';

type Posted = {
  readonly id?: number;
  readonly event?: string;
  readonly payload?: unknown;
  readonly output?: unknown;
  readonly error?: { readonly code: string };
};

async function two(): Promise<Rig> {
  return rig({ setUp: true, second: JO });
}
const since = (made: Rig, from: number): readonly Posted[] => (made.posted as readonly Posted[]).slice(from);
const views = (made: Rig, from: number): WorkspaceView[] =>
  since(made, from).flatMap(({ event, payload }) => (event === 'view' ? [payload as WorkspaceView] : []));
const panesOf = (view: WorkspaceView): number[] => view.windows.flatMap(({ panes }) => panes.map(({ pane }) => pane));

/** Lets somebody in, and their page say hello. @returns how much had been posted before. */
async function enter(made: Rig, name: string): Promise<number> {
  const from = made.posted.length;
  made.ask('lock.passphrase', { person: name });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  await waitFor(() => expect(since(made, from).some(({ event }) => event === 'status')).toBe(true));
  made.ask('workspace.size', { cols: 120, rows: 40 });
  await waitFor(() => expect(views(made, from).at(-1)?.windows[0]?.panes[0]?.state).toBe('live'));
  return from;
}
const events = (made: Rig): { readonly action: string; readonly person?: string; readonly detail?: Record<string, unknown> }[] =>
  readFileSync(join(made.home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"action"'))
    .map((line) => JSON.parse(line) as { action: string });

test('each has their own windows; another’s run on parked, and nothing of them is told to whoever is in', async () => {
  const made = await two();
  const first = await enter(made, ADA);
  made.ask('command', { line: 'rename-window bed-12' });
  await waitFor(() => expect(views(made, first).at(-1)?.windows[0]?.name).toBe('bed-12'));
  const adas = panesOf(views(made, first).at(-1)!);
  await made.app.lock('hotkey');

  const second = await enter(made, 'jo varga');
  const jos = panesOf(views(made, second).at(-1)!);
  expect(jos.filter((pane) => adas.includes(pane))).toEqual([]);
  // What Jo's page asks of Ada's pane is about a pane that is not there.
  const asked = made.posted.length;
  made.ask('export.plan', { ticket: 1, pane: adas[0] });
  made.ask('verify.pane', { pane: adas[0] });
  await waitFor(() => expect(since(made, asked).filter(({ error }) => error?.code === 'no-recording')).toHaveLength(2));
  // A trouble of Ada's, and her program's end, while Jo is in.
  made.ptySays({ type: 'fault', pane: adas[0], sentence: 'The folder /home/ada/bed-12 cannot be entered.' });
  made.ptySays({ type: 'exit', pane: adas[0], code: 3, signal: 0 });
  await waitFor(() => expect(events(made).filter(({ action }) => action === 'pane.close')).toHaveLength(1));
  const told = JSON.stringify(since(made, second));
  expect(told).not.toContain('bed-12');
  for (const view of views(made, second)) expect(panesOf(view)).toEqual(jos);
  expect(await made.app.socket.handlers.status()).toMatchObject({ shells: 1 });
  await made.app.lock('hotkey');

  // Ada finds hers as she left it, with what came of it; Jo's is not there.
  const third = made.posted.length;
  made.ask('lock.passphrase', { person: ADA });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  await waitFor(() => expect(views(made, third)[0]?.windows[0]).toMatchObject({ name: 'bed-12' }));
  expect(panesOf(views(made, third)[0]!)).toEqual(adas);
});

test('the ledger names the right one at each step', async () => {
  const made = await two();
  for (const [name, shells] of [
    [ADA, 1],
    [JO, 2],
    [ADA, 2],
  ] as const) {
    await enter(made, name);
    await waitFor(() => expect(events(made).filter(({ action }) => action === 'pane.open')).toHaveLength(shells));
    await made.app.lock('hotkey');
  }
  const all = events(made);
  const [ada, jo] = all.flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
  expect(
    all.flatMap(({ action, person, detail }) => (action === 'unlock' || action === 'lock' ? [[action, detail?.['failures'] ?? '-', person]] : [])),
  ).toEqual([
    ['unlock', 0, ada],
    ['lock', '-', ada],
    ['unlock', 0, jo],
    ['lock', '-', jo],
    ['unlock', 0, ada],
    ['lock', '-', ada],
  ]);
  expect(all.filter(({ action }) => action === 'pane.open').map(({ person }) => person)).toEqual([ada, jo]);
});

test('who wants to be locked out sooner wants it for themselves alone, also where the next one opens no shells', async () => {
  const made = await rig({ setUp: true, second: JO, secondRoles: ['security'] });
  const idle = (from: number): number | undefined =>
    since(made, from)
      .flatMap(({ event, payload }) => (event === 'status' ? [(payload as { readonly idleSeconds: number }).idleSeconds] : []))
      .at(-1);
  const first = await enter(made, ADA);
  const policys = idle(first)!;
  expect(policys).toBeGreaterThan(60);
  made.ask('command', { line: 'set-option -g lock-after-time 60' });
  await waitFor(async () => {
    await made.app.tick();
    expect(idle(first)).toBe(60);
  });
  await made.app.lock('hotkey');
  const second = made.posted.length;
  made.ask('lock.passphrase', { person: JO });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  await answerTo(made, 'hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  await waitFor(() => expect(idle(second)).toBe(policys));
  await made.app.lock('hotkey');
  expect(idle(await enter(made, ADA))).toBe(60);
});

test('a security admin without a shell comes in, is told what they may do, and has the commands of it: nothing of that is entered as denied', async () => {
  const made = await rig({ setUp: true, second: JO, secondRoles: ['security'] });
  const from = made.posted.length;
  made.ask('lock.passphrase', { person: JO });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  await answerTo(made, 'hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  const { permits } = since(made, from).find(({ event }) => event === 'status')!.payload as { permits: string[] };
  expect(permits).toEqual(expect.arrayContaining(['command.give', 'evidence.read', 'person.stop', 'vault.slot.change', 'app.lock']));
  expect(permits).not.toContain('session.use');
  const given = made.posted.length;
  for (const line of ['command-prompt', 'people', 'key-slots', 'posture', 'show-messages', 'list-keys', 'theme dark'])
    expect((await answerTo(made, 'command', { line })).output, line).toEqual({});
  const opened = since(made, given).flatMap(({ event, payload }) => (event === 'client' ? [payload as { band?: string; theme?: string }] : []));
  expect(opened.map(({ band, theme }) => band ?? theme)).toEqual(['prompt', 'people', 'key-slots', 'posture', 'messages', 'keys', 'dark']);
  expect(events(made).filter(({ action }) => action === 'access.denied')).toEqual([]);
  // What their roles do not permit is refused in the core, whoever asks: it is said what it was, and entered.
  expect((await answerTo(made, 'command', { line: 'new-window' })).output).toMatchObject({
    refused: true,
    message: expect.stringContaining('recorded shell') as string,
  });
  expect((await answerTo(made, 'command', { line: 'set-option mouse off' })).output).toMatchObject({ refused: true });
  await waitFor(() =>
    expect(events(made).flatMap(({ action, detail }) => (action === 'access.denied' ? [[detail!['door'], detail!['needs']]] : []))).toEqual([
      ['command', 'session.open'],
      ['command', 'session.use'],
    ]),
  );
  expect(views(made, from)).toEqual([]);
  await made.app.lock('hotkey');
  expect((await answerTo(made, 'command', { line: 'people' })).error).toBeDefined();
});

async function answerTo(made: Rig, request: string, input: unknown): Promise<Posted> {
  const from = made.posted.length;
  const asked = made.ask(request, input);
  return waitFor(() => {
    const found = since(made, from).find(({ id }) => id === asked);
    if (!found) throw new Error('no answer yet');
    return found;
  });
}

test('the lock page names nobody, and somebody who does not exist is answered, held back and waited for like somebody who does', async () => {
  const made = await two();
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ typed: true, people: [], failures: 0, backOffSeconds: 0 });
  const shapes = [];
  for (const person of [JO, 'nobody']) {
    const { output } = await answerTo(made, 'lock.passkeyOptions', { person });
    const { challenge: _, allowCredentials, extensions, ...rest } = output as { challenge: string; allowCredentials: { id: string }[]; extensions: object };
    const again = (await answerTo(made, 'lock.passkeyOptions', { person })).output as { allowCredentials: unknown };
    expect(again.allowCredentials).toEqual(allowCredentials);
    shapes.push({ rest, ids: allowCredentials.map(({ id }) => id.length), extensions: Object.keys(extensions) });
  }
  expect(shapes[0]).toEqual(shapes[1]);
  for (let n = 0; n < 5; n++) expect((await answerTo(made, 'lock.wait', { person: 'nobody' })).output).toEqual({ seconds: 0, failures: 0 });
});

test('who is disabled, or has other roles now, by a command in another process is out within seconds, and their shell runs on', async () => {
  const made = await two();
  await enter(made, JO);
  const jo = events(made).findLast(({ action }) => action === 'unlock')!.person!;
  await asAda(made, (parts) => grantRoles(parts, jo, ['operator', 'custodian']));
  for (let second = 0; second < 6 && made.app.surface === 'workspace'; second++) {
    made.clock.now += 1000;
    await made.app.tick();
  }
  await waitFor(() => expect(made.shown.at(-1)).toBe('lock'));
  expect(events(made).findLast(({ action }) => action === 'lock')).toMatchObject({ person: jo, detail: { cause: 'policy' } });
  expect(await made.app.socket.handlers.status()).toMatchObject({ shells: 1, locked: true });
});

test('a name is the same one however it is written, whether somebody is called so or not', async () => {
  const made = await rig({ setUp: true, second: JO, falseProof: () => new Uint8Array(32) });
  const failures = (): number => made.posted.filter(({ error }) => error?.code === 'not-proven').length;
  for (const name of [JO, 'Nobody Here']) {
    const [first, last] = name.split(' ');
    const spellings = [name, name.toLowerCase(), name.toUpperCase(), ` ${first}  ${last} `, `${first}\u00a0${last}`];
    const asked = new Set<string>();
    for (const person of spellings) {
      const { output } = await answerTo(made, 'lock.passkeyOptions', { person });
      asked.add(JSON.stringify((output as { allowCredentials: unknown }).allowCredentials));
    }
    expect(asked.size, name).toBe(1);
    const before = failures();
    for (const [n, person] of spellings.entries()) {
      made.ask('lock.passphrase', { person });
      await waitFor(() => expect(failures()).toBe(before + n + 1));
    }
    for (const person of spellings) expect((await answerTo(made, 'lock.wait', { person })).output, person).toMatchObject({ failures: spellings.length });
  }
});

test('a damaged record keeps out whose it is and nobody else, and is one event; with a record gone nobody becomes the only one', async () => {
  const made = await two();
  const [, jo] = events(made).flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
  const path = join(made.home, 'people', `${jo}.json`);
  const facts = { typed: true, people: [], flags: expect.arrayContaining([expect.stringContaining('gone or damaged')]) as unknown };
  writeFileSync(path, '{');
  for (let n = 0; n < 2; n++) expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject(facts);
  expect((await answerTo(made, 'lock.passkeyOptions', { person: ADA })).output).toMatchObject({ allowCredentials: [{ type: 'public-key' }] });
  const refused = (): unknown[] => events(made).flatMap(({ action, person, detail }) => (action === 'person.refused' ? [[person, detail]] : []));
  await waitFor(() => expect(refused()).toEqual([[jo, { reason: 'damaged' }]]));
  made.ask('lock.passphrase', { person: jo });
  await waitFor(() => expect(made.posted.some(({ error }) => error?.code === 'corrupt-vault')).toBe(true));
  await enter(made, ADA);
  await made.app.lock('hotkey');
  rmSync(path);
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject(facts);
});

test('a record with another’s keys in it: a try by name is refused with its sentence, as an event, and takes nobody’s tries; an admin who comes in is told', async () => {
  const made = await two();
  const [ada, jo] = events(made).flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
  const path = (id: string): string => join(made.home, 'people', `${id}.json`);
  writeFileSync(path(jo!), readFileSync(path(ada!), 'utf8').replaceAll(ada!, jo!).replaceAll(ADA, JO));
  const refused = (): unknown[] => ofAction(made, 'person.refused').map(({ person, detail }) => [person, detail]);
  expect((await answerTo(made, 'lock.passphrase', { person: 'jo varga' })).error).toMatchObject({
    code: 'changed-person',
    sentence: expect.stringContaining('Restore it from a backup') as string,
  });
  await waitFor(() => expect(refused()).toEqual([[jo, { reason: 'keys' }]]));
  expect(ofAction(made, 'unlock.attempt')).toEqual([]);
  await waitFor(() => expect(ofAction(made, 'unlock')).toMatchObject([{ person: jo, detail: { reason: 'changed-person' } }]));
  const from = await enter(made, ADA);
  const notices = (): string[] => since(made, from).flatMap(({ event, payload }) => (event === 'notice' ? [(payload as { sentence: string }).sentence] : []));
  await waitFor(() => expect(notices()).toContainEqual(expect.stringContaining(`${jo}.json holds other keys`)));
  await waitFor(() => expect(refused()).toHaveLength(2));
  const { people } = (await answerTo(made, 'people.list', {})).output as { people: { id: string; name: string | null; fault: string | null }[] };
  expect(people.find(({ id }) => id === jo)).toMatchObject({ name: null, fault: expect.stringContaining('other keys') as string });
  expect(people.find(({ id }) => id === ada)).toMatchObject({ name: ADA, fault: null });
});

test('whoever is disabled is known by their name: their tries are theirs, with the reason, and nobody else’s', async () => {
  const made = await two();
  await asAda(made, (parts) => setState(parts, parts.ledger.facts.people()[1]!, 'disabled'));
  const [, jo] = events(made).flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
  for (const person of ['jo varga', jo]) {
    const from = made.posted.length;
    made.ask('lock.passphrase', { person });
    await waitFor(() => expect(since(made, from).flatMap(({ error }) => error?.code ?? [])).toEqual(['wrong-passphrase']));
    await waitFor(() => expect(ofAction(made, 'unlock').at(-1)).toMatchObject({ person: jo, detail: { reason: 'disabled' } }));
    expect(ofAction(made, 'unlock').at(-1)!.detail).not.toHaveProperty('crowd');
  }
  expect(ofAction(made, 'unlock.attempt').map(({ person }) => person)).toEqual([jo, jo]);
});

test.each([
  ['its events are', 'ledger/events.jsonl'],
  ['its folder is', 'ledger'],
])('where %s moved away, so that nobody can be asked whether they may still be in, it is said, and it locks', async (_, name) => {
  const made = await two();
  const from = await enter(made, JO);
  const path = join(made.home, name);
  renameSync(path, `${path}.away`);
  for (let second = 0; second < 12 && made.app.surface === 'workspace'; second++) {
    made.clock.now += 1000;
    await made.app.tick();
  }
  await waitFor(() => expect(made.shown.at(-1)).toBe('lock'));
  expect(JSON.stringify(since(made, from))).toContain('cannot be asked of the ledger');
  renameSync(`${path}.away`, path);
  await waitFor(async () => {
    made.clock.now += 1000;
    await made.app.tick();
    expect(events(made).findLast(({ action }) => action === 'lock')).toMatchObject({ detail: { cause: 'unknown' } });
  });
});

/** Somebody's shells have ended, as the process that holds them says. */
function endShells(made: Rig): void {
  for (const { type, ...told } of made.ptyHeard) if (type === 'kill') made.ptySays({ type: 'exit', pane: told['pane'], code: 0, signal: 1 });
}
/** Time passes, in which nobody is there. */
async function pass(made: Rig, minutes: number): Promise<void> {
  made.clock.now += minutes * 60_000;
  await made.app.tick();
}
const ofAction = (made: Rig, action: string): ReturnType<typeof events> => events(made).filter((event) => event.action === action);

test('whoever comes in parks who was there, and after the policy’s time each is logged off: their shells end, and they are told when they come in again', async () => {
  const made = await two();
  const first = await enter(made, ADA);
  made.ask('command', { line: 'rename-window bed-12' });
  await waitFor(() => expect(views(made, first).at(-1)?.windows[0]?.name).toBe('bed-12'));
  await made.app.lock('hotkey');
  expect(ofAction(made, 'session.park')).toEqual([]);
  await enter(made, JO);
  const [ada, jo] = events(made).flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
  await waitFor(() => expect(ofAction(made, 'session.park')).toMatchObject([{ person: ada, detail: { shells: 1 } }]));
  await made.app.lock('hotkey');
  // Half an hour is the nursing preset's time for both.
  await pass(made, 29);
  expect(made.ptyHeard.filter(({ type }) => type === 'kill')).toEqual([]);
  await pass(made, 1);
  expect(made.ptyHeard.filter(({ type }) => type === 'kill')).toHaveLength(2);
  // Nothing is told before it is so.
  expect(ofAction(made, 'session.logoff')).toEqual([]);
  endShells(made);
  await waitFor(() =>
    expect(ofAction(made, 'session.logoff').map(({ person, detail }) => [person, detail])).toEqual([
      [ada, { cause: 'park', ended: 1, held: 0 }],
      [jo, { cause: 'logoff', ended: 1, held: 0 }],
    ]),
  );
  expect(ofAction(made, 'pane.close').map(({ detail }) => detail?.['reason'])).toEqual(['logoff', 'logoff']);
  // Nobody has a shell there any more: the process goes, with all that it had in memory.
  await waitFor(() => expect(made.ptyHeard.at(-1)?.type).toBe('stop'));
  expect(await made.app.socket.handlers.status()).toMatchObject({ shells: 0, locked: true });

  const again = await enter(made, ADA);
  const told = since(made, again).flatMap(({ event, payload }) => (event === 'notice' ? [(payload as { sentence: string }).sentence] : []));
  expect(told).toContainEqual(expect.stringMatching(/^You were logged off \(\d\d:\d\d\).*One shell ended by it/));
  await made.app.lock('hotkey');
  const third = await enter(made, ADA);
  expect(JSON.stringify(since(made, third))).not.toContain('You were logged off');
});

test('who is stopped is locked and logged off within seconds, also parked; a stopped station is locked, says so, and opens to nobody', async () => {
  const made = await two();
  await enter(made, JO);
  await made.app.lock('hotkey');
  await enter(made, ADA);
  const jo = events(made).findLast(({ action, person }) => action === 'session.park' && person !== undefined)!.person!;
  await asAda(made, async (parts) => {
    const mo = await prepareEnrolment({ name: 'Mo Adeyemi', passphrase: Buffer.from('ribbon falcon cobalt meadow trumpet'), kdf: newScryptParameters() });
    await enrol(parts, mo, ['security']);
    await stopPerson(parts, jo, 'dismissal');
  });
  const seconds = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      made.clock.now += 1000;
      await made.app.tick();
    }
  };
  await seconds(5);
  expect(made.ptyHeard.filter(({ type }) => type === 'kill')).toHaveLength(1);
  endShells(made);
  await waitFor(() => expect(ofAction(made, 'session.logoff')).toMatchObject([{ person: jo, detail: { cause: 'stopped', ended: 1 } }]));
  expect(made.app.surface).toBe('workspace');

  await asAda(made, (parts) => stopStation(parts, 'security-incident'));
  await seconds(5);
  await waitFor(() => expect(made.shown.at(-1)).toBe('lock'));
  await waitFor(() => expect(events(made).findLast(({ action }) => action === 'lock')).toMatchObject({ detail: { cause: 'stopped' } }));
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ stopped: { by: 'A. E.', reason: 'security-incident' } });
  const from = made.posted.length;
  made.ask('lock.passphrase', { person: ADA });
  await waitFor(() => expect(since(made, from).some(({ error }) => error?.code === 'stopped')).toBe(true));
  expect(made.shown.at(-1)).toBe('lock');
  expect(ofAction(made, 'unlock').at(-1)).toMatchObject({ detail: { reason: 'stopped' } });
});

test('whoever a revocation list names is locked and logged off within seconds; one that does not stand closes the station, says why, and opens it again', async () => {
  const made = await two();
  const key = listKey();
  const file = join(made.home, '..', 'revoked.list');
  const put = async (number: number, revoked: readonly object[] = [], by = key): Promise<void> =>
    writeFileSync(file, await signedList(by, { number, revoked }));
  await put(1);
  const policy = join(made.home, 'policy.json');
  const before = JSON.parse(readFileSync(policy, 'utf8')) as object;
  writeFileSync(policy, JSON.stringify({ ...before, revocation: { file, keys: [key.text], maxAgeHours: 72 } }));
  await acceptAsItStands(made.home);
  /** Until it is so, five seconds of the app's at a time. */
  const until = (so: () => unknown): Promise<void> =>
    waitFor(async () => {
      for (let n = 0; n < 5; n++) {
        made.clock.now += 1000;
        await made.app.tick();
      }
      await so();
    });
  await until(() => expect(ofAction(made, 'revocation.list')).toMatchObject([{ detail: { number: 1, people: [] } }]));
  await enter(made, JO);
  const jo = events(made).findLast(({ action }) => action === 'unlock')!.person!;
  await put(2, [dismissed(jo)]);
  await until(() => expect(made.shown.at(-1)).toBe('lock'));
  await until(() => expect(made.ptyHeard.filter(({ type }) => type === 'kill')).toHaveLength(1));
  endShells(made);
  await waitFor(() => expect(ofAction(made, 'session.logoff')).toMatchObject([{ person: jo, detail: { cause: 'revoked', ended: 1 } }]));
  expect(ofAction(made, 'lock').at(-1)).toMatchObject({ person: jo, detail: { cause: 'revoked' } });
  const refused = async (person: string, code: string): Promise<void> => {
    const from = made.posted.length;
    made.ask('lock.passphrase', { person });
    await waitFor(() => expect(since(made, from).some(({ error }) => error?.code === code)).toBe(true));
  };
  // The rig’s vault opens for everybody: what refuses is what the ledger has.
  await refused(jo, 'wrong-passphrase');
  expect(ofAction(made, 'unlock').at(-1)).toMatchObject({ person: jo, detail: { reason: 'disabled' } });

  await enter(made, ADA);
  await put(3, [], listKey());
  await until(() => expect(made.shown.at(-1)).toBe('lock'));
  expect(ofAction(made, 'lock').at(-1)).toMatchObject({ detail: { cause: 'unlisted' } });
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ stopped: null, unlisted: 'unsigned' });
  await refused(ADA, 'unlisted');
  expect(made.shown.at(-1)).toBe('lock');
  await put(3);
  await until(async () => expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ unlisted: null }));
  await enter(made, ADA);
});

test('where the policy asks why, no pane opens before it is said, at each unlock anew; shells have it, and the ticket stands in no event', async () => {
  const made = await two();
  const policy = join(made.home, 'policy.json');
  const before = JSON.parse(readFileSync(policy, 'utf8')) as object;
  writeFileSync(policy, JSON.stringify({ ...before, reason: { ask: 'unlock', ticket: 'INC#######' } }));
  await acceptAsItStands(made.home);
  const comeIn = async (): Promise<number> => {
    const from = made.posted.length;
    made.ask('lock.passphrase', { person: JO });
    await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
    made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
    await waitFor(() => expect(since(made, from).find(({ event }) => event === 'reason')?.payload).toEqual({ ticket: 'INC#######' }));
    made.ask('workspace.size', { cols: 120, rows: 40 });
    return from;
  };
  const give = async (ticket: string | null): Promise<Posted> => answerTo(made, 'reason.give', { reason: 'maintenance', ticket });
  await comeIn();
  const spawns = () => made.ptyHeard.filter(({ type }) => type === 'spawn');
  expect((await give('Meier')).error).toMatchObject({ code: 'bad-reason' });
  expect((await give(null)).error).toMatchObject({ code: 'bad-reason' });
  expect([spawns(), made.ptyHeard.filter(({ type }) => type === 'attach'), ofAction(made, 'session.reason')]).toEqual([[], [], []]);
  expect((await give('INC0012345')).error).toBeUndefined();
  made.ask('workspace.size', { cols: 120, rows: 40 });
  await waitFor(() => expect(spawns()).toMatchObject([{ opened: { role: 'operator', reason: 'maintenance', breakGlass: null }, ticket: 'INC0012345' }]));
  expect(made.ptyHeard.filter(({ type }) => type === 'attach')).toMatchObject([{ why: { reason: 'maintenance', ticket: 'INC0012345' } }]);
  expect(ofAction(made, 'session.reason')).toMatchObject([{ detail: { reason: 'maintenance', ticket: true } }]);
  expect(readFileSync(join(made.home, 'ledger/events.jsonl'), 'utf8')).not.toContain('INC0012345');
  // Their shell runs on; they are asked again, and no other pane opens meanwhile.
  await made.app.lock('hotkey');
  const from = await comeIn();
  made.ask('command', { line: 'split-window' });
  await waitFor(() => expect(JSON.stringify(since(made, from))).toContain('asks why a session begins'));
  expect(spawns()).toHaveLength(1);
  expect((await give('INC0000002')).error).toBeUndefined();
  await waitFor(() => expect(made.ptyHeard.filter(({ type }) => type === 'attach').at(-1)).toMatchObject({ why: { ticket: 'INC0000002' } }));
});

test('whoever was alone here is not named to somebody whom another process has just enrolled, nor by a ledger that cannot be read', async () => {
  const made = await rig({ setUp: true });
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  const facts = async (): Promise<unknown> => (await answerTo(made, 'lock.facts', {})).output;
  const named = { typed: false, people: [{ masked: 'A. E.' }] };
  expect(await facts()).toMatchObject(named);
  const [file, away] = [join(made.home, 'ledger/events.jsonl'), join(made.home, 'away')];
  renameSync(file, away);
  expect(await facts()).toMatchObject({ typed: true, people: [], away: [], failures: 0 });
  // It is back: the page that stands is told, and asks again.
  const from = made.posted.length;
  renameSync(away, file);
  for (let second = 0; second < 5; second++) await made.app.tick();
  await waitFor(() => expect(since(made, from).some(({ event }) => event === 'stale')).toBe(true));
  expect(await facts()).toMatchObject(named);
  await asAda(made, async (parts) => {
    await enrol(parts, await prepareEnrolment({ name: JO, passphrase: Buffer.from('marble canyon drizzle hammock violet'), kdf: newScryptParameters() }), [
      'operator',
    ]);
  });
  // Without a tick: a lock page reads the ledger before it names anybody.
  expect(await facts()).toMatchObject({ typed: true, people: [] });
});
