/** What the vault tells a page of a recording, and what it tells nobody. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { newRecording, opener, removeFolders } from '../../test/support/recording.ts';
import { decodeFrame } from '../bridge/frames.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import type { ReviewTold } from '../review/told.ts';
import { Review } from './review.ts';

afterAll(removeFolders);

let told: [ticket: number, told: ReviewTold][];
let review: Review;
const of = <K extends ReviewTold['kind']>(kind: K): Extract<ReviewTold, { kind: K }>[] =>
  told.flatMap(([, one]) => (one.kind === kind ? [one as Extract<ReviewTold, { kind: K }>] : []));

beforeEach(() => {
  told = [];
  review = new Review(async (sealed) => {
    const frame = decodeFrame(sealed);
    if (frame.type !== 'review') throw new Error('another frame');
    told.push([frame.pane, JSON.parse(Buffer.from(frame.bytes).toString()) as ReviewTold]);
  });
});

async function recorded(lines = 20): Promise<{ id: string; folder: string }> {
  const { writer, clock } = await newRecording();
  for (let n = 0; n < lines; n++) {
    clock.step(1000);
    writer.output(Buffer.from(`line ${n}\r\n`));
  }
  await writer.end('exit');
  return writer;
}

describe('a recording that is looked at', () => {
  test('is told with its timeline, then moment by moment, what comes behind it, and its text around it', async () => {
    const { folder } = await recorded();
    expect(await review.open(7, folder, opener, false)).toEqual({ whole: true });
    expect(of('timeline')).toMatchObject([{ lines: 20, kept: 20, fault: null, timeline: { durationUs: 20_000_000 } }]);
    expect(await review.seek(7, 5_000_000)).toEqual({ toUs: 5_000_000 });
    expect(Buffer.from(of('moment')[0]!.screen, 'base64').toString()).toMatch(/line 4/);
    expect(Buffer.from(of('moment')[0]!.screen, 'base64').toString()).not.toMatch(/line 5/);
    expect(await review.more(7)).toEqual({ toUs: 20_000_000, end: false });
    expect(of('events')[0]!.events.map(([code, , data]) => [code, Buffer.from(data, 'base64').toString()])[0]).toEqual(['o', 'line 5\r\n']);
    expect(await review.more(7)).toMatchObject({ end: true });
    expect(await review.lines(7, 10_000_000, 4)).toEqual({ fromUs: 9_000_000, toUs: 12_000_000 });
    expect(of('lines')[0]!.lines.map(({ text }) => text)).toEqual(['line 8', 'line 9', 'line 10', 'line 11']);
    expect(told.every(([ticket]) => ticket === 7)).toBe(true);
  });

  test('has its text in the order of time, also where a full screen stood over what was there before', async () => {
    const { writer, clock } = await newRecording();
    for (const text of ['before\r\n', '\x1b[?1049h\x1b[Hbeds', '\x1b[?1049lbehind\r\n']) {
      clock.step(1000);
      writer.output(Buffer.from(text));
    }
    await writer.end('exit');
    await review.open(7, writer.folder, opener, false);
    expect(await review.lines(7, 2_000_000, 10)).toEqual({ fromUs: 1_000_000, toUs: 3_000_000 });
    expect(of('lines')[0]!.lines.map(({ text, timeUs }) => [text, timeUs])).toEqual([
      ['before', 1_000_000],
      ['beds', 2_000_000],
      ['behind', 3_000_000],
    ]);
  });

  test('tells the span that its commands are from', async () => {
    const { writer, clock } = await newRecording();
    for (const text of ['ops@icu:~$ ', 'uptime', '\r\nops@icu:~$ ', 'tail hl7.log', '\r\nnack\r\nops@icu:~$ ']) {
      clock.step(1000);
      writer.output(Buffer.from(text));
    }
    await writer.end('exit');
    const { commands } = await review.open(7, writer.folder, opener, false);
    const [first, last] = of('timeline')[0]!.commands;
    expect([first!.text, last!.text]).toEqual(['uptime', 'tail hl7.log']);
    expect(commands).toEqual({ fromUs: first!.beganUs, toUs: last!.beganUs });
    expect(last!.beganUs).toBeGreaterThan(first!.beganUs);
  });

  test('gives nothing once it is closed, and nothing to a key that it is not sealed to', async () => {
    const { folder } = await recorded(2);
    await review.open(1, folder, opener, false);
    review.close();
    await expect(review.seek(1, 0)).rejects.toThrow('Open it again');
    await expect(review.open(2, folder, AuditKeyOpener.fromJson(generateAuditKey().file), false)).rejects.toThrow('not sealed to you');
    await expect(review.seek(2, 0)).rejects.toThrow('Open it again');
    expect(told.filter(([ticket]) => ticket === 2)).toEqual([]);
  });
});

describe('a search', () => {
  test('has each look entered before its first hit is told, and counts what it could not open', async () => {
    const [one, two] = [await recorded(3), await recorded(3)];
    const order: string[] = [];
    const keep = review;
    const done = await keep.search(3, [one, { ...two, id: 'other' }], 'LINE 1', opener, async (id) => {
      expect(of('hit').some(({ recording }) => recording === id)).toBe(false);
      order.push(id);
    });
    expect(done).toEqual({ hits: 2, searched: 2 });
    expect(order).toEqual([one.id, 'other']);
    expect(of('hit').map(({ recording, context, at, length }) => [recording, context.slice(at, at + length)])).toEqual([
      [one.id, 'line 1'],
      ['other', 'line 1'],
    ]);
    const key = AuditKeyOpener.fromJson(generateAuditKey().file);
    await keep.search(4, [one], 'line', key, () => expect.unreachable());
    expect(of('searched').at(-1)).toMatchObject({ hits: 0, searched: 0, closed: 1 });
  });

  test('that cannot be entered tells nothing', async () => {
    const one = await recorded(3);
    await review.search(5, [one], 'line', opener, () => Promise.reject(new Error('the ledger is full')));
    expect(of('hit')).toEqual([]);
    expect(of('searched')[0]!.unread).toHaveLength(1);
  });
});
