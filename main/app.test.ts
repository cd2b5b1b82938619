/** The gate and the idle timer over a host that does what each test says. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginPartial } from '../src/export/partial.ts';
import { acceptAsItStands } from '../src/policy/force.fixture.ts';
import { LedgerLock } from '../src/ledger/lockfile.ts';
import { rig, unlocked, type Rig } from './app.fixture.ts';
import { hostRefusals } from '../src/ledger/table/app.ts';
import { waitFor } from '../test/support/wait-for.ts';

test('a key that is pressed while the machine is asked how long it was idle does not look like a clock that runs back', async () => {
  const { app, clock, host, ask, shown } = await unlocked();
  let answer: (seconds: number) => void = () => {};
  host.idleSeconds = () => new Promise((resolve) => (answer = resolve));
  const tick = app.tick();
  clock.now += 300;
  ask('activity', { kind: 'key' });
  answer(0);
  await tick;
  expect(app.surface).toBe('workspace');
  expect(shown).toEqual(['lock', 'workspace']);
});

test('a host that never says how long the machine was idle does not hold up the lock', async () => {
  const { app, clock, host, shown } = await unlocked();
  host.idleSeconds = () => new Promise(() => {});
  for (let second = 0; second < 310; second += 10) {
    clock.now += 10_000;
    void app.tick();
  }
  await waitFor(() => expect(shown).toEqual(['lock', 'workspace', 'lock']));
});

test('a clock that runs back while somebody is being let in keeps the workspace closed, and the next attempt opens', async () => {
  const { app, clock, ask, shown, kills, vaultHeard } = await rig({ setUp: true });
  await app.tick();
  ask('lock.passphrase');
  while (!vaultHeard.some(({ type }) => type === 'unlockPassphrase')) await new Promise((turn) => setImmediate(turn));
  clock.now -= 60_000;
  await waitFor(() => expect(shown).toEqual(['lock', 'lock']));
  expect(kills()).toBe(1);
  ask('lock.passphrase');
  await waitFor(() => expect(shown).toEqual(['lock', 'lock', 'workspace']));
});

test('a lock while somebody is being let in opens nothing', async () => {
  const { app, ask, shown, vaultHeard } = await rig({ setUp: true });
  ask('lock.passphrase');
  while (!vaultHeard.some(({ type }) => type === 'unlockPassphrase')) await new Promise((turn) => setImmediate(turn));
  await app.lock('hotkey');
  expect(shown).toEqual(['lock', 'lock']);
  expect(app.surface).toBe('lock');
});

test('failed tries are told of at the unlock that follows, however late its page says hello, once, and in each round of one run', async () => {
  let wrong = 0;
  const { app, ask, posted, shown } = await rig({ setUp: true, falseProof: (proof) => (wrong-- > 0 ? new Uint8Array(32) : proof) });
  const welcomes = () =>
    posted.filter((message) => (message as { event?: string }).event === 'welcome').map((message) => (message as { payload?: unknown }).payload);
  const opened = async (): Promise<void> => waitFor(() => expect(shown.at(-1)).toBe('workspace'));
  const hello = async (): Promise<void> => {
    const before = posted.length;
    ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
    await waitFor(() => expect(posted.slice(before).some((message) => (message as { event?: string }).event === 'status')).toBe(true));
  };
  const refused = async (): Promise<void> => {
    wrong = 1;
    const before = posted.length;
    ask('lock.passphrase');
    await waitFor(() => expect(posted.slice(before).some(({ error }) => error?.code === 'not-proven')).toBe(true));
  };
  for (const failures of [1, 2]) {
    const earlier = welcomes().length;
    for (let i = 0; i < failures; i++) await refused();
    ask('lock.passphrase');
    await opened();
    expect(welcomes()).toHaveLength(earlier);
    await hello();
    expect(welcomes().slice(earlier)).toEqual([expect.objectContaining({ failures })]);
    await hello();
    expect(welcomes()).toHaveLength(earlier + 1);
    await app.lock('hotkey');
  }
  expect(welcomes()[0]).toMatchObject({ lastUnlock: null });
  expect(welcomes()[1]).toMatchObject({ lastUnlock: expect.stringMatching(/^\d{4}-/) });
});

test('an unlock that cannot be entered in the ledger opens nothing, and says why', async () => {
  const { app, ask, posted, shown, home } = await rig({ setUp: true });
  const events = join(home, 'ledger', 'events.jsonl');
  const bytes = readFileSync(events);
  renameSync(events, `${events}.aside`);
  writeFileSync(events, bytes);
  ask('lock.passphrase');
  await waitFor(() => expect(JSON.stringify(posted)).toContain('could not be entered in the ledger'));
  expect(app.surface).toBe('lock');
  expect(shown).not.toContain('workspace');
});

test('a first run that is left alone with its new identity open locks on idle', async () => {
  const { app, clock, ask, shown, kills } = await rig({ setUp: false });
  ask('setup.create', { name: 'Ada Example', workstationClass: 'nursing', auditKeyPath: 'audit-key.json' });
  await waitFor(async () => {
    clock.now += 10_000;
    await app.tick();
    expect(shown).toEqual(['setup', 'lock']);
  });
  expect(kills()).toBe(1);
});

test('a signing key that is kept in a file is said to be weaker, in every status', async () => {
  const { ask, posted, home } = await unlocked();
  ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  const statuses = (): { payload: { ledger: { note?: string } } }[] => posted.filter((message) => (message as { event?: string }).event === 'status') as never;
  await waitFor(() => expect(statuses().length).toBeGreaterThan(0));
  expect(statuses()[0]?.payload).toMatchObject({ recording: { level: 'none', word: 'no shell runs' } });
  expect(statuses()[0]?.payload.ledger.note).toContain(`kept in a file in ${join(home, 'secrets')}`);
});

test('a ledger that somebody holds does not hold up the lock, and gets its event when it can', async () => {
  const { app, home, shown } = await unlocked();
  const locks = (): number => readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').split('"action":"lock"').length - 1;
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let taken: () => void = () => {};
  const isTaken = new Promise<void>((resolve) => (taken = resolve));
  const lock = new LedgerLock(join(home, 'ledger', 'lock'));
  const holder = lock.hold(() => (taken(), held));
  await isTaken;
  expect(await app.socket.handlers.lock()).toMatchObject({ state: 'locked', locked: true, visible: 'gone', entered: false });
  await waitFor(() => expect(shown).toEqual(['lock', 'workspace', 'lock']));
  expect(locks()).toBe(0);
  release();
  await holder;
  lock.close();
  await waitFor(() => expect(locks()).toBe(1));
  expect(await app.socket.handlers.lock()).toMatchObject({ entered: true });
});

test('an export that the end of the app cuts off leaves nothing in the clear, and is in the ledger', async () => {
  const { app, home } = await unlocked();
  const run = join(home, 'run');
  const { folder } = beginPartial(run, join(home, '..', 'bundle'), '20261122-000000-00000001');
  writeFileSync(join(folder, 'session.cast'), 'in the clear');
  const note = join(
    run,
    readdirSync(run).find((name) => name.startsWith('export-'))!,
  );
  // A killed process wrote it, and not this one.
  writeFileSync(note, JSON.stringify({ ...(JSON.parse(readFileSync(note, 'utf8')) as object), boot: 'an earlier one' }));
  await app.stop('signal');
  expect([folder, note].filter((path) => existsSync(path))).toEqual([]);
  expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toContain('"cut-off"');
});

/** What the lock page is told about the clipboard. */
async function clearClipboard({ ask, posted }: Rig): Promise<unknown> {
  const before = posted.length;
  ask('lock.facts');
  let answer: unknown;
  await waitFor(() => {
    answer = posted.slice(before).find(({ output }) => output && 'clearClipboard' in output)?.output?.['clearClipboard'];
    expect(answer).toBeDefined();
  });
  return answer;
}

