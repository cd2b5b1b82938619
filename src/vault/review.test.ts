/** What the vault tells a page of a recording, and what it tells nobody. */
import { copyFileSync, cpSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { newFolder, newRecording, opener, removeFolders, rotated, startInfo } from '../../test/support/recording.ts';
import { decodeFrame } from '../bridge/frames.ts';
import { ticketMark } from '../recording/access.ts';
import { segmentName } from '../recording/header.ts';
import { holdRecording, unmarkLive } from '../recording/live.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import type { RecordingWriter } from '../recording/writer.ts';
import { Watched } from '../review/replay.ts';
import type { ReviewTold } from '../review/told.ts';
import { masksOf } from './masks.ts';
import { Review } from './review.ts';

afterAll(removeFolders);

/** Planted, and a session in which they stand. */
const secrets = ['536-22-8145', '00482913', 'correct-horse-7', 'mara.ueda@ward7.example'];
const text = `ops@icu:~$ psql\r\nSSN ${secrets[0]} MRN: ${secrets[1]}\r\nops@icu:~$ PGPASSWORD=${secrets[2]} psql feeds\r\n\x1b]0;MRN: ${secrets[1]}\x07mail ${secrets[3]}\r\nops@icu:~$ done\r\n`;

let told: [ticket: number, told: ReviewTold][];
let review: Review;
const of = <K extends ReviewTold['kind']>(kind: K): Extract<ReviewTold, { kind: K }>[] =>
  told.flatMap(([, one]) => (one.kind === kind ? [one as Extract<ReviewTold, { kind: K }>] : []));

beforeEach(() => {
  told = [];
  review = new Review(
    async (sealed) => {
      const frame = decodeFrame(sealed);
      if (frame.type !== 'review') throw new Error('another frame');
      told.push([frame.pane, JSON.parse(Buffer.from(frame.bytes).toString()) as ReviewTold]);
      // No time passes: what was written is judged whenever somebody asks.
    },
    () => 0,
  );
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
    await expect(review.open(2, folder, AuditKeyOpener.fromJson(generateAuditKey().file), false)).rejects.toThrow('not sealed to that key');
    await expect(review.seek(2, 0)).rejects.toThrow('Open it again');
    expect(told.filter(([ticket]) => ticket === 2)).toEqual([]);
  });
});

describe('a recording that is looked at masked', () => {
  const all = (): string => {
    const texts = told.map(([, one]) => {
      if (one.kind === 'moment') return Buffer.from(one.screen, 'base64').toString();
      if (one.kind === 'lines') return one.lines.map((line) => line.text).join('\n');
      if (one.kind === 'timeline') return JSON.stringify(one);
      return '';
    });
    const events = told.flatMap(([, one]) => (one.kind === 'events' ? one.events.map(([, , data]) => Buffer.from(data, 'base64')) : []));
    return [...texts, Buffer.concat(events).toString()].join('\n');
  };
  const seeAll = async (): Promise<string> => {
    for (const at of [0, 500_000, 5_000_000, 60_000_000]) await review.seek(7, at);
    await review.lines(7, 0, 500);
    await review.seek(7, 0);
    while (!(await review.more(7)).end);
    return all();
  };

  test('shows nothing of what the recognisers know, however it came in pieces, and all the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 30 }), async (cuts) => {
        const { writer, clock } = await newRecording();
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (let n = 1; n < at.length; n++) {
          clock.step(100);
          writer.output(Buffer.from(text.slice(at[n - 1], at[n])));
        }
        await writer.end('exit');
        told = [];
        await review.open(7, writer.folder, opener, false, true);
        const seen = await seeAll();
        for (const secret of secrets) expect(seen).not.toContain(secret);
        expect(seen).toContain('done');
        expect(seen).toContain('\u2588');
      }),
      { numRuns: 15, seed: 13 },
    );
  });

  test('and with nothing covered shows it', async () => {
    const { writer, clock } = await newRecording();
    clock.step(10);
    writer.output(Buffer.from(text));
    await writer.end('exit');
    await review.open(7, writer.folder, opener, false, false);
    const seen = await seeAll();
    for (const secret of secrets) expect(seen).toContain(secret);
  });

  test('a hit of a search leads to its moment, and shows nothing; what ran is shown with blocks', async () => {
    const { writer } = await newRecording({ start: { ...startInfo, command: ['psql', `password=${secrets[2]}`] } });
    writer.output(Buffer.from(text));
    await writer.end('exit');
    await review.search(3, [writer], secrets[1]!, opener, async () => undefined, 'shown', true);
    expect(of('hit').length).toBeGreaterThan(0);
    for (const { context, length } of of('hit')) expect([context, length]).toEqual(['', 0]);
    await review.programs(4, [writer], opener, true);
    expect(of('programs')[0]!.programs[0]![1]).toMatch(/^psql password=\u2588+$/);
  });
});

