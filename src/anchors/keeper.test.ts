import { mkdirSync, readFileSync, rmSync, writeFileSync, appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkEntry, type AuditEntry } from '../ledger/events.ts';
import { testSigner } from '../ledger/fixture.ts';
import type { AnchorRow, AnchorProof } from './kinds.ts';
import type { SyslogAnchor } from './syslog.ts';
import { AnchorError } from './errors.ts';
import { START, TestLedger, temporary } from './fixture.ts';
import { inspectAnchor, viewOf, type KeptAnchor } from './inspect.ts';
import { AnchorKeeper, BACKOFF_MS } from './keeper.ts';
import { AnchorStore } from './store.ts';
import { syslogChannel } from './syslog.ts';
import type { Channel } from './kind.ts';
import type { AnchorHead } from './types.ts';

const row: AnchorRow = { name: 'siem', kind: 'syslog', host: 'siem.example.org', port: 6514, fingerprint: '0'.repeat(64) };

/** An other side that can be down, slow, or up. */
class Other implements Channel<AnchorProof> {
  readonly where = 'siem.example.org:6514';
  readonly taken: AnchorHead[] = [];
  attempts = 0;
  answer: 'take' | 'refuse' | 'hang' = 'take';
  release: () => void = () => {};

  async send(head: AnchorHead): Promise<AnchorProof> {
    this.attempts++;
    if (this.answer === 'hang') await new Promise<void>((resolve) => (this.release = resolve));
    if (this.answer === 'refuse') throw new AnchorError('unreachable', 'nobody listens');
    this.taken.push(head);
    return { kind: 'syslog', server: this.where, certificate: '0'.repeat(64) };
  }
  async check(): Promise<string | undefined> {
    return undefined;
  }
}

let ledger: TestLedger;
let other: Other;
let folder: string;
let now: number;
let entered: AuditEntry[];

beforeEach(() => {
  ledger = new TestLedger();
  other = new Other();
  folder = temporary();
  now = START;
  entered = [];
});

function open(options: { readonly attemptMs?: number; readonly row?: AnchorRow } = {}): AnchorKeeper {
  const anchor: KeptAnchor = { row: options.row ?? row, channel: other, store: new AnchorStore(join(folder, 'siem')) };
  return new AnchorKeeper({
    anchors: [anchor],
    key: ledger.key,
    history: ledger.history,
    now: () => now,
    random: () => 1,
    sign: (bytes) => ledger.signer.sign(bytes),
    enter: (entry) => {
      checkEntry(entry);
      entered.push(entry);
    },
    ...(options.attemptMs === undefined ? {} : { attemptMs: options.attemptMs }),
  });
}

/** Time passes, a second at a time; the ledger grows as long as the callback says so. */
async function pass(keeper: AnchorKeeper, seconds: number, eachSecond: () => Promise<void> = async () => {}): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    now += 1000;
    await eachSecond();
    keeper.tick();
    await keeper.idle();
  }
}

async function loaded(options: Parameters<typeof open>[0] = {}): Promise<AnchorKeeper> {
  const keeper = open(options);
  await keeper.load((await ledger.head(now)).note);
  return keeper;
}

describe('what goes', () => {
  test('the first head goes at once, the next ones a minute apart, and only the newest', async () => {
    ledger.grow(1);
    const keeper = await loaded();
    await pass(keeper, 180, async () => {
      ledger.grow(1);
      keeper.offer((await ledger.head(now)).note);
    });
    expect(other.taken.map(({ size }) => size)).toEqual([2, 62, 122]);
    expect(keeper.view()[0]).toMatchObject({ grade: 'anchored', head: { size: 122 } });
  });

  test('at rest a head of the same size goes every ten minutes, so that silence is an alarm', async () => {
    ledger.grow(3);
    const keeper = await loaded();
    await pass(keeper, 1300, async () => keeper.offer((await ledger.head(now)).note));
    expect(other.taken).toHaveLength(3);
    expect(new Set(other.taken.map(({ size }) => size))).toEqual(new Set([3]));
  });

  test('good news is one event and not one a head, or the events would feed themselves', async () => {
    ledger.grow(1);
    const keeper = await loaded();
    let grown = 0;
    let second = 0;
    await pass(keeper, 3600, async () => {
      if (++second % 10 !== 0) return;
      if (entered.length > grown) ledger.grow(1, 'anchor.sent');
      grown = entered.length;
      keeper.offer((await ledger.head(now)).note);
    });
    expect(entered.map(({ action }) => action)).toEqual(['anchor.sent']);
  });
});

