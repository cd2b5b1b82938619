/** The pty host under arbitrary messages and arbitrary orders: what it promises holds whatever main and the page send. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Stage, type Page } from '../../src/pty/host.fixture.ts';
import { LOCK_PAUSE_MS } from '../../src/pty/host.ts';
import { ptyService, type PtyService } from '../../src/pty/service.ts';

const types = Object.keys(ptyService) as (keyof PtyService)[];
const junk = fc.oneof(
  fc.anything(),
  fc.record({
    id: fc.option(fc.oneof(fc.nat(), fc.string()), { nil: undefined }),
    request: fc.constantFrom(...types, 'unknown'),
    input: fc.oneof(fc.anything(), fc.record({ pane: fc.oneof(fc.integer(), fc.double(), fc.string()), proof: fc.oneof(fc.uint8Array(), fc.string()) })),
  }),
  fc.record({ id: fc.oneof(fc.nat(), fc.string()), ok: fc.oneof(fc.boolean(), fc.nat()), output: fc.anything(), error: fc.anything() }),
);

/** Of the protocol: only what is not may change nothing. */
function isOfProtocol(message: unknown): boolean {
  const { frame, request, input } = Object(message) as { frame?: unknown; request?: unknown; input?: unknown };
  if (frame instanceof Uint8Array) return true;
  return typeof request === 'string' && Object.hasOwn(ptyService, request) && ptyService[request as keyof PtyService].input.safeParse(input).success;
}

test('messages that are not in the protocol change nothing and are never thrown over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(junk, { maxLength: 20 }), async (messages) => {
      const stage = new Stage();
      stage.configure();
      await stage.spawn(1);
      const before = stage.posts.length;
      const bad = messages.filter((message) => !isOfProtocol(message));
      for (const message of bad) stage.host.receive(message);
      // A request with a bad input is answered, whichever request it is, and only with that.
      expect(stage.posts.slice(before).filter(({ type, code }) => code !== 'bad-input' && !['fault', 'refused', 'denied'].includes(type))).toEqual([]);
      expect(stage.livePanes).toBe(1);
      expect(stage.ptys[0]!.received.length).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test('frames that the page has not sealed reach nobody', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 10 }), async (frames) => {
      const stage = new Stage();
      stage.configure();
      await stage.spawn(1);
      const page = await stage.attach();
      for (const bytes of frames) stage.send({ type: 'frame', bytes });
      expect(stage.ptys[0]!.received.length).toBe(0);
      await page.type(1, 'ok');
      expect(stage.ptys[0]!.received.toString()).toBe('ok');
    }),
    { numRuns: 50 },
  );
});

test('frames with arbitrary content, sealed by the page, break nothing', async () => {
  const stage = new Stage();
  stage.configure();
  await stage.spawn(1);
  const page = await stage.attach();
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.nat(3), fc.uint8Array({ maxLength: 60 }), async (type, pane, rest) => {
      await page.sendBytes(Buffer.concat([Buffer.from([type, 0, 0, 0, pane]), rest]));
      await page.sendBytes(rest);
      expect(stage.livePanes).toBe(1);
    }),
    { numRuns: 300 },
  );
  // Nothing was printed, so any other offset is past the end of the output.
  for (const { code, data } of stage.writers[0]!.events) if (code === 'n') expect(JSON.parse(data.split('\n', 1)[0]!)).toMatchObject({ outputOffset: 0 });
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('print' as const), text: fc.string({ maxLength: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flood' as const), bytes: fc.nat(1_500_000), of: fc.constantFrom('x', '\r\n', 'a line\r\n') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('type' as const), text: fc.string({ minLength: 1, maxLength: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lock' as const, 'unlock' as const, 'deaf' as const, 'listens' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ack' as const), parsed: fc.nat(4_000_000) }) },
);

test('in any order of printing, waiting, typing, locking and unlocking: all is sealed once, and shown once in order or left out; while locked nothing is shown and nobody types', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const stage = new Stage();
      stage.configure();
      await stage.spawn(1);
      const pty = stage.ptys[0]!;
      const writer = stage.writers[0]!;
      let page: Page | undefined;
      let printed = 0;
      /** Where the next frame to this page begins. */
      let next = 0;
      const look = async (): Promise<void> => {
        for (const frame of (await page?.frames()) ?? []) {
          if (frame.type !== 'output' && frame.type !== 'skip') continue;
          expect(frame.offset).toBe(next);
          next = frame.type === 'skip' ? frame.to : next + frame.bytes.length;
        }
        // Nothing is shown that is not sealed.
        expect(next).toBeLessThanOrEqual(writer.outputBytes);
      };
      // So long nothing is read yet, because of a lock.
      let held = 0;
      for (const now of steps) {
        const shown = stage.count('frame');
        const received = pty.received.length;
        if (now.do === 'print') pty.print(now.text);
        if (now.do === 'flood') pty.print(Buffer.alloc(now.bytes, now.of));
        if (now.do === 'print') printed += Buffer.byteLength(now.text);
        if (now.do === 'flood') printed += now.bytes;
        if (now.do === 'lock') {
          stage.send({ type: 'detach', cause: 'idle' });
          page = undefined;
          if (held <= 0) held = LOCK_PAUSE_MS;
        }
        if (now.do === 'unlock') {
          page = await stage.attach();
          next = writer.outputBytes;
        }
        if (now.do === 'wait') {
          stage.clock.advance(now.ms);
          held -= now.ms;
        }
        if (now.do === 'deaf') pty.reads(false);
        if (now.do === 'listens') pty.reads(true);
        if (now.do === 'ack') stage.send({ type: 'ack', pane: 1, parsed: now.parsed });
        if (now.do === 'type') {
          if (page) await page.type(1, now.text);
          else stage.send({ type: 'frame', bytes: Buffer.from(now.text) });
        }
        if (!page) {
          if (now.do !== 'lock') expect(stage.count('frame')).toBe(shown);
          expect(pty.received.length).toBe(received);
          if (held <= 0) expect(writer.outputBytes).toBe(printed);
        }
        await look();
      }
      // As soon as the page parses, what is sealed is shown before long.
      for (let turn = 0; turn < 20; turn++) {
        if (page) stage.send({ type: 'ack', pane: 1, parsed: next });
        stage.clock.advance(50);
        await look();
      }
      if (page) expect(next).toBe(writer.outputBytes);
      stage.send({ type: 'detach', cause: 'idle' });
      expect(writer.outputBytes).toBe(printed);
    }),
    { numRuns: 150 },
  );
});