test('a copy is remembered through locks until a lock page has cleared the clipboard', async () => {
  const made = await unlocked();
  const { app, ask, posted } = made;
  ask('clipboard.copied');
  await waitFor(() => expect(posted).toContainEqual(expect.objectContaining({ output: { clearedAtLock: true } })));
  await app.lock('hotkey');
  expect(await clearClipboard(made)).toBe(true);
  // It could not: the next lock has to.
  ask('lock.passphrase');
  await waitFor(() => expect(app.surface).toBe('workspace'));
  await app.lock('hotkey');
  expect(await clearClipboard(made)).toBe(true);
  ask('lock.clipboardCleared');
  expect(await clearClipboard(made)).toBe(false);
});

test('a lock without a copy empties the clipboard too where the host can, and says nothing where it cannot; a locked app believes in no copy', async () => {
  const made = await unlocked();
  await made.app.lock('hotkey');
  expect(made.host.clearings).toBeGreaterThan(0);
  expect(await clearClipboard(made)).toBe(false);
  made.ask('clipboard.copied');
  expect(await clearClipboard(made)).toBe(false);
});

test('events say on which unlock they stand, from its success to the lock and no longer, and when on the monotonic clock', async () => {
  const { app, home } = await unlocked();
  await app.lock('hotkey');
  type Line = { action: string; outcome?: string; monoUs: number; aal: number | null; credential: string | null };
  const events = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const opened = events.findIndex(({ action, outcome }) => action === 'unlock' && outcome === 'success');
  const closed = events.findIndex(({ action }, i) => action === 'lock' && i > opened);
  expect(opened).toBeGreaterThan(0);
  expect(closed).toBeGreaterThan(opened);
  events.forEach(({ aal, credential }, i) =>
    expect([aal, credential], String(i)).toEqual(i >= opened && i < closed ? [1, expect.stringMatching(/^k-[0-9a-f]{12}$/)] : [null, null]),
  );
  for (const [i, { monoUs }] of events.entries()) expect(monoUs).toBeGreaterThanOrEqual(events[i - 1]?.monoUs ?? 0);
});