describe('the other side is down', () => {
  test('for a day: attempts thin out, one event says so, and the newest head goes when it is back', { timeout: 60_000 }, async () => {
    other.answer = 'refuse';
    ledger.grow(5);
    const keeper = await loaded();
    let at = 0;
    await pass(keeper, 24 * 3600, async () => {
      if (++at % 60 !== 0) return;
      ledger.grow(1);
      keeper.offer((await ledger.head(now)).note);
    });
    expect(other.attempts).toBeGreaterThan(100);
    expect(other.attempts).toBeLessThan(250);
    expect(entered).toEqual([{ action: 'anchor.failed', detail: { anchor: 'siem', kind: 'syslog', code: 'unreachable', attempts: 3 } }]);
    expect(keeper.view()[0]).toMatchObject({ grade: 'not-anchored', failing: { code: 'unreachable' } });
    other.answer = 'take';
    await pass(keeper, BACKOFF_MS.most / 1000 + 1);
    expect(other.taken.map(({ size }) => size)).toEqual([5 + 24 * 60]);
    expect(entered.at(-1)).toMatchObject({ action: 'anchor.sent', detail: { size: 5 + 24 * 60 } });
    expect(keeper.view()[0]).toMatchObject({ grade: 'anchored', failing: null });
  });

  test('a process that ends in between: the next one knows since when, and goes on', async () => {
    other.answer = 'refuse';
    ledger.grow(5);
    await pass(await loaded(), 120);
    now += 3_600_000;
    const before = other.attempts;
    const next = await loaded();
    expect(next.view()[0]).toMatchObject({ grade: 'not-anchored', failing: { since: new Date(START + 1000).toISOString(), attempts: before } });
    other.answer = 'take';
    await pass(next, 1);
    expect(other.taken).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(folder, 'siem/state.json'), 'utf8'))).toMatchObject({ pending: null, failing: null });
  });

  test('a head in the moment of a kill is handed over again, and nothing is lost', async () => {
    ledger.grow(5);
    await pass(await loaded(), 1);
    // The receipt was cut off in the middle of its line, as a kill leaves it.
    const path = join(folder, 'siem/receipts.jsonl');
    writeFileSync(path, readFileSync(path).subarray(0, 100));
    await pass(await loaded(), 1);
    expect(other.taken.map(({ size }) => size)).toEqual([5, 5]);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1]!)).toMatchObject({ note: other.taken[1]!.note });
  });

  test('an other side that hangs has failed, and gets no second attempt until it comes back', async () => {
    ledger.grow(1);
    other.answer = 'hang';
    const keeper = await loaded({ attemptMs: 5 });
    await pass(keeper, 60);
    expect(other.attempts).toBe(1);
    expect(keeper.view()[0]).toMatchObject({ failing: { code: 'timeout', attempts: 1 } });
    other.answer = 'take';
    other.release();
    await pass(keeper, 60);
    expect(other.attempts).toBe(2);
    expect(keeper.view()[0]).toMatchObject({ grade: 'anchored' });
  });

  test('close waits for no other side', async () => {
    ledger.grow(1);
    other.answer = 'hang';
    const keeper = await loaded();
    keeper.tick();
    await keeper.close();
    expect(entered).toEqual([]);
    expect(existsSync(join(folder, 'siem/state.json'))).toBe(false);
  });

  test('a clock that is set back a year puts nothing off', async () => {
    ledger.grow(1);
    const keeper = await loaded();
    await pass(keeper, 1);
    now -= 365 * 86_400_000;
    ledger.grow(1);
    keeper.offer((await ledger.head(now)).note);
    await pass(keeper, 1);
    expect(other.taken.map(({ size }) => size)).toEqual([1, 2]);
  });
});

