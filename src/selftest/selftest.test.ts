/** Each control holds as it is, and a sabotaged one turns its row red. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { AnchorView } from '../anchors/index.ts';
import { unseal } from '../crypto/seal.ts';
import { testLedgerOptions } from '../ledger/fixture.ts';
import { Ledger } from '../ledger/ledger.ts';
import { readLedger } from '../ledger/read.ts';
import { initialLock, stepLock, type HeldState, type LockEvent, type LockState } from '../lock/machine.ts';
import { clampConfig } from '../lock/config.ts';
import { Backoff } from '../people/backoff.ts';
import { recoverRecording } from '../recording/recovery.ts';
import { segmentName } from '../recording/header.ts';
import { anchorsFinding } from './anchors.ts';
import { tryBackoff, type OpenCounters } from './back-off.ts';
import { tryCipher } from './cipher.ts';
import { tryLedger } from './ledger.ts';
import { tryLock, type ProcessLimits } from './lock.ts';
import { lookAtPermissions, permissionsFinding } from './permissions.ts';
import { tryRecovery } from './recovery.ts';
import { controls } from './rows.ts';
import { tryControls, type Checks } from './run.ts';

const folders: string[] = [];
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-selftest-'));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const closed: ProcessLimits = { dumpable: false, coreBytes: 1, tracer: 0 };

describe('lock', () => {
  const held = (state: LockState, now: number): HeldState => ({
    phase: 'open',
    behind: 'closed',
    person: undefined,
    glass: undefined,
    lifts: false,
    config: clampConfig({ idleSeconds: 60, warnSeconds: 10 }),
    attempts: state.attempts,
    away: state.away,
    stop: state.stop,
    degraded: state.degraded,
    seen: now,
    since: now,
    lastInput: now,
    moveUsed: false,
    lastMove: -Infinity,
    hostInput: undefined,
  });

  test('holds', () => {
    expect(tryLock({ limits: () => closed })).toMatchObject({ outcome: 'holds' });
    expect(tryLock({ limits: () => undefined }).seen).toContain('no limits that could be looked at');
  });

  test.each<[string, (state: LockState, event: LockEvent) => ReturnType<typeof stepLock>, string]>([
    [
      'an attempt that opens by itself',
      (state, event) => (event.type === 'attempt' ? { state: held(state, event.now), accepted: true, parked: [], logoffs: [] } : stepLock(state, event)),
      'without the proof',
    ],
    [
      'the proof of an attempt that is over',
      (state, event) => (event.type === 'opened' ? { state: held(state, event.now), accepted: true, parked: [], logoffs: [] } : stepLock(state, event)),
      'without the proof',
    ],
    [
      'a lock that nobody hears',
      (state, event) => (event.type === 'lock' ? { state, accepted: true, parked: [], logoffs: [] } : stepLock(state, event)),
      'told to lock',
    ],
    [
      'idle time that does not count',
      (state, event) => {
        const step = stepLock(state, event);
        return step.lock === 'idle' ? { state: held(state, event.now), accepted: true, parked: [], logoffs: [] } : step;
      },
      'held still',
    ],
    [
      'a clock that runs backwards',
      (state, event) => {
        const step = stepLock(state, event);
        return step.lock === 'clock-back' ? { state, accepted: true, parked: [], logoffs: [] } : step;
      },
      'backwards',
    ],
    [
      'a gap that is not seen',
      (state, event) => {
        const step = stepLock(state, event);
        return step.lock === 'gap' ? { state, accepted: true, parked: [], logoffs: [] } : step;
      },
      'held still',
    ],
    ['a machine that never opens', (state) => ({ state: initialLock(state.config), accepted: false, parked: [], logoffs: [] }), 'steps opened'],
  ])('%s turns it red', (_, step, words) => {
    const finding = tryLock({ step, limits: () => closed });
    expect(finding).toMatchObject({ outcome: 'fails', seen: expect.stringContaining(words) });
  });

  test.each<[string, ProcessLimits]>([
    ['can read its memory', { ...closed, dumpable: true }],
    ['writes its memory to the disk', { ...closed, coreBytes: Infinity }],
    ['process 77 traces it', { ...closed, tracer: 77 }],
  ])('a process of which others %s turns it red', (words, limits) => {
    expect(tryLock({ limits: () => limits })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining(words) });
  });
});

describe('cipher', () => {
  test('holds', async () => {
    expect(await tryCipher()).toMatchObject({ outcome: 'holds' });
  });

  test('opening without a look at the tag turns it red', async () => {
    const careless: typeof unseal = (key, { iv, ciphertext }) => {
      const bytes = Buffer.from(ciphertext, 'base64url');
      return createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url')).update(bytes.subarray(0, -16));
    };
    expect(await tryCipher({ unseal: careless })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('opens all the same') });
  });

  test('a cipher that is none, a key that is not used, and another digest turn it red', async () => {
    const none = await tryCipher({
      seal: (_, plain) => ({ iv: 'AAAAAAAAAAAAAAAA', ciphertext: Buffer.concat([plain, Buffer.alloc(16)]).toString('base64url') }),
    });
    expect(none).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('stands in its ciphertext') });
    const other = await tryCipher({
      seal: (_, plain, aad) => {
        const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12)).setAAD(aad);
        const bytes = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
        return { iv: Buffer.alloc(12).toString('base64url'), ciphertext: bytes.toString('base64url') };
      },
    });
    expect(other).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('does not open again') });
    expect(await tryCipher({ sha256: () => Buffer.alloc(32) })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('SHA-256') });
    expect(await tryCipher({ ed25519Verify: () => true })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('Ed25519') });
    expect(await tryCipher({ unseal: () => undefined })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('AES-256-GCM') });
  });
});

describe('ledger', () => {
  const good = async () => ({ good: true, code: 'good', sentence: 'The ledger is good.' });
  async function ledger() {
    const options = testLedgerOptions();
    folders.push(join(options.folder, '..'));
    const open = await Ledger.open(options);
    for (let n = 0; n < 6; n++) await open.append({ action: 'lock', detail: { cause: 'idle' } });
    await open.checkpoint();
    await open.close();
    return { folder: options.folder, key: options.key, verify: good };
  }

  test('holds', async () => {
    expect(await tryLedger(await ledger())).toMatchObject({ outcome: 'holds', seen: expect.stringContaining('6 events rebuilt') });
  });

  test('a verification that fails turns it red, with its words', async () => {
    const verify = async () => ({ good: false, code: 'cut', sentence: 'Its end is missing.' });
    expect(await tryLedger({ ...(await ledger()), verify })).toEqual({ outcome: 'fails', seen: 'cut: Its end is missing.' });
  });

  test('a reader that finds nothing turns it red, and names every change that it took', async () => {
    const blind: typeof readLedger = (...args) => ({ ...readLedger(...args), faults: [] });
    const { outcome, seen } = await tryLedger({ ...(await ledger()), read: blind });
    expect(outcome).toBe('fails');
    for (const word of ['changed', 'taken out', 'other order', 'cut off', 'checkpoint']) expect(seen).toContain(word);
  });
});

describe('anchors', () => {
  const view: AnchorView = {
    name: 'share',
    kind: 'file',
    where: '/mnt/audit',
    grade: 'anchored',
    head: null,
    at: null,
    ageSeconds: 0,
    failing: null,
    sentence: '4 events are anchored.',
  };
  test('holds, and without one it is said that nothing was shown', () => {
    expect(anchorsFinding([view]).outcome).toBe('holds');
    expect(anchorsFinding([])).toMatchObject({ outcome: 'not-shown', seen: expect.stringContaining('wardmux anchor') });
  });
  test.each<[string, Partial<AnchorView>]>([
    ['that did not take it', { failing: { since: '2026-11-28T00:00:00.000Z', attempts: 1, code: 'unreachable' } as AnchorView['failing'] }],
    ['that is late', { grade: 'not-anchored' }],
    ['that has another history', { grade: 'diverged' }],
  ])('one %s turns it red, whatever the others did', (_, worse) => {
    expect(anchorsFinding([view, { ...view, name: 'siem', ...worse }])).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('siem') });
  });
});

describe('permissions', () => {
  function home(): string {
    const folder = join(temporary(), 'home');
    mkdirSync(join(folder, 'people'), { recursive: true, mode: 0o700 });
    for (const path of [folder, join(folder, 'people')]) chmodSync(path, 0o700);
    writeFileSync(join(folder, 'people', 'one'), '', { mode: 0o600 });
    return folder;
  }
  test('holds', () => {
    expect(permissionsFinding(lookAtPermissions(home()))).toEqual({
      outcome: 'holds',
      seen: '2 folders and 1 files belong to this account, and nobody else can read or write them.',
    });
  });
  test.each<[string, (folder: string) => void, string]>([
    ['a file that others can read', (folder) => chmodSync(join(folder, 'people', 'one'), 0o604), 'mode 604'],
    ['a folder that the group can enter', (folder) => chmodSync(join(folder, 'people'), 0o710), 'mode 710'],
    ['the folder itself', (folder) => chmodSync(folder, 0o755), 'mode 755'],
    ['a link out of it', (folder) => symlinkSync('/etc/passwd', join(folder, 'people', 'two')), 'no plain file'],
  ])('%s turns it red, and is named', (_, sabotage, words) => {
    const folder = home();
    sabotage(folder);
    expect(permissionsFinding(lookAtPermissions(folder))).toMatchObject({ outcome: 'fails', seen: expect.stringContaining(words) });
  });
  test('what belongs to another account turns it red', () => {
    expect(permissionsFinding(lookAtPermissions(home(), 4711)).seen).toContain('belongs to another user');
  });
  test('of many, some are named and all are counted', () => {
    const folder = home();
    for (let n = 0; n < 8; n++) writeFileSync(join(folder, `f${n}`), '', { mode: 0o644 });
    expect(permissionsFinding(lookAtPermissions(folder)).seen).toContain('and 3 more');
  });
});

describe('back-off', () => {
  const own = async () => [];
  test('holds', async () => {
    expect(await tryBackoff({ own, people: 1 })).toMatchObject({ outcome: 'holds' });
  });
  test('a counter of somebody here that was set back turns it red', async () => {
    const finding = await tryBackoff({ own: async () => [{ person: 'p-0123456789ab', how: 'set-back' }], people: 1 });
    expect(finding).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('p-0123456789ab (set-back)') });
  });
  test.each<[string, OpenCounters, string]>([
    [
      'counters that do not make anybody wait',
      (home, key, options) => Object.assign(new Backoff(home, key, options), { status: () => ({ failures: 9, waitSeconds: 0 }) }),
      'nothing has to wait',
    ],
    [
      'counters that believe their file',
      (home, key, options) => new Backoff(home, key, { ...options, onTampered: () => undefined }),
      'set back is not found out',
    ],
    [
      'counters that go by the wall clock',
      (home, key, options) => new Backoff(home, key, { ...options, clock: () => ({ ...options.clock!(), bootId: String(options.clock!().wallMs) }) }),
      'forward by a day',
    ],
    ['counters without a key', (home, _, options) => new Backoff(home, new Uint8Array(32), options), 'another key is not found out'],
  ])('%s turn it red', async (_, open, words) => {
    expect(await tryBackoff({ own, people: 1, open })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining(words) });
  });
});

describe('recovery', () => {
  test('holds', async () => {
    expect(await tryRecovery()).toMatchObject({ outcome: 'holds' });
  });
  test('one that throws the torn bytes away turns it red', async () => {
    const wasteful: typeof recoverRecording = async (folder, ...more) => {
      const report = await recoverRecording(folder, ...more);
      for (const name of report.tornFiles) truncateSync(join(folder, name), 0);
      return report;
    };
    expect(await tryRecovery({ recover: wasteful })).toMatchObject({ outcome: 'fails', seen: expect.stringContaining('lost') });
  });
  test('one that cuts too much turns it red', async () => {
    const greedy: typeof recoverRecording = async (folder, ...more) => {
      const segment = join(folder, segmentName(0));
      const bytes = readFileSync(segment);
      truncateSync(segment, bytes.length - 40);
      const report = await recoverRecording(folder, ...more);
      return report;
    };
    expect(await tryRecovery({ recover: greedy })).toMatchObject({ outcome: 'fails' });
  });
  test('one that does nothing turns it red', async () => {
    const idle: typeof recoverRecording = async () => ({
      recording: '',
      keptFrames: 0,
      tornBytes: 0,
      tornFiles: [],
      head: { size: 0, root: '' },
      lastWallMs: 0,
      durationMs: 0,
      roots: new Map(),
    });
    expect(await tryRecovery({ recover: idle })).toMatchObject({ outcome: 'fails' });
  });
});

test('a control that throws fails, in words of ours, and the others are tried all the same', async () => {
  const fine = (): { outcome: 'holds'; seen: string } => ({ outcome: 'holds', seen: 'Seen.' });
  const checks: Checks = {
    ...(Object.fromEntries(controls.map(({ name }) => [name, fine])) as unknown as Checks),
    cipher: () => {
      throw new TypeError("Cannot read '/home/meier/x'");
    },
  };
  const tried = await tryControls(checks);
  expect(tried.map(({ name }) => name)).toEqual(controls.map(({ name }) => name));
  expect(tried.filter(({ outcome }) => outcome === 'fails')).toEqual([
    { name: 'cipher', outcome: 'fails', seen: expect.stringMatching(/^It could not be tried: .*\(TypeError\)/) },
  ]);
});
