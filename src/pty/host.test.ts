import { unlockText } from '../recording/access.ts';
import { describe, expect, test } from 'vitest';
import { person, recipient, somebody, Stage } from './host.fixture.ts';
import { LEASE_MS, READ_MS, RENEW_MS } from '../bridge/lease.ts';
import { limits } from './backlog/backlog.ts';
import { checkpointMs, LOCK_PAUSE_MS, maxPlaybackMs } from './host.ts';
import { SentenceError } from '../types/sentence.ts';

const { enoughBytes, highWaterBytes, lowWaterBytes, playbackBytes, blockBytes } = limits;

async function ready(): Promise<Stage> {
  const stage = new Stage();
  stage.configure();
  await stage.spawn(1);
  return stage;
}

describe('starting', () => {
  test('answers configure once, and refuses whatever comes before it', async () => {
    const stage = new Stage();
    stage.send({ type: 'attach', publicKey: new Uint8Array(65), person, method: 'x', key: recipient.jwk });
    expect((await stage.spawn(1)).type).toBe('spawnFailed');
    expect(stage.writers).toEqual([]);
    stage.configure();
    expect(stage.count('ready')).toBe(1);
    stage.configure();
    expect(stage.count('ready')).toBe(1);
  });

  test('starts a shell with a scrubbed environment, recorded from the start', async () => {
    const stage = new Stage();
    stage.configure();
    const env = {
      PATH: '/bin',
      HOME: '/',
      LANG: 'C',
      NODE_OPTIONS: '-r x',
      ELECTRON_RUN_AS_NODE: '1',
      WARDMUX_HOME: '/h',
      npm_config_x: '1',
      CHROME_DESKTOP: 'x',
      TMUX: 'x',
    };
    expect(await stage.spawn(3, { env, command: ['sh', '-i'] })).toEqual({ type: 'spawned', pane: 3, recording: 'recording-0', pid: 1000 });
    const { options } = stage.ptys[0]!;
    expect(options.command.slice(1)).toEqual(['-i']);
    expect(options.command[0]).toMatch(/^\/.*\/sh$/);
    expect(options.env).toEqual({ PATH: '/bin', HOME: '/', LANG: 'C', WARDMUX_HOME: '/h', TERM: 'xterm-256color', PWD: '/', WARDMUX: '1' });
    expect(stage.writers[0]!.options.start).toEqual({ command: ['sh', '-i'], cwd: '/', cols: 80, rows: 24, term: 'xterm-256color', version: '0.0.0' });
  });

  test.each([
    ['/no/such/shell', /\/no\/such\/shell does not exist/],
    ['/etc/passwd', /\/etc\/passwd may not be run/],
    ['/etc', /\/etc is a folder/],
    ['no-such-shell', /no-such-shell was not found in \/usr\/bin:\/bin/],
    ['', /its name is empty/],
  ])('says why %j cannot be started, and begins no recording', async (shell, sentence) => {
    const stage = new Stage();
    stage.configure();
    expect(await stage.spawn(1, { command: [shell] })).toMatchObject({ type: 'spawnFailed', pane: 1, sentence: expect.stringMatching(sentence) as string });
    expect(stage.writers).toEqual([]);
    expect(stage.livePanes).toBe(0);
    expect((await stage.spawn(1)).type).toBe('spawned');
  });

  test('starts at home where the folder is gone, and says so', async () => {
    const stage = new Stage();
    stage.configure();
    await stage.spawn(1, { cwd: '/no/such/folder', env: { HOME: '/usr', PATH: '/bin' } });
    expect(stage.ptys[0]!.options.cwd).toBe('/usr');
    expect(stage.faults()).toEqual(['The folder /no/such/folder cannot be entered, so this shell has started in /usr.']);
  });

  test('refuses a pane that has a shell', async () => {
    const stage = await ready();
    expect(await stage.spawn(1)).toMatchObject({ type: 'spawnFailed' });
    expect(stage.ptys.length).toBe(1);
    expect(stage.livePanes).toBe(1);
  });

  test('a pane that is closed before its shell has started starts none', async () => {
    const stage = new Stage();
    stage.configure();
    const answer = stage.spawn(1);
    stage.send({ type: 'kill', pane: 1 });
    expect((await answer).type).toBe('spawnFailed');
    expect(stage.ptys).toEqual([]);
    expect(stage.writers[0]!.ended).toBe('closed');
  });
});