describe('a recording that goes on', () => {
  test('gives what is written since, and ends only where it ends; masked too, once its line has ended and was judged', async () => {
    const { writer, say } = await newRecording();
    const data = (): string => Buffer.concat(of('events').flatMap(({ events }) => events.map(([, , bytes]) => Buffer.from(bytes, 'base64')))).toString();
    say('first\r\n');
    await review.open(7, writer.folder, opener, true);
    await review.seek(7, 0);
    while (!(await review.more(7)).end);
    expect(data()).toBe('first\r\n');
    expect(await review.more(7)).toMatchObject({ end: true });
    for (const what of ['second\r\n', 'third MRN: 00482913\r\n']) {
      say(what);
      while (!(await review.more(7)).end);
    }
    expect(data()).toBe('first\r\nsecond\r\nthird MRN: 00482913\r\n');
    told = [];
    await review.open(8, writer.folder, opener, true, true);
    await review.seek(8, 0);
    while (!(await review.more(8)).end);
    const before = data();
    expect(before).toMatch(/^first\r\nsecond\r\nthird MRN: \u2588{8}\r\n$/);
    // Typed letter by letter: nobody knows what it is before it stands there.
    for (const letter of 'fourth SSN: 536-22-1847') {
      say(letter);
      while (!(await review.more(8)).end);
      expect(data()).toBe(before);
    }
    say('\r\nfif');
    while (!(await review.more(8)).end);
    expect(data().slice(before.length)).toMatch(/^fourth SSN: \u2588{11}\r\n$/);
    await writer.end('exit');
    while (!(await review.more(8)).end);
    expect(data()).toMatch(/\r\nfif$/);
  });
});

describe('a recording that goes on and is followed masked', () => {
  /** @param between what is done between a judgement and the reading behind it */
  async function followed(between: (say: (what: string) => void, writer: RecordingWriter) => void | Promise<void>) {
    const { writer, say } = await newRecording();
    say('first\r\n');
    const masks = await masksOf(writer.folder, opener, true, () => 0);
    const judge = async (): Promise<boolean> => {
      if (!(await masks.again())) return false;
      await between(say, writer);
      return true;
    };
    const watched = new Watched(writer.folder, opener, true, masks.cover, judge);
    const watching = watched.player();
    let given = '';
    /** To its end as it is then, and once more: nobody asks again before something is new. */
    const follow = async (): Promise<string> => {
      for (let ends = 0; ends < 2;) {
        const more = await watching.more(1000);
        if (more.length === 0) ends += 1;
        given += more.map(({ code, data }) => (code === 'o' ? data.toString() : '')).join('');
      }
      return given;
    };
    return { writer, say, watched, watching, follow };
  }

  test('gives what was written while it was opened, and between a judgement and the reading behind it, though it does not grow any more', async () => {
    const bursts = ['last burst SSN: 536-22-1847\r\n'];
    const { writer, say, watched, watching, follow } = await followed((write) => bursts.splice(0).forEach((burst) => write(burst)));
    say('while it was opened MRN: 00482913\r\n');
    await watched.read();
    await watching.seek(0);
    expect(await follow()).toMatch(/^first\r\nwhile it was opened MRN: \u2588{8}\r\nlast burst SSN: \u2588{11}\r\n$/);
    await writer.end('exit');
  });

  test('gives it also where the recording ended then', async () => {
    let ended = false;
    const { say, watching, follow } = await followed(async (write, writer) => {
      if (ended) return;
      ended = true;
      write('last\r\nmail mara.ueda@ward7.example');
      await writer.end('exit');
    });
    await watching.seek(0);
    say('second\r\n');
    expect(await follow()).toMatch(/^first\r\nsecond\r\nlast\r\nmail \u2588+$/);
  });

  test('gives its last line where it was cut off, and not a byte of it comes any more', async () => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('first\r\nMRN: 00482913'));
    writer.flush();
    const folder = join(newFolder(), writer.id);
    cpSync(writer.folder, folder, { recursive: true });
    await writer.end('exit');
    const letGo = holdRecording(folder);
    const masks = await masksOf(folder, opener, true, () => 0);
    const watching = new Watched(folder, opener, true, masks.cover, masks.again).player();
    await watching.seek(0);
    const given = async (): Promise<string> => (await watching.more(1000)).map(({ data }) => data.toString()).join('');
    unmarkLive(folder);
    expect([await given(), await given(), await given()].join('')).not.toContain('MRN');
    // As when its writer was killed.
    letGo();
    expect(await given()).toMatch(/^MRN: \u2588{8}$/);
  });
});