test('a passkey that was not used is an event and counts for nothing; a flood of them is a few events', async () => {
  const { ask, posted, home, clock } = await rig({ setUp: true });
  type Line = { action: string; outcome?: string; detail: Record<string, unknown> };
  const events = (): Line[] =>
    readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
      .filter(({ action }) => action === 'unlock' || action === 'bridge.refused');
  const answers = async (count: number): Promise<void> => waitFor(() => expect(posted.filter(({ id }) => id !== undefined)).toHaveLength(count));
  let asked = 0;
  const report = async (reason = 'not-used'): Promise<void> => {
    ask('lock.passkeyOptions');
    await answers(++asked);
    ask('lock.passkeyUnused', { reason });
    await answers(++asked);
  };
  // Without options before it, and with a reason of its own, it is refused.
  ask('lock.passkeyUnused', { reason: 'not-used' });
  await answers(++asked);
  expect(posted.at(-1)?.error?.code).toBe('not-asked');
  await report();
  await report('no-secret');
  expect(events().map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ['failure', { method: 'passkey', reason: 'passkey-not-used' }],
    ['failure', { method: 'passkey', reason: 'passkey-no-secret' }],
  ]);
  for (let i = 0; i < 20; i++) await report();
  const few = events();
  expect(few.filter(({ action }) => action === 'unlock')).toHaveLength(5);
  expect(few.at(-1)).toMatchObject({ action: 'bridge.refused', detail: { code: 'too-many', needs: 'identity.unlock' } });
  expect(few).toHaveLength(6);
  clock.now += 60_000;
  await report();
  expect(events()).toHaveLength(7);
  await report('a reason of the page');
  await waitFor(() => expect(events().at(-1)).toMatchObject({ action: 'bridge.refused', detail: { code: 'bad-input', needs: 'identity.unlock' } }));
  const facts = ask('lock.facts');
  await answers(++asked);
  expect(posted.find(({ id }) => id === facts)?.output).toMatchObject({ failures: 0, backOffSeconds: 0 });
});

