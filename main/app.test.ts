/** The gate and the idle timer over a host that does what each test says: no window, no processes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { beginPartial } from '../src/export/partial.ts';
import type { ToPtyHost } from '../src/pty/protocol.ts';
import { FileSecretStore } from '../src/storage/secret-store.ts';
import { firstRun } from '../src/vault/first-run.ts';
import { newScryptParameters } from '../src/vault/kdf.ts';
import type { ToVaultHost } from '../src/vault/protocol.ts';
import { App } from './app.ts';
import { refusedByHost, type Child, type Host, type HostWindow, type RefusedByHost } from './host.ts';
import { Listeners } from './listeners.ts';

const clear: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of clear.splice(0).reverse()) await step();
});

/** A child that answers each message with what `answer` gives, until it is killed. */
function child(answer: (message: never) => unknown): Child {
  const messages = new Listeners<[unknown]>();
  const exits = new Listeners<[number | null, string | null]>();
  let live = true;
  const end = async (): Promise<void> => {
    if (!live) return;
    live = false;
    exits.emit(null, 'SIGKILL');
  };
  return {
    pid: 1,
    post: (message) =>
      queueMicrotask(() => {
        if ((message as { type: string }).type === 'stop') return void end();
        const said = live ? answer(message as never) : undefined;
        if (said) messages.emit(said);
      }),
    onMessage: (listener) => messages.add(listener),
    onExit: (listener) => exits.add(listener),
    kill: end,
  };
}

interface Rig {
  readonly app: App;
  readonly clock: { now: number };
  readonly host: { idleSeconds: () => Promise<number | undefined> };
  /** Surfaces in the order in which they were shown. */
  readonly shown: string[];
  readonly kills: () => number;
  /** What the vault host of the moment says by itself. */
  readonly vaultSays: (message: unknown) => void;
  /** Bytes of each signature that a vault host was given. */
  readonly signatures: number[];
  /** What the page was sent. */
  readonly posted: { readonly id?: number; readonly output?: Record<string, unknown>; readonly error?: { readonly code: string } }[];
  readonly home: string;
  /** The window's host refuses something. */
  readonly refuse: (what: RefusedByHost) => void;
  ask(request: string, input?: unknown): void;
}

/** An app at its lock page, or at its first run. */
async function rig(options: { readonly setUp: boolean }): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-app-'));
  clear.push(() => rmSync(folder, { recursive: true }));
  const home = join(folder, 'home');
  const create = () =>
    firstRun({
      home,
      name: 'Ada Example',
      passphrase: Buffer.from('kettle orbit willow prairie stamp'),
      auditKeyPath: join(folder, 'audit-key.json'),
      chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
      kdf: { ...newScryptParameters(), N: 2 ** 14 },
    });
  let person = '';
  if (options.setUp) person = (await create()).person.id;
  let kills = 0;
  let say: (message: unknown) => void = () => {};
  const signatures: number[] = [];
  const vault = (): Child => {
    const made = child((message: ToVaultHost) => {
      if (message.type === 'connect') return { type: 'connected', publicKey: new Uint8Array(65) };
      if (message.type === 'unlockPassphrase') return { type: 'unlocked', id: message.id, person: message.person, method: 'passphrase' };
      if (message.type === 'passkeyOptions') return { type: 'options', id: message.id, options: {} };
      if (message.type === 'signed') signatures.push(message.signature.length);
      if (message.type === 'createPerson')
        void create().then((result) => {
          person = result.person.id;
          say({ type: 'created', id: message.id, person, auditKeyPath: result.auditKeyPath, auditKid: result.auditKid });
        });
      return undefined;
    });
    return {
      ...made,
      onMessage: (listener) => {
        say = listener;
        return made.onMessage(listener);
      },
      kill: () => {
        kills++;
        return made.kill();
      },
    };
  };
  const pty = (): Child =>
    child((message: ToPtyHost) => {
      if (message.type === 'attach') return { type: 'attached', publicKey: new Uint8Array(65), panes: [] };
      if (message.type === 'detach') return { type: 'detached' };
      if (message.type === 'checkpoint') return { type: 'checkpointed' };
      return undefined;
    });
  const shown: string[] = [];
  const posted: Rig['posted'] = [];
  let receive: (text: string) => void = () => {};
  let refuse: (what: RefusedByHost) => void = () => {};
  const none = { dispose: () => {} };
  const window: HostWindow = {
    show: async (surface) => void shown.push(surface),
    blank: async () => {},
    post: (text) => void posted.push(JSON.parse(text) as Rig['posted'][number]),
    postFrame: async () => {},
    onMessage: (listener) => {
      receive = listener;
      return none;
    },
    onFrame: () => none,
    onRendererGone: () => none,
    onClosed: () => none,
    rendererPid: async () => undefined,
    close: async () => {},
  };
  const host = { idleSeconds: async (): Promise<number | undefined> => undefined };
  const full: Host = {
    name: 'chromium',
    description: 'a test',
    open: async () => window,
    fork: (name) => (name === 'vault-host' ? vault() : pty()),
    idleSeconds: () => host.idleSeconds(),
    onSignal: () => none,
    onRefused: (listener) => {
      refuse = listener;
      return none;
    },
    quit: async () => {},
  };
  const clock = { now: 1_000_000 };
  const app = await App.start({ home, host: full, rendererFolder: folder, clock: { now: () => clock.now, every: () => () => {} }, env: { HOME: folder } });
  clear.push(() => app.stop('closed'));
  let id = 0;
  const ask = (request: string, input: unknown = ['lock.passphrase', 'lock.passkeyOptions'].includes(request) ? { person } : {}): void =>
    receive(JSON.stringify({ id: ++id, request, input }));
  return { app, clock, host, shown, kills: () => kills, vaultSays: (message) => say(message), signatures, posted, home, refuse: (what) => refuse(what), ask };
}