describe('a ledger that does not extend what was kept', () => {
  test.each<[string, () => void]>([
    ['was cut', () => void (ledger.events.length = 3)],
    ['was rewritten', () => void (ledger.events[1] = 'another')],
  ])('%s: diverged, entered once, also after newer heads went and after a restart', async (_, forge) => {
    ledger.grow(5);
    await pass(await loaded(), 1);
    const original = [...ledger.events];
    forge();
    const keeper = await loaded();
    expect(keeper.view()[0]!.grade).toBe('diverged');
    ledger.grow(1, 'new');
    keeper.offer((await ledger.head(now)).note);
    await pass(keeper, 100);
    expect(keeper.view()[0]!.grade).toBe('diverged');
    // Even where it is longer than the head that was kept.
    ledger.grow(10, 'new');
    const next = await loaded();
    await pass(next, 100);
    expect(next.view()[0]!.grade).toBe('diverged');
    expect(entered.filter(({ action }) => action === 'anchor.diverged')).toHaveLength(1);
    // The way back: the original, restored.
    ledger.events = original;
    ledger.grow(1);
    const restored = await loaded();
    await pass(restored, 100);
    expect(restored.view()[0]!.grade).toBe('anchored');
  });

  test('a head that was signed and never went counts too', async () => {
    ledger.grow(5);
    other.answer = 'refuse';
    await pass(await loaded(), 1);
    ledger.events.length = 4;
    expect((await loaded()).view()[0]!.grade).toBe('diverged');
  });
});

describe('what lies in the folder', () => {
  test.each<[string, (path: string) => void]>([
    ['junk', (path) => writeFileSync(path, 'junk\n'.repeat(40_000))],
    ['nothing', (path) => rmSync(path)],
  ])('%s is not believed, and the next head makes it good', async (_, change) => {
    ledger.grow(2);
    await pass(await loaded(), 1);
    change(join(folder, 'siem/receipts.jsonl'));
    writeFileSync(join(folder, 'siem/state.json'), '{"pending":7}\n');
    const keeper = await loaded();
    expect(keeper.view()[0]).toMatchObject({ grade: 'not-anchored', head: null });
    await pass(keeper, 1);
    expect(keeper.view()[0]).toMatchObject({ grade: 'anchored', head: { size: 2 } });
  });
});

test('what stands nowhere outside waits since its first event, whatever new heads come and whatever file is removed', async () => {
  ledger.grow(2);
  await pass(await loaded(), 1);
  const kept = (): KeptAnchor => ({ row, channel: other, store: new AnchorStore(join(folder, 'siem')) });
  const view = async () => viewOf(kept(), await inspectAnchor(kept(), await ledger.head(now), ledger.key, ledger.history, true), now);
  // Somebody has a command enter an event each ten minutes, and hands none over.
  for (const minutes of [10, 20, 30]) {
    now = START + minutes * 60_000;
    ledger.grow(1, 'event', now);
    rmSync(join(folder, 'siem/state.json'), { force: true });
    expect(await view()).toMatchObject({ grade: minutes === 30 ? 'not-anchored' : 'anchored', head: { size: 2 } });
  }
  expect((await view()).sentence).toContain('newer ones wait');
});

describe('a receipt is one by its signature', () => {
  const path = (): string => join(folder, 'siem/receipts.jsonl');
  const anchor = (name = 'siem', where: Channel<AnchorProof> = other): KeptAnchor => ({
    row: { ...row, name },
    channel: where,
    store: new AnchorStore(join(folder, name)),
  });
  const seen = async (kept = anchor()) => viewOf(kept, await inspectAnchor(kept, await ledger.head(now), ledger.key, ledger.history, true), now);
  /** A receipt for the newest head, as its line; signed for `name` by whom it says. */
  async function receipt(name: string, signer = ledger.signer): Promise<string> {
    const store = new AnchorStore(join(temporary(), name));
    const proof = { kind: 'syslog', server: other.where, certificate: '0'.repeat(64) } as const;
    await store.addReceipt({ at: new Date(now).toISOString(), note: (await ledger.head(now)).note, proof }, (bytes) => signer.sign(bytes));
    return readFileSync(join(store.folder, 'receipts.jsonl'), 'utf8');
  }
  const changed = (line: string, change: (receipt: Record<string, unknown>) => object): string =>
    `${JSON.stringify(change(JSON.parse(line) as Record<string, unknown>))}\n`;

  test.each<[string, () => Promise<string>]>([
    ['without a signature, over a good note', async () => changed(await receipt('siem'), ({ signature: _, ...rest }) => rest)],
    ['with a signature of another key', async () => receipt('siem', testSigner())],
    ['of another anchor', async () => receipt('elsewhere')],
    ['with another time', async () => changed(await receipt('siem'), (line) => ({ ...line, at: new Date(now + 1).toISOString() }))],
    [
      'with the note’s own signature',
      async () => changed(await receipt('siem'), (line) => ({ ...line, signature: (line['note'] as string).trim().split(' ').at(-1) })),
    ],
  ])('%s: not believed, counted and said', async (_, forged) => {
    ledger.grow(2);
    mkdirSync(join(folder, 'siem'));
    writeFileSync(path(), await receipt('siem'));
    expect(await seen()).toMatchObject({ grade: 'anchored', head: { size: 2 } });
    writeFileSync(path(), await forged());
    const view = await seen();
    expect(view).toMatchObject({ grade: 'not-anchored', head: null });
    expect(view.sentence).toContain('1 line among its receipts is not signed by this installation');
    // Beside a good one it takes nothing from it.
    appendFileSync(path(), await receipt('siem'));
    expect(await seen()).toMatchObject({ grade: 'anchored', sentence: expect.stringContaining('not believed') });
  });

  test('of a collector that the policy does not name any more is not believed', async () => {
    ledger.grow(2);
    mkdirSync(join(folder, 'siem'));
    writeFileSync(path(), await receipt('siem'));
    const moved = syslogChannel({ row: { ...row, host: 'other.example.org' } as SyslogAnchor, installation: ledger.installation, network: [] });
    expect(await seen(anchor('siem', moved))).toMatchObject({ grade: 'not-anchored', sentence: expect.stringContaining('not of other.example.org:6514') });
  });

  test('the file keeps its end when it gets long', async () => {
    ledger.grow(2);
    mkdirSync(join(folder, 'siem'));
    writeFileSync(path(), 'x'.repeat(1024 * 1024) + '\n' + (await receipt('siem')).repeat(3));
    await pass(await loaded(), 1);
    expect(readFileSync(path(), 'utf8').split('\n').filter(Boolean)).toHaveLength(4);
    expect(await seen()).toMatchObject({ grade: 'anchored', head: { size: 2 } });
  });
});