describe('output', () => {
  test('is sealed before it is shown, with its offset', async () => {
    const stage = await ready();
    const page = await stage.attach();
    stage.ptys[0]!.print('one');
    stage.ptys[0]!.print('two');
    expect(stage.log).toEqual(['sealed', 'shown', 'sealed', 'shown']);
    expect((await page.frames()).map((frame) => ({ ...frame, bytes: Buffer.from((frame as { bytes: Uint8Array }).bytes).toString() }))).toEqual([
      { type: 'output', pane: 1, offset: 0, bytes: 'one' },
      { type: 'output', pane: 1, offset: 3, bytes: 'two' },
    ]);
  });

  test('is not shown when it cannot be sealed: the pane is closed and it is said why', async () => {
    const stage = await ready();
    await stage.attach();
    stage.writers[0]!.failure = new SentenceError('The disk is full.');
    stage.ptys[0]!.print('secret');
    expect(stage.count('frame')).toBe(0);
    expect(stage.faults()).toEqual(['The disk is full. The program is ended, because nothing may be shown that is not sealed.']);
    expect(stage.ptys[0]!.closed).toBe(true);
    expect(await stage.answer(({ type }) => type === 'exit')).toMatchObject({ pane: 1, signal: 1 });
    expect(JSON.stringify(stage.posts)).not.toContain('secret');
    expect(stage.livePanes).toBe(0);
  });

  test('a sync that fails later ends the pane too', async () => {
    const stage = await ready();
    const writer = stage.writers[0]!;
    writer.options.notice({ kind: 'failed', recording: writer.id, reason: 'EIO while syncing.', head: { size: 2, root: '0'.repeat(64) } });
    expect(stage.faults()[0]).toMatch(/^EIO while syncing\./);
    await stage.answer(({ type }) => type === 'exit');
    stage.ptys[0]!.print('later');
    expect(writer.text).toBe('');
  });

  test('waits for the page: high and low water, cumulative acks', async () => {
    const stage = await ready();
    const page = await stage.attach();
    const pty = stage.ptys[0]!;
    stage.send({ type: 'ack', pane: 1, parsed: 0 });
    pty.print(Buffer.alloc(highWaterBytes));
    expect(pty.paused).toBe(false);
    pty.print('x');
    expect(pty.paused).toBe(true);
    // The page gets more as it parses, and only what it has got counts as parsed.
    stage.send({ type: 'ack', pane: 1, parsed: 1e12 });
    expect(pty.paused).toBe(true);
    stage.send({ type: 'ack', pane: 1, parsed: highWaterBytes - lowWaterBytes + 2 });
    expect(pty.paused).toBe(false);
    pty.print(Buffer.alloc(highWaterBytes));
    expect(pty.paused).toBe(true);
    // A page that is gone holds nobody back, once the lock has had the processor.
    stage.send({ type: 'detach', cause: 'idle' });
    stage.clock.advance(LOCK_PAUSE_MS);
    expect(pty.paused).toBe(false);
    expect((await page.frames()).length).toBeGreaterThan(1);
  });

  test('while the page plays back its recordings a flood waits, in each pane until all are played back, and what is typed is echoed', async () => {
    const stage = await ready();
    await stage.spawn(2);
    await stage.attach();
    const [one, two] = [stage.ptys[0]!, stage.ptys[1]!];
    for (const pty of [one, two]) {
      pty.print('an echo');
      expect(pty.paused).toBe(false);
      for (let sent = 0; sent <= playbackBytes; sent += blockBytes) pty.print(Buffer.alloc(blockBytes));
      expect(pty.paused).toBe(true);
    }
    stage.send({ type: 'ack', pane: 1, parsed: 0 });
    stage.send({ type: 'ack', pane: 1, parsed: 0 });
    expect([one.paused, two.paused]).toEqual([true, true]);
    stage.send({ type: 'ack', pane: 2, parsed: 0 });
    expect([one.paused, two.paused]).toEqual([false, false]);
  });

  test('a pane that ends, and a page that never says that it is ready, hold nobody back', async () => {
    const stage = await ready();
    await stage.spawn(2);
    await stage.attach();
    const [one, two] = [stage.ptys[0]!, stage.ptys[1]!];
    for (let sent = 0; sent <= playbackBytes; sent += blockBytes) one.print(Buffer.alloc(blockBytes));
    stage.send({ type: 'ack', pane: 1, parsed: 0 });
    expect(one.paused).toBe(true);
    two.finish({ code: 0, signal: 0 });
    await stage.answer(({ type }) => type === 'exit');
    expect(one.paused).toBe(false);
    stage.send({ type: 'detach', cause: 'idle' });
    stage.clock.advance(LOCK_PAUSE_MS);
    await stage.attach();
    for (let sent = 0; sent <= playbackBytes; sent += blockBytes) one.print(Buffer.alloc(blockBytes));
    expect(one.paused).toBe(true);
    for (let waited = 0; waited < maxPlaybackMs; waited += RENEW_MS) {
      expect(one.paused).toBe(true);
      stage.clock.advance(RENEW_MS);
      stage.send({ type: 'lease' });
    }
    expect(one.paused).toBe(false);
  });

  test('leaves out of a flood what nobody can see any more; all of it is sealed, and the end of a program comes whole', async () => {
    const stage = await ready();
    const page = await stage.attach();
    const pty = stage.ptys[0]!;
    const lines = Array.from({ length: 1000 }, (_, i) => `line ${i} of many\r\n`).join('');
    stage.send({ type: 'ack', pane: 1, parsed: 0 });
    pty.print(Buffer.alloc(enoughBytes, 'x'));
    for (let turn = 0; turn < 100; turn++) pty.print(lines);
    expect(pty.paused).toBe(false);
    expect(stage.writers[0]!.outputBytes).toBe(enoughBytes + 100 * lines.length);
    pty.finish({ code: 0, signal: 0 });
    await stage.answer(({ type }) => type === 'exit');
    let next = 0;
    let skipped = 0;
    let shown = '';
    for (const frame of await page.frames()) {
      if (frame.type !== 'output' && frame.type !== 'skip') continue;
      expect(frame.offset).toBe(next);
      next = frame.type === 'skip' ? frame.to : next + frame.bytes.length;
      if (frame.type === 'skip') skipped += frame.to - frame.offset;
      else shown += Buffer.from(frame.bytes).toString();
    }
    expect(next).toBe(stage.writers[0]!.outputBytes);
    expect(skipped).toBeGreaterThan(50 * lines.length);
    expect(shown.endsWith(lines.repeat(10))).toBe(true);
  });

  test('a shell that is being started while its person unlocks is shown from its first byte', async () => {
    const stage = new Stage();
    stage.configure();
    const spawned = stage.spawn(1);
    const page = await stage.attach();
    await spawned;
    stage.ptys[0]!.print('first');
    expect((await page.frames()).map((frame) => frame.type === 'output' && [frame.offset, Buffer.from(frame.bytes).toString()])).toEqual([[0, 'first']]);
  });

  test('tells the sealed bytes at most once a second, of each person alone', async () => {
    const stage = await ready();
    const other = somebody();
    await stage.spawn(2, { person: 'p-000000000002', recipients: [other.recipient] });
    for (let turn = 0; turn < 10; turn++) stage.ptys[0]!.print('12345');
    stage.ptys[1]!.print('123');
    stage.clock.advance(1000);
    expect(stage.posts.filter(({ type }) => type === 'sealed')).toEqual([
      { type: 'sealed', person, bytes: 50 },
      { type: 'sealed', person: 'p-000000000002', bytes: 3 },
    ]);
    stage.clock.advance(5000);
    expect(stage.count('sealed')).toBe(2);
    stage.ptys[0]!.print('12345');
    stage.clock.advance(1000);
    expect(stage.posts.findLast(({ type }) => type === 'sealed')).toEqual({ type: 'sealed', person, bytes: 55 });
  });
});