test('what the host refuses to a page is in the ledger, and a flood of it is a few events', async () => {
  const { refuse, home, clock } = await rig({ setUp: true });
  const events = (): unknown[] =>
    readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { action: string; detail: unknown })
      .filter(({ action }) => action === 'host.refused')
      .map(({ detail }) => detail);
  for (const what of hostRefusals) refuse(what);
  await waitFor(() => expect(events()).toEqual(hostRefusals.map((what) => ({ surface: 'lock', what }))));
  for (let i = 0; i < 100; i++) refuse('window');
  clock.now += 1000;
  refuse('dialog');
  await waitFor(() =>
    expect(events().slice(hostRefusals.length)).toEqual([
      { surface: 'lock', what: 'window' },
      { surface: 'lock', what: 'window' },
      { surface: 'lock', what: 'window' },
      { surface: 'lock', what: 'too-many' },
      { surface: 'lock', what: 'dialog' },
    ]),
  );
});

test('a vault host that says yes and cannot prove it opens nothing', async () => {
  for (const falseProof of [() => new Uint8Array(32), () => new Uint8Array(), (proof: Uint8Array) => proof.map((byte) => byte ^ 1)]) {
    const { ask, app, posted, home, shown } = await rig({ setUp: true, falseProof });
    ask('lock.passphrase');
    await waitFor(() => expect(posted.some(({ error }) => error?.code === 'not-proven')).toBe(true));
    expect(app.surface).toBe('lock');
    expect(shown).toEqual(['lock']);
    await waitFor(() => expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toContain('"reason":"not-proven"'));
  }
});

test('a record of a person that is not the ledger’s is refused with a sentence, and is an event', async () => {
  const { ask, app, posted, home } = await rig({ setUp: true });
  const [name] = readdirSync(join(home, 'people')).filter((file) => file.endsWith('.json'));
  const path = join(home, 'people', name!);
  const record = JSON.parse(readFileSync(path, 'utf8')) as { encryptionKey: { x: string; y: string }; signingKey: { x: string; y: string } };
  writeFileSync(path, JSON.stringify({ ...record, encryptionKey: record.signingKey }));
  ask('lock.passphrase');
  await waitFor(() => expect(posted.some(({ error }) => error?.code === 'changed-person')).toBe(true));
  expect(app.surface).toBe('lock');
  await waitFor(() => expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toContain('"action":"person.refused"'));
});

test('attempts are counted by the ledger: an older back-off file is found out, and held back is who was held back', async () => {
  const { ask, posted, home } = await rig({ setUp: true, falseProof: () => new Uint8Array(32) });
  const people = join(home, 'people');
  const file = join(
    people,
    readdirSync(people).find((name) => name.startsWith('p-') && name.endsWith('.backoff'))!,
  );
  const first = readFileSync(file);
  const codes = (): string[] => posted.flatMap(({ error }) => error?.code ?? []);
  for (let n = 1; n <= 5; n++) {
    ask('lock.passphrase');
    await waitFor(() => expect(codes()).toHaveLength(n));
  }
  writeFileSync(file, first);
  ask('lock.passphrase');
  await waitFor(() => expect(codes()).toHaveLength(6));
  expect(codes()).toEqual([...Array.from({ length: 5 }, () => 'not-proven'), 'back-off']);
  const text = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8');
  expect(text.match(/"action":"unlock.attempt"/g)).toHaveLength(5);
  await waitFor(() => expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toContain('"action":"backoff.tampered"'));
});

test('the lock page shows the ledger’s failures, and each event says how many were before it, also after a restart', async () => {
  const first = await rig({ setUp: true, falseProof: () => new Uint8Array(32) });
  const { home } = first;
  const failed = (): unknown[] =>
    readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { action: string; outcome?: string; detail: unknown })
      .filter(({ action, outcome }) => action === 'unlock' && outcome === 'failure')
      .map(({ detail }) => detail);
  for (let n = 1; n <= 2; n++) {
    first.ask('lock.passphrase');
    await waitFor(() => expect(failed()).toHaveLength(n));
  }
  expect(failed()).toEqual([0, 1].map((failures) => ({ method: 'passphrase', reason: 'not-proven', failures })));
  await first.app.stop('closed');
  const again = await rig({ setUp: false, home });
  const facts = again.ask('lock.facts');
  await waitFor(() => expect(again.posted.find(({ id }) => id === facts)?.output).toMatchObject({ failures: 2 }));
});

