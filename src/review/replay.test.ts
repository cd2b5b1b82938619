/** What a replay shows at any moment is what the screen showed then. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import '../../test/support/properties.ts';
import { newRecording, opener, removeFolders, rotated } from '../../test/support/recording.ts';
import { Stage } from './stage.ts';
import { Watched } from './replay.ts';

afterAll(removeFolders);

/** Output as programs make it: lines, full screens, colours, regions, wide characters, links, resets; cut anywhere. */
const piece = fc.oneof(
  fc.stringMatching(/^[a-z ]{0,60}$/).map((text) => `${text}\r\n`),
  fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 40 }), fc.stringMatching(/^[A-Z]{1,30}$/))
    .map(([y, x, text]) => `\x1b[${y};${x}H${text}`),
  fc.integer({ min: 0, max: 107 }).map((sgr) => `\x1b[${sgr}m`),
  fc.constantFrom(
    '\x1b[2J',
    '\x1b[H',
    '\x1b[K',
    '\x1b[1J',
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b[3;8r',
    '\x1b[r',
    '\x1bM',
    '\x1b[2L',
    '\x1b[P',
    '\x1b[4h',
    '\x1b[4l',
    '\x1b7',
    '\x1b8',
    '\x1bc',
    '\x1b(0',
    '\x1b(B',
  ),
  fc.constantFrom('患者', '👩🏽‍⚕️', 'é', '─│┌', '\t', '\b\b', '\r', '\x1b]0;title\x07', '\x1b]8;;https://x.invalid\x1b\\link\x1b]8;;\x1b\\'),
);

const screenText = (stage: Stage): unknown => {
  const { terminal } = stage;
  const { active } = terminal.buffer;
  return {
    size: [terminal.cols, terminal.rows],
    cursor: [active.cursorX, active.cursorY],
    kind: active.type,
    rows: Array.from({ length: terminal.rows }, (_, y) =>
      active
        .getLine(active.baseY + y)
        ?.translateToString()
        .trimEnd(),
    ),
  };
};

/** The screen that a written-down one makes. */
async function shownBy({ cols, rows, bytes }: { readonly cols: number; readonly rows: number; readonly bytes: Uint8Array }): Promise<unknown> {
  const stage = await Stage.of({ cols, rows }, 0);
  stage.output(bytes);
  const text = screenText(stage);
  stage.dispose();
  return text;
}