describe('locking', () => {
  test('goes on sealing and shows nothing; a paused pty goes on', async () => {
    const stage = await ready();
    await stage.attach();
    const pty = stage.ptys[0]!;
    pty.print(Buffer.alloc(highWaterBytes + 1));
    expect(pty.paused).toBe(true);
    const shown = stage.count('frame');
    stage.send({ type: 'detach', cause: 'idle' });
    expect(stage.count('detached')).toBe(1);
    stage.clock.advance(LOCK_PAUSE_MS);
    expect(pty.paused).toBe(false);
    pty.print('while locked');
    expect(stage.writers[0]!.text.endsWith('while locked')).toBe(true);
    expect(stage.count('frame')).toBe(shown);
    expect(stage.writers[0]!.events.map(({ code, data }) => code + data)).toEqual([`u${unlockText(person, 'passkey')}`, 'l{"cause":"idle"}']);
    expect(stage.writers[0]!.segments).toBe(2);
  });

  test('lets no byte through to a shell, neither new nor waiting', async () => {
    const stage = await ready();
    const page = await stage.attach();
    const pty = stage.ptys[0]!;
    await page.type(1, 'before');
    pty.reads(false);
    await page.type(1, 'waiting');
    stage.send({ type: 'detach', cause: 'hotkey' });
    await page.type(1, 'after');
    pty.reads(true);
    expect(pty.received.toString()).toBe('before');
    expect(stage.faults()).toEqual(['The pty host refused a message: a frame came while the workspace is locked. Nothing was changed.']);
  });

  test('locks by itself when main is silent, and not while it is not', async () => {
    const stage = await ready();
    const page = await stage.attach();
    for (let i = 0; i < 10; i++) {
      stage.clock.advance(RENEW_MS);
      stage.send({ type: 'lease' });
    }
    await page.type(1, 'with main');
    stage.clock.advance(LEASE_MS);
    await page.type(1, ', still');
    stage.clock.advance(READ_MS);
    await page.type(1, 'without');
    expect(stage.ptys[0]!.received.toString()).toBe('with main, still');
    expect(stage.writers[0]!.events.at(-1)).toMatchObject({ code: 'l', data: '{"cause":"main-silent"}' });
    // A lease that comes too late opens nothing; only another attach does.
    stage.send({ type: 'lease' });
    await page.type(1, 'without');
    expect(stage.ptys[0]!.received.toString()).toBe('with main, still');
    expect(stage.count('detached')).toBe(0);
  });

  test('takes no snapshot either', async () => {
    const stage = await ready();
    const page = await stage.attach();
    stage.send({ type: 'detach', cause: 'idle' });
    await page.send({ type: 'snapshot', pane: 1, offset: 0, cols: 80, rows: 24, bytes: Buffer.from('x') });
    expect(stage.writers[0]!.events.some(({ code }) => code === 'n')).toBe(false);
  });

  test('a new attach has a new key, goes on at the offset, and ends the old one', async () => {
    const stage = await ready();
    const first = await stage.attach();
    stage.ptys[0]!.print('seen');
    await first.frames();
    stage.send({ type: 'detach', cause: 'idle' });
    stage.clock.advance(LOCK_PAUSE_MS);
    stage.ptys[0]!.print('missed');
    const second = await stage.attach();
    expect(second.panes).toMatchObject([{ pane: 1, recording: 'recording-0', written: { outputBytes: 10 } }]);
    stage.ptys[0]!.print('live');
    expect(await second.frames()).toMatchObject([{ type: 'output', offset: 10 }]);
    await first.type(1, 'old key');
    expect(stage.ptys[0]!.received.length).toBe(0);
    await second.type(1, 'new key');
    expect(stage.ptys[0]!.received.toString()).toBe('new key');
  });

  test("another person's pane is neither shown nor typed in", async () => {
    const stage = await ready();
    const page = await stage.attach('p-ffffffffffff');
    expect(page.panes).toEqual([]);
    stage.ptys[0]!.print('not yours');
    await page.type(1, 'rm');
    expect(stage.count('frame')).toBe(0);
    expect(stage.ptys[0]!.received.length).toBe(0);
    expect(stage.writers[0]!.text).toBe('not yours');
    expect(stage.faults()[0]).toMatch(/belongs to another person/);
  });

  test('an emergency sees its own shells alone, nobody sees them outside of it, and they end with it', async () => {
    const stage = await ready();
    const glass = 'b-000000000001';
    const opened = { role: 'emergency', reason: 'system-down', breakGlass: glass };
    const secondsLeft = 3600;
    expect(await stage.spawn(2, { roles: ['emergency'], opened })).toMatchObject({ type: 'spawnFailed' });
    expect(await stage.spawn(2, { roles: ['emergency'], opened: { ...opened, breakGlass: null }, secondsLeft })).toMatchObject({ type: 'spawnFailed' });
    expect((await stage.spawn(2, { roles: ['emergency'], opened, secondsLeft })).type).toBe('spawned');
    const outside = await stage.attach();
    expect(outside.panes.map(({ pane }) => pane)).toEqual([1]);
    await outside.type(2, 'rm');
    expect(stage.ptys[1]!.received.length).toBe(0);
    const inside = await stage.attach(person, undefined, glass);
    expect(inside.panes.map(({ pane }) => pane)).toEqual([2]);
    await inside.type(1, 'rm');
    expect(stage.ptys[0]!.received.length).toBe(0);
    expect(stage.writers[1]!.options).toMatchObject({ access: opened, reserveMebibytes: 0 });
    stage.send({ type: 'endEmergency', breakGlass: glass });
    stage.ptys[1]!.print('too late to be seen');
    expect(stage.writers[0]!.events.at(-1)).toMatchObject({ code: 'l' });
    await expect.poll(() => stage.ptys[1]!.signals).toContain('SIGHUP');
    expect(await stage.spawn(3, { roles: ['emergency'], opened, secondsLeft })).toMatchObject({
      type: 'spawnFailed',
      sentence: expect.stringContaining('is over') as string,
    });
  });

  test('the end of an emergency is answered after every recording of it has told of its beginning, on a slow disk too', async () => {
    const stage = await ready();
    const breakGlass = 'b-000000000001';
    let written = (): void => {};
    stage.disk = new Promise((resolve) => (written = resolve));
    const spawned = stage.spawn(2, { roles: ['emergency'], opened: { role: 'emergency', reason: 'system-down', breakGlass }, secondsLeft: 60 });
    stage.send({ type: 'endEmergency', breakGlass });
    // Another one's end has nothing to wait for.
    stage.send({ type: 'endEmergency', breakGlass: 'b-000000000002' });
    await stage.answer(({ type }) => type === 'emergencyEnded');
    expect([stage.count('emergencyEnded'), stage.writers.length]).toEqual([1, 1]);
    written();
    expect((await spawned).type).toBe('spawnFailed');
    await expect.poll(() => stage.count('emergencyEnded')).toBe(2);
    const said = stage.posts.map(({ type, notice }) => (type === 'notice' && notice.kind === 'start' ? `${type} ${notice.access.breakGlass}` : type));
    expect(said.indexOf(`notice ${breakGlass}`)).toBeGreaterThan(-1);
    expect(said.lastIndexOf('emergencyEnded')).toBeGreaterThan(said.indexOf(`notice ${breakGlass}`));
    expect([stage.writers[1]!.ended, stage.livePanes]).toEqual(['closed', 1]);
  });

  test('a key that is no point on the curve is refused, and the old page stays', async () => {
    const stage = await ready();
    const page = await stage.attach();
    stage.send({ type: 'attach', publicKey: new Uint8Array(65).fill(4), person, method: 'x', key: recipient.jwk });
    expect(stage.count('attached')).toBe(1);
    await page.type(1, 'still here');
    expect(stage.ptys[0]!.received.toString()).toBe('still here');
  });
});