describe('a value that is typed letter by letter is shown to nobody who follows masked', () => {
  /** What was shown by then, after each letter. */
  async function typed(writer: RecordingWriter): Promise<string> {
    for (const letter of 'SSN: 536-22-8145') {
      writer.output(Buffer.from(letter));
      writer.flush();
      for (let asks = 0; asks < 3; asks++) await review.more(8);
    }
    const shown = Buffer.concat(of('events').flatMap(({ events }) => events.map(([, , bytes]) => Buffer.from(bytes, 'base64')))).toString();
    await writer.end('exit');
    return shown;
  }

  test.each([
    ['was removed', (mark: string) => unlinkSync(mark)],
    ['was emptied', (mark: string) => writeFileSync(mark, '')],
    ['is garbled', (mark: string) => writeFileSync(mark, '{}')],
    ['names another process', (mark: string) => writeFileSync(mark, JSON.stringify({ pid: 1, started: '', boot: '' }))],
  ])('where the mark that it is live %s', async (_, tamper) => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('begun\r\n'));
    writer.flush();
    await review.open(8, writer.folder, opener, true, true);
    await review.seek(8, 0);
    while (!(await review.more(8)).end);
    tamper(join(writer.folder, 'live'));
    expect(await typed(writer)).not.toMatch(/SSN|5/);
  });

  test('but its beginning where its first segment is put there anew, which nobody holds', async () => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('begun\r\n'));
    await rotated(writer);
    writer.flush();
    await review.open(8, writer.folder, opener, true, true);
    await review.seek(8, 0);
    while (!(await review.more(8)).end);
    // The writer looks at its file once more behind its last sync of it, and would find it out.
    await writer.sync();
    const first = join(writer.folder, segmentName(0));
    copyFileSync(first, `${first}.new`);
    renameSync(`${first}.new`, first);
    unmarkLive(writer.folder);
    expect(readdirSync(writer.folder)).not.toContain('live');
    expect(await typed(writer)).not.toContain('N:');
  });
});