test('the lock page says at once that policy.json is another one, and is silent again when it is in force', async () => {
  const { app, ask, posted, home } = await unlocked();
  await app.lock('hotkey');
  const path = join(home, 'policy.json');
  ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  const flags = async (): Promise<unknown> => {
    const before = posted.length;
    ask('lock.facts');
    await waitFor(() => expect(posted.slice(before).some(({ output }) => output && 'flags' in output)).toBe(true));
    return posted.findLast(({ output }) => output && 'flags' in output)?.output?.['flags'];
  };
  /** Of the policy, and of the event that took it into force, the page is told both. */
  const toldSince = (from: number): boolean => posted.slice(from).some((message) => (message as { event?: string }).event === 'stale');
  const sentence = 'The policy file is not the policy in force.';
  expect(await flags()).toEqual([]);
  const policy = JSON.parse(readFileSync(path, 'utf8')) as { lock: object };
  writeFileSync(path, JSON.stringify({ ...policy, lock: { idleSeconds: 60, warnSeconds: 15 } }));
  expect(await flags()).toEqual([sentence]);
  // What else the first tick has to say is said.
  await app.tick();
  const before = posted.length;
  await acceptAsItStands(home);
  expect(toldSince(before)).toBe(false);
  // Without being asked: the clock's tick is enough.
  await app.tick();
  expect(toldSince(before)).toBe(true);
  expect(await flags()).toEqual([]);
  await app.tick();
  const silent = posted.length;
  await app.tick();
  expect(toldSince(silent)).toBe(false);
  writeFileSync(path, '{');
  await app.tick();
  expect(toldSince(silent)).toBe(true);
  expect(await flags()).toEqual([sentence]);
});

/** What the page was told, by the event's name. */
const told = ({ posted }: Pick<Rig, 'posted'>, event: string): unknown[] =>
  posted.filter((message) => (message as { event?: string }).event === event).map((message) => (message as { payload?: unknown }).payload);