describe('frames from the page', () => {
  test('a changed frame changes nothing, and the next good one is taken', async () => {
    const stage = await ready();
    const page = await stage.attach();
    stage.send({ type: 'frame', bytes: new Uint8Array(40) });
    await page.type(1, 'ok');
    expect(stage.ptys[0]!.received.toString()).toBe('ok');
    expect(stage.faults().length).toBe(1);
  });

  test('a snapshot becomes an event; one that cannot be true does not', async () => {
    const stage = await ready();
    const page = await stage.attach();
    stage.ptys[0]!.print('12345');
    const snapshot = { type: 'snapshot', pane: 1, cols: 80, rows: 24, bytes: Buffer.from('screen') } as const;
    await page.send({ ...snapshot, offset: 5 });
    await page.send({ ...snapshot, offset: 6 });
    await page.send({ ...snapshot, offset: 4 });
    await page.send({ ...snapshot, offset: 5, rows: 0 });
    await page.send({ ...snapshot, offset: 5, bytes: Buffer.alloc(2 * 1024 * 1024) });
    expect(stage.writers[0]!.events.filter(({ code }) => code === 'n').map(({ data }) => data)).toEqual(['{"outputOffset":5,"cols":80,"rows":24}\nscreen']);
  });

  test('frames that only others may send are refused', async () => {
    const stage = await ready();
    const page = await stage.attach();
    await page.send({ type: 'output', pane: 1, offset: 0, bytes: Buffer.from('x') });
    await page.send({ type: 'passphrase', bytes: Buffer.from('x') });
    await page.type(99, 'no such pane');
    expect(stage.ptys[0]!.received.length).toBe(0);
  });

  test('says how much a program that does not read has not got', async () => {
    const stage = await ready();
    const page = await stage.attach();
    stage.ptys[0]!.reads(false);
    for (let turn = 0; turn < 5; turn++) await page.type(1, 'a'.repeat(1024 * 1024));
    expect(stage.faults()).toEqual(['The program in this pane does not read its input: 1048576 bytes were not sent to it.']);
  });
});