test('a head that went is no sign that the place is still there: one failed attempt is said', async () => {
  ledger.grow(2);
  const keeper = await loaded();
  await pass(keeper, 1);
  other.answer = 'refuse';
  await keeper.flush({ again: true });
  expect(keeper.view()[0]).toMatchObject({
    grade: 'not-anchored',
    head: { size: 2 },
    sentence: expect.stringMatching(/the last attempt was not taken\. It has failed since .* \(unreachable, once\)\.$/),
  });
  other.answer = 'take';
  await keeper.flush({ again: true });
  expect(keeper.view()[0]).toMatchObject({ grade: 'anchored', failing: null });
});

describe('what is asked for now', () => {
  test('goes also where the head is there already; without being asked for it does not', async () => {
    ledger.grow(2);
    const keeper = await loaded();
    await keeper.flush();
    await keeper.flush();
    expect(other.taken).toHaveLength(1);
    await keeper.flush({ again: true });
    expect(other.taken).toHaveLength(2);
  });
});

describe('an alert', () => {
  const alert = { id: 'b-000000000001', time: '2026-11-28T03:00:00.000Z', text: '{"format":"wardmux-alert"}' };
  /** Takes alerts too. */
  class Hears extends Other {
    readonly alerts: string[] = [];
    async alert({ text }: { readonly text: string }, signature: string): Promise<void> {
      if (this.answer === 'refuse') throw new AnchorError('unreachable', 'nobody listens');
      this.alerts.push(text);
      expect(signature).toMatch(/^[A-Za-z0-9+/]{86}==$/);
    }
  }

  test('it leaves at once, once, before the head; again and again while nobody listens; and it is an event', async () => {
    const hears = new Hears();
    other = hears;
    const keeper = await loaded();
    ledger.grow(1);
    keeper.offer((await ledger.head(now)).note);
    hears.answer = 'refuse';
    keeper.alert(alert, []);
    await pass(keeper, 3);
    expect([hears.alerts.length, keeper.alertTries]).toEqual([0, 1]);
    hears.answer = 'take';
    await pass(keeper, 20);
    expect(hears.alerts).toEqual([alert.text]);
    expect(keeper.alertTries).toBeUndefined();
    keeper.alert(alert, []);
    keeper.alert({ ...alert, id: 'b-000000000002' }, ['siem']);
    await pass(keeper, 3);
    expect(hears.alerts).toHaveLength(1);
    expect(entered.filter(({ action }) => action === 'breakglass.alert')).toEqual([
      { action: 'breakglass.alert', detail: { breakGlass: alert.id, anchor: 'siem', kind: 'syslog' } },
    ]);
  });

  test('a kind that carries none is not waited for', async () => {
    const keeper = await loaded();
    keeper.alert(alert, []);
    expect(keeper.alertTries).toBeUndefined();
  });
});