const hello = ({ ask }: Pick<Rig, 'ask'>): number => ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
/** Puts another policy into force, as somebody does with the command while the app runs. */
async function accept(home: string, change: (policy: { lock: object }) => object): Promise<void> {
  const path = join(home, 'policy.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as { lock: object })));
  await acceptAsItStands(home);
}

test('a weaker policy takes effect without a restart, and both values are said to whoever is in, and to whoever comes in later', async () => {
  const opened = await unlocked();
  const { app, ask, clock, home, shown } = opened;
  hello(opened);
  await waitFor(() => expect(told(opened, 'status')).not.toEqual([]));
  await accept(home, (policy) => ({ ...policy, lock: { ...policy.lock, idleSeconds: 900 } }));
  await app.tick();
  const warned = { level: 'warn', sentence: expect.stringContaining('A weaker policy came into force, version 2: lock.idleSeconds: 300 -> 900 (weaker).') };
  expect(told(opened, 'notice')).toEqual([warned]);
  await app.tick();
  expect(told(opened, 'status').at(-1)).toMatchObject({ idleSeconds: 900 });
  await app.lock('hotkey');
  const facts = ask('lock.facts');
  await waitFor(() =>
    expect(opened.posted.find(({ id }) => id === facts)?.output).toMatchObject({ policy: { version: 2, class: 'nursing', idleSeconds: 900 } }),
  );
  // A second one while nobody is in: at the next unlock all is said that has changed since the last one.
  await accept(home, (policy) => ({ ...policy, lock: { ...policy.lock, clearClipboard: false } }));
  clock.now += 1000;
  ask('lock.passphrase');
  await waitFor(() => expect(shown.at(-1)).toBe('workspace'));
  hello(opened);
  const notices = (): { sentence: string }[] =>
    (told(opened, 'notice') as { sentence: string }[]).filter(({ sentence }) => sentence.includes('policy came into force'));
  await waitFor(() => expect(notices()).toHaveLength(2));
  expect(notices()[1]).toMatchObject({ level: 'warn', sentence: expect.stringContaining('lock.clearClipboard: true -> false (weaker)') });
});

test('the classes on the line are those of the policy in force, and those of another one as soon as it is in force', async () => {
  const opened = await unlocked();
  const { app, home } = opened;
  const classes = (): unknown => (told(opened, 'status').at(-1) as { classes: unknown } | undefined)?.classes;
  const emergency = expect.objectContaining({ name: 'emergency' }) as unknown;
  hello(opened);
  // A policy that names none has these, and emergencies have their own.
  await waitFor(() =>
    expect(classes()).toEqual([{ name: 'clinical', label: 'clinical', look: 'clinical' }, { name: 'general', label: 'general', look: 'general' }, emergency]),
  );
  const named = [
    { name: 'clinical', look: 'clinical', label: 'ward 7', first: true, to: [] },
    { name: 'lab', look: 'plain', to: ['clinical'] },
  ];
  await accept(home, (policy) => ({ ...policy, classes: named }));
  for (let n = 0; n < 2; n++) await app.tick();
  expect(classes()).toEqual([{ name: 'clinical', label: 'ward 7', look: 'clinical' }, { name: 'lab', label: 'lab', look: 'plain' }, emergency]);
});

test('no pane opens before the text of the policy is accepted, and then the first one does; once it is, nobody is asked again', async () => {
  const opened = await unlocked();
  const { app, ask, home, shown, posted } = opened;
  await app.lock('hotkey');
  await accept(home, (policy) => ({ ...policy, consent: { version: 3, text: 'For patient care only.' } }));
  const enter = async (): Promise<void> => {
    ask('lock.passphrase');
    await waitFor(() => expect(shown.at(-1)).toBe('workspace'));
    hello(opened);
  };
  await enter();
  await waitFor(() => expect(told(opened, 'consent')).toEqual([{ version: 3, text: 'For patient care only.' }]));
  ask('workspace.size', { cols: 80, rows: 24 });
  ask('command', { line: 'new-window' });
  await waitFor(() => expect(posted.some(({ output }) => output?.['refused'] === true)).toBe(true));
  expect(told(opened, 'view')).toEqual([]);
  const accepted = (): number => readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').split('"action":"consent.accepted"').length - 1;
  const older = ask('consent.accept', { version: 2 });
  await waitFor(() => expect(posted.find(({ id }) => id === older)?.error).toMatchObject({ code: 'other-text' }));
  expect(accepted()).toBe(0);
  // Another text comes into force under the same number, while they read: nobody has read that.
  await accept(home, (policy) => ({ ...policy, consent: { version: 3, text: 'For anything at all.' } }));
  await app.tick();
  ask('consent.accept', { version: 3 });
  await waitFor(() => expect(posted.filter(({ error }) => (error as { code?: string } | undefined)?.code === 'other-text')).toHaveLength(2));
  expect(accepted()).toBe(0);
  await app.lock('hotkey');
  await enter();
  await waitFor(() => expect(told(opened, 'consent').at(-1)).toEqual({ version: 3, text: 'For anything at all.' }));
  ask('consent.accept', { version: 3 });
  await waitFor(() => expect(told(opened, 'consent').at(-1)).toBeNull());
  expect(accepted()).toBe(1);
  ask('workspace.size', { cols: 80, rows: 24 });
  await waitFor(() => expect(told(opened, 'view')).not.toEqual([]));
  await app.lock('hotkey');
  await enter();
  await waitFor(() => expect(told(opened, 'view').length).toBeGreaterThan(1));
  expect(told(opened, 'consent')).toHaveLength(3);
});