describe('a watched recording', () => {
  test('at any moment has the screen that the output up to it makes, whichever screen it is rebuilt from', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof({ weight: 12, arbitrary: piece }, { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 5, max: 90 }), fc.integer({ min: 2, max: 30 })) }),
          {
            minLength: 5,
            maxLength: 60,
          },
        ),
        fc.array(fc.nat(), { minLength: 3, maxLength: 6 }),
        fc.nat(),
        async (pieces, moments, cut) => {
          const { writer, clock } = await newRecording();
          const live = await Stage.of({ cols: 80, rows: 24 }, 0);
          const screens: unknown[] = [];
          for (const [n, what] of pieces.entries()) {
            clock.step(1);
            if (n === pieces.length >> 1) await rotated(writer);
            if (typeof what === 'string') {
              // Cut in the middle of whatever it is.
              const bytes = Buffer.from(what);
              const at = bytes.length === 0 ? 0 : cut % bytes.length;
              for (const part of [bytes.subarray(0, at), bytes.subarray(at)]) {
                writer.output(part);
                live.output(part);
              }
            } else {
              writer.event('r', `${what[0]}x${what[1]}`);
              live.resize(what[0], what[1]);
            }
            screens.push(screenText(live));
          }
          await writer.end('exit');
          live.dispose();
          const watched = new Watched(writer.folder, opener, false, undefined, undefined, 64);
          await watched.read();
          const watching = watched.player();
          for (const moment of moments) {
            const n = moment % pieces.length;
            const { screen } = await watching.seek((n + 1) * 1000);
            expect(await shownBy(screen)).toEqual(screens[n]);
          }
          await watching.close();
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  test('gives what comes behind a moment, in order and to the end', async () => {
    const { writer, clock } = await newRecording();
    for (let n = 0; n < 50; n++) {
      clock.step(100);
      writer.output(Buffer.from(`line ${n}\r\n`));
    }
    writer.event('l', '{"cause":"idle"}');
    await writer.end('exit');
    const watched = new Watched(writer.folder, opener);
    await watched.read();
    const watching = watched.player();
    await watching.seek(2_000_000);
    const events = [];
    for (let more; (more = await watching.more(100)).length > 0;) events.push(...more);
    const output = events.filter(({ code }) => code === 'o').map(({ data }) => data.toString());
    expect(output).toEqual(Array.from({ length: 30 }, (_, n) => `line ${n + 20}\r\n`));
    expect(events.at(-1)?.code).toBe('l');
    // And again from before, after having been further.
    await watching.seek(0);
    expect((await watching.more(1)).map(({ code }) => code)).toEqual(['o']);
    await watching.close();
  });

  test('that goes on gives from its end on what is written since, and nothing again, also where it was rebuilt from its last screen', async () => {
    const { writer, say } = await newRecording();
    say('first\r\n');
    const watched = new Watched(writer.folder, opener, true, undefined, undefined, 1);
    await watched.read();
    const watching = watched.player();
    await watching.seek(60_000_000);
    expect(await watching.more(1000)).toEqual([]);
    say('second\r\n');
    expect((await watching.more(1000)).map(({ data }) => data.toString())).toEqual(['second\r\n']);
    await watching.close();
    await writer.end('exit');
  });

  test('that is judged while it is read keeps no screen, and no line of text, with a hole in it', async () => {
    const { writer, say } = await newRecording();
    for (const what of ['one\r\n', 'two\r\n', 'three\r\n']) say(what);
    let isJudged = false;
    const cover = (_: number, __: number, data: Uint8Array): Uint8Array | undefined => {
      if (isJudged || !Buffer.from(data).includes('two')) return data;
      isJudged = true;
      return undefined;
    };
    const watched = new Watched(writer.folder, opener, true, cover, undefined, 1);
    const lines: string[] = [];
    await watched.read({ left: (line) => lines.push('gap' in line ? line.gap : line.text) });
    expect(lines.filter(Boolean)).toEqual(['one']);
    const watching = watched.player();
    const { screen } = await watching.seek(60_000_000);
    expect(Buffer.from(screen.bytes).toString()).toMatch(/one.*two.*three/s);
    await watching.close();
    await writer.end('exit');
  });

  test('has a timeline: activity, locks, idle spans, markers and commands', async () => {
    const { writer, clock } = await newRecording();
    clock.step(1000);
    writer.output(Buffer.from('m@h:~$ '));
    clock.step(1000);
    writer.output(Buffer.from('ls\r\n'));
    writer.event('l', '{"cause":"idle"}');
    clock.step(30_000);
    writer.event('u', '{"person":"p","method":"passphrase"}');
    writer.event('r', '100x30');
    writer.event('g', '{"bytes":7,"reason":"disk-full"}');
    writer.output(Buffer.from('m@h:~$ '));
    await writer.end('exit');
    const watched = new Watched(writer.folder, opener);
    await watched.read();
    const { timeline } = watched;
    expect(timeline).toMatchObject({
      outputBytes: 18,
      counts: { command: 1, lock: 1, unlock: 1, resize: 1, gap: 1, exit: 0, mark: 0 },
      idle: [{ fromUs: 2_000_000, toUs: 32_000_000 }],
      locked: [{ fromUs: 2_000_000, toUs: 32_000_000 }],
    });
    expect(timeline.activity.reduce((sum, bytes) => sum + bytes, 0)).toBe(18);
    expect(timeline.markers.map(({ kind }) => kind)).toEqual(['lock', 'command', 'unlock', 'resize', 'gap']);
  });

  test('is as long as one likes in no more parts', async () => {
    const { TimelineBuilder, MOST_PARTS } = await import('./timeline.ts');
    const builder = new TimelineBuilder();
    for (let hour = 0; hour < 1000; hour++) builder.event('o', hour * 3_600_000_000, 1);
    const { activity, partUs } = builder.done([]);
    expect(activity.length).toBeLessThanOrEqual(MOST_PARTS);
    expect(activity.reduce((sum, bytes) => sum + bytes, 0)).toBe(1000);
    expect(activity.length * partUs).toBeGreaterThan(999 * 3_600_000_000);
  });

  test('of somebody else opens nothing', async () => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('secret'));
    await writer.end('exit');
    const { AuditKeyOpener, generateAuditKey } = await import('../recording/wrap.ts');
    const watched = new Watched(writer.folder, AuditKeyOpener.fromJson(generateAuditKey().file));
    await expect(watched.read()).rejects.toThrow('not sealed to this key');
    await expect(watched.player().seek(0)).rejects.toThrow('not sealed to this key');
  });
});