describe('ends', () => {
  test('exit comes after everything is sealed and the recording closed', async () => {
    const stage = await ready();
    stage.ptys[0]!.print('last words');
    stage.ptys[0]!.finish({ code: 3, signal: 0 });
    expect(await stage.answer(({ type }) => type === 'exit')).toEqual({ type: 'exit', pane: 1, code: 3, signal: 0 });
    expect(stage.log).toEqual(['sealed', 'ended']);
    expect(stage.writers[0]).toMatchObject({ ended: 'exit', events: [{ code: 'x', data: '{"code":3,"signal":0}' }] });
  });

  test('kill hangs up, then kills, then lets go of what cannot be killed', async () => {
    const stage = await ready();
    const pty = stage.ptys[0]!;
    pty.onSignal = () => {};
    stage.send({ type: 'kill', pane: 1 });
    expect(pty.signals).toEqual(['SIGHUP', 'SIGCONT']);
    pty.print('bye');
    stage.clock.advance(2000);
    expect(pty.signals.at(-1)).toBe('SIGKILL');
    stage.clock.advance(1000);
    await stage.answer(({ type }) => type === 'exit');
    expect(stage.writers[0]).toMatchObject({ ended: 'closed', text: 'bye' });
  });

  test.each([
    ['stop', 'app-stop'],
    ['a lost line to main', 'main-gone'],
  ] as const)('%s ends every recording and then the process', async (how, reason) => {
    const stage = await ready();
    await stage.spawn(2);
    if (how === 'stop') stage.send({ type: 'stop' });
    else stage.lose();
    await expect.poll(() => stage.exits).toEqual([0]);
    expect(stage.writers.map(({ ended }) => ended)).toEqual([reason, reason]);
    expect(stage.ptys.map(({ signals }) => signals[0])).toEqual(['SIGHUP', 'SIGHUP']);
  });
});