describe('masks of a recording that goes on', () => {
  test('are made anew once it was left alone for four times as long as that took', async () => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('one\r\n'));
    writer.flush();
    const times = [0, 100, 499, 500, 600, 999, 1000, 1000];
    const masks = await masksOf(writer.folder, opener, true, () => times.shift()!);
    writer.output(Buffer.from('two\r\n'));
    writer.flush();
    expect([await masks.again(), await masks.again(), await masks.again()]).toEqual([false, true, false]);
    await writer.end('exit');
  });

  test('are not made anew where nothing was written since, and it goes on', async () => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('one\r\ntwo'));
    writer.flush();
    const masks = await masksOf(writer.folder, opener, true, () => 0);
    expect(await masks.again()).toBe(false);
    writer.output(Buffer.from('three'));
    writer.flush();
    expect([await masks.again(), await masks.again()]).toEqual([true, false]);
    await writer.end('exit');
    expect([await masks.again(), await masks.again()]).toEqual([true, false]);
  });

  test('show no planted value, wherever what is written is cut, to whoever looks after each cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 12 }), async (cuts) => {
        told = [];
        const { writer } = await newRecording();
        writer.output(Buffer.from('begun\r\n'));
        writer.flush();
        await review.open(8, writer.folder, opener, true, true);
        await review.seek(8, 0);
        for (let at = 0, n = 0; at < text.length; n++) {
          const to = at + cuts[n % cuts.length]!;
          writer.output(Buffer.from(text.slice(at, to)));
          writer.flush();
          while (!(await review.more(8)).end);
          at = to;
        }
        await writer.end('exit');
        while (!(await review.more(8)).end);
        const shown = Buffer.concat(of('events').flatMap(({ events }) => events.map(([, , bytes]) => Buffer.from(bytes, 'base64')))).toString();
        for (const secret of secrets) expect(shown).not.toContain(secret);
        expect(shown).toContain('done');
        expect(shown).toContain('\u2588');
      }),
      { numRuns: 15 },
    );
  });
});

describe('a search', () => {
  test('has each look entered before its first hit is told, and counts what it could not open', async () => {
    const [one, two] = [await recorded(3), await recorded(3)];
    const order: string[] = [];
    const keep = review;
    const done = await keep.search(
      3,
      [one, { ...two, id: 'other' }],
      'LINE 1',
      opener,
      async (id) => {
        expect(of('hit').some(({ recording }) => recording === id)).toBe(false);
        order.push(id);
      },
      'shown',
    );
    expect(done).toEqual({ hits: 2, searched: 2 });
    expect(order).toEqual([one.id, 'other']);
    expect(of('hit').map(({ recording, context, at, length }) => [recording, context.slice(at, at + length)])).toEqual([
      [one.id, 'line 1'],
      ['other', 'line 1'],
    ]);
    const key = AuditKeyOpener.fromJson(generateAuditKey().file);
    await keep.search(4, [one], 'line', key, () => expect.unreachable(), 'shown');
    expect(of('searched').at(-1)).toMatchObject({ hits: 0, searched: 0, closed: 1 });
  });

  test('for a ticket finds what was given at the beginning and at an unlock since, and no text that only says so', async () => {
    const { writer, clock } = await newRecording();
    writer.event('m', ticketMark('INC0012345'));
    writer.output(Buffer.from('ticket INC0099999\r\n'));
    clock.step(5000);
    writer.event('m', ticketMark('INC0067890'));
    await writer.end('exit');
    const entered: string[] = [];
    const find = (words: string, masked = false) => review.search(3, [writer], words, opener, async (id) => void entered.push(id), 'ticket', masked);
    expect(await find('inc00')).toMatchObject({ hits: 2 });
    expect(of('hit').map(({ context, at, length, timeUs }) => [context.slice(at, at + length), timeUs >= 5_000_000])).toEqual([
      ['INC00', false],
      ['INC00', true],
    ]);
    expect(entered).toEqual([writer.id]);
    expect(await find('99999')).toMatchObject({ hits: 0, searched: 1 });
    told = [];
    expect(await find('INC0067890', true)).toMatchObject({ hits: 1 });
    expect(of('hit')).toMatchObject([{ context: 'INC0067890' }]);
    await review.programs(4, [writer], opener);
    expect(of('programs')[0]!.programs).toEqual([[writer.id, expect.any(String), 'INC0012345']]);
  });

  test('that cannot be entered tells nothing', async () => {
    const one = await recorded(3);
    await review.search(5, [one], 'line', opener, () => Promise.reject(new Error('the ledger is full')), 'shown');
    expect(of('hit')).toEqual([]);
    expect(of('searched')[0]!.unread).toHaveLength(1);
  });
});