async function unlocked(): Promise<Rig> {
  const made = await rig({ setUp: true });
  made.ask('lock.passphrase');
  await vi.waitFor(() => expect(made.shown).toEqual(['lock', 'workspace']));
  return made;
}

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
  await vi.waitFor(() => expect(shown).toEqual(['lock', 'workspace', 'lock']), 5000);
});

test('an idle timer that does not start keeps the workspace closed, and the next attempt opens', async () => {
  const made = await rig({ setUp: true });
  const { app, clock, ask, shown, kills } = made;
  await app.tick();
  clock.now -= 60_000;
  ask('lock.passphrase');
  await vi.waitFor(() => expect(shown).toEqual(['lock', 'lock']));
  expect(kills()).toBe(1);
  ask('lock.passphrase');
  await vi.waitFor(() => expect(shown).toEqual(['lock', 'lock', 'workspace']));
});

test('a first run that is left alone with its new identity open locks on idle', async () => {
  const { app, clock, ask, shown, kills } = await rig({ setUp: false });
  ask('setup.create', { name: 'Ada Example', auditKeyPath: 'audit-key.json' });
  await vi.waitFor(async () => {
    clock.now += 10_000;
    await app.tick();
    expect(shown).toEqual(['setup', 'lock']);
  }, 5000);
  expect(kills()).toBe(1);
});

test("the installation's key signs for the vault host while somebody is in, and not at the lock", async () => {
  const { ask, shown, vaultSays, signatures } = await rig({ setUp: true });
  vaultSays({ type: 'sign', request: 0, bytes: Buffer.from('anything') });
  await vi.waitFor(() => expect(signatures).toEqual([0]));
  ask('lock.passphrase');
  await vi.waitFor(() => expect(shown).toEqual(['lock', 'workspace']));
  vaultSays({ type: 'sign', request: 1, bytes: Buffer.from('anything') });
  await vi.waitFor(() => expect(signatures).toEqual([0, 64]));
});

test('a signing key that is kept in a file is said to be weaker, in every status', async () => {
  const { ask, posted, home } = await unlocked();
  ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  const statuses = (): { payload: { ledger: { note?: string } } }[] => posted.filter((message) => (message as { event?: string }).event === 'status') as never;
  await vi.waitFor(() => expect(statuses().length).toBeGreaterThan(0));
  expect(statuses()[0]?.payload.ledger.note).toContain(`kept in a file in ${join(home, 'secrets')}`);
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
  await vi.waitFor(() => {
    answer = posted.slice(before).find(({ output }) => output && 'clearClipboard' in output)?.output?.['clearClipboard'];
    expect(answer).toBeDefined();
  });
  return answer;
}

test('a copy is remembered through locks until a lock page has cleared the clipboard', async () => {
  const made = await unlocked();
  const { app, ask, posted } = made;
  ask('clipboard.copied');
  await vi.waitFor(() => expect(posted).toContainEqual(expect.objectContaining({ output: { clearedAtLock: true } })));
  await app.lock('hotkey');
  expect(await clearClipboard(made)).toBe(true);
  // It could not: the next lock has to.
  ask('lock.passphrase');
  await vi.waitFor(() => expect(app.surface).toBe('workspace'));
  await app.lock('hotkey');
  expect(await clearClipboard(made)).toBe(true);
  ask('lock.clipboardCleared');
  expect(await clearClipboard(made)).toBe(false);
});

test('a lock without a copy leaves the clipboard alone, and a locked app believes in no copy', async () => {
  const made = await unlocked();
  await made.app.lock('hotkey');
  expect(await clearClipboard(made)).toBe(false);
  made.ask('clipboard.copied');
  expect(await clearClipboard(made)).toBe(false);
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
  const answers = async (count: number): Promise<void> => vi.waitFor(() => expect(posted.filter(({ id }) => id !== undefined)).toHaveLength(count));
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
  expect(few.at(-1)).toMatchObject({ action: 'bridge.refused', detail: { code: 'too-many', request: 'lock.passkeyUnused' } });
  expect(few).toHaveLength(6);
  clock.now += 60_000;
  await report();
  expect(events()).toHaveLength(7);
  await report('a reason of the page');
  expect(events().at(-1)).toMatchObject({ action: 'bridge.refused', detail: { code: 'bad-input', request: 'lock.passkeyUnused' } });
  ask('lock.facts');
  await answers(++asked);
  expect(posted.at(-1)?.output).toMatchObject({ failures: 0, backOffSeconds: 0 });
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
  for (const what of refusedByHost) refuse(what);
  await vi.waitFor(() => expect(events()).toEqual(refusedByHost.map((what) => ({ surface: 'lock', what }))));
  for (let i = 0; i < 100; i++) refuse('window');
  clock.now += 1000;
  refuse('dialog');
  await vi.waitFor(() =>
    expect(events().slice(refusedByHost.length)).toEqual([
      { surface: 'lock', what: 'too-many' },
      { surface: 'lock', what: 'dialog' },
    ]),
  );
});