describe('checkpoints', () => {
  test('come every ten seconds while something grows, after a sync', async () => {
    const stage = await ready();
    const writer = stage.writers[0]!;
    const heads = (): number[] =>
      stage.posts.flatMap((message) => (message.type === 'notice' && message.notice.kind === 'heads' ? message.notice.heads.map(({ head }) => head.size) : []));
    stage.ptys[0]!.print('x');
    stage.clock.advance(checkpointMs);
    await expect.poll(heads).toEqual([3]);
    expect(writer.syncs).toBe(1);
    stage.clock.advance(checkpointMs * 3);
    stage.send({ type: 'checkpoint' });
    await stage.answer(({ type }) => type === 'checkpointed');
    expect(heads()).toEqual([3]);
    stage.ptys[0]!.print('y');
    stage.send({ type: 'checkpoint' });
    await expect.poll(() => stage.count('checkpointed')).toBe(2);
    expect(heads()).toEqual([3, 4]);
  });
});

describe('bad messages', () => {
  test.each([
    [null, 'it is no message of the protocol'],
    ['text', 'it is no message of the protocol'],
    [{ request: 'PATIENT DOE', input: {} }, 'its type is unknown'],
    [{ request: 'resize', input: { pane: -1, cols: 80, rows: 24 } }, 'resize has a bad pane'],
    [{ request: 'resize', input: { pane: 1, cols: 0, rows: 1e9 } }, 'resize has a bad cols, rows'],
    [{ frame: 'PATIENT DOE' }, 'it is no message of the protocol'],
    [{ id: 1, request: 'detach', input: {} }, 'detach has a bad cause'],
    [{ id: 1, request: 'detach' }, 'detach is not well formed'],
    [{ id: 7, ok: true, output: {} }, 'it is no message of the protocol'],
  ])('%j is refused without repeating it', async (message, why) => {
    const stage = await ready();
    stage.host.receive(message);
    expect(stage.faults()).toEqual([`The pty host refused a message: ${why}. Nothing was changed.`]);
    expect(stage.ptys[0]!.sizes).toEqual([]);
  });

  test('a flood of them is counted', async () => {
    const stage = await ready();
    for (let turn = 0; turn < 1000; turn++) stage.host.receive(turn);
    expect(stage.faults().length).toBe(1);
    stage.clock.advance(1000);
    expect(stage.faults()[1]).toBe('The pty host refused 999 more messages in the last second.');
  });

  test('messages for a pane that is gone are no fault', async () => {
    const stage = await ready();
    for (const type of ['resize', 'ack', 'kill']) stage.send({ type, pane: 9, cols: 80, rows: 24, parsed: 0 });
    expect(stage.faults()).toEqual([]);
  });
});
