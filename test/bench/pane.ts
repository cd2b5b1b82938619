/**
 * A visible, recorded pane of the whole app in the shipped Chromium host, headless, against tmux with an attached client:
 * how fast `cat` of a large text goes through, and how long a key takes until its echo is parsed.
 *
 * Nothing in the page is changed for it. When a pane's emulator has parsed something it asks for a frame to draw it, so the
 * time of the last such request before the frame that shows the letter is the time of the parse (or a little later).
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Corpus } from './corpus.ts';
import { initHome, passphrase, patienceMs, startApp, until, type BenchApp } from './app.ts';
import { median, percentile, type FigureRow } from './stats.ts';

const keys = 300;
/** Longer than any human pause needs to be, so that no key meets the work of the one before. */
const betweenKeysMs = 30;

/** The app with one pane and a shell in it. */
async function openApp(folder: string): Promise<BenchApp> {
  const { home } = initHome(folder);
  const app = await startApp(folder, home, { headless: true });
  const at = async (name: string): Promise<boolean> => app.surface === name && (await app.page()).url().endsWith(`/${name}.html`);
  try {
    await until(() => at('lock'), 'the lock page');
    await (await app.page()).locator('input[type=password]').fill(passphrase);
    await (await app.page()).keyboard.press('Enter');
    await until(() => at('workspace'), 'the workspace');
    await (await app.page()).locator('.xterm-rows', { hasText: /[#$]/ }).waitFor({ timeout: patienceMs });
    return app;
  } catch (error) {
    await app.stop();
    throw error;
  }
}

/** Seconds from Return until cat has ended, and until its end is on the screen. */
async function catInPane(page: Page, folder: string, corpus: Corpus, round: number): Promise<{ ended: number; shown: number }> {
  const mark = join(folder, `ended-${round}`);
  // The alternate screen and colours of the text must not hide the last line; the marker is put together by the shell, so
  // that the command line itself does not hold it.
  await page.keyboard.insertText(`cat ${corpus.file}; : > ${mark}; printf '\\033[?1049l\\033[0m\\033[r\\033[H\\033[2J%s%s\\n' all-of- ${round}`);
  const start = performance.now();
  await page.keyboard.press('Enter');
  await until(() => existsSync(mark), 'the end of cat');
  const ended = performance.now() - start;
  await page.locator('.xterm-rows', { hasText: `all-of-${round}` }).waitFor({ timeout: patienceMs });
  return { ended: ended / 1000, shown: (performance.now() - start) / 1000 };
}

/** Runs in the page: notes when frames were asked for, when keys came, and when the letters were drawn. */
function watchKeys(): void {
  const page = globalThis as unknown as {
    requestAnimationFrame(callback: (time: number) => void): number;
    addEventListener(type: string, listener: (event: { key: string }) => void, options: { capture: true }): void;
    document: { querySelector(selector: string): { textContent: string | null } | null; body: unknown };
    MutationObserver: new (callback: () => void) => { observe(target: unknown, options: object): void };
    benchSamples: number[];
  };
  let asked = 0;
  let pressed = 0;
  let before = '';
  page.benchSamples = [];
  const original = page.requestAnimationFrame.bind(page);
  page.requestAnimationFrame = (callback) => {
    asked = performance.now();
    return original(callback);
  };
  const text = (): string => page.document.querySelector('.xterm-rows')?.textContent?.trimEnd() ?? '';
  page.addEventListener(
    'keydown',
    ({ key }) => {
      if (key.length !== 1) return;
      before = text();
      asked = 0;
      pressed = performance.now();
    },
    { capture: true },
  );
  new page.MutationObserver(() => {
    if (pressed === 0 || asked === 0 || text() === before) return;
    page.benchSamples.push(asked - pressed);
    pressed = 0;
  }).observe(page.document.body, { subtree: true, childList: true, characterData: true });
}

async function keyToEcho(page: Page): Promise<number[]> {
  await page.keyboard.press('Control+c');
  await page.keyboard.insertText(`printf '\\033[2J\\033[H'; cat > /dev/null`);
  await page.keyboard.press('Enter');
  await page.evaluate(watchKeys);
  const samples = (): Promise<number[]> => page.evaluate(() => (globalThis as unknown as { benchSamples: number[] }).benchSamples);
  // The frame of the cleared screen must be drawn: a letter that joins a frame asked for before would have no time of its own.
  await new Promise((next) => setTimeout(next, 4 * betweenKeysMs));
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (let i = 0; i < keys; i++) {
    // A line of the terminal's own line discipline: its echo comes from the kernel, through the whole way and back.
    if (i % 60 === 59) {
      await page.keyboard.press('Enter');
      // So must the new line's.
      await new Promise((next) => setTimeout(next, 4 * betweenKeysMs));
    }
    await page.keyboard.press(letters[i % letters.length]!);
    await until(async () => (await samples()).length > i, `the echo of key ${i + 1}`);
    await new Promise((next) => setTimeout(next, betweenKeysMs));
  }
  await page.keyboard.press('Control+c');
  return await samples();
}

/**
 * Seconds of the same `cat` in a tmux pane whose client is attached to a drained terminal. The app is in this process, which
 * must not stand still meanwhile: main would not renew its lease, and the page would be cut off.
 */
async function catInTmux(folder: string, drain: string, corpus: Corpus): Promise<number> {
  const socket = join(folder, 'tmux');
  const times = join(folder, 'times');
  const inside = `date +%s.%N > '${times}'; cat '${corpus.file}'; date +%s.%N >> '${times}'`;
  const child = spawn(drain, [join(folder, 'drain.json'), 'tmux', '-S', socket, '-f', '/dev/null', 'new-session', inside], {
    env: { ...process.env, TMUX: '', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' },
    stdio: 'ignore',
    timeout: patienceMs,
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`tmux ended with status ${status}`);
  const [start = Number.NaN, end = Number.NaN] = readFileSync(times, 'utf8').trim().split('\n').map(Number);
  rmSync(times, { force: true });
  return end - start;
}

export async function benchPane(options: {
  readonly corpus: Corpus;
  readonly rounds: number;
  readonly drain: string;
  readonly cache: string;
  readonly say: (line: string) => void;
}): Promise<FigureRow[]> {
  const { corpus, say } = options;
  const megabytes = corpus.bytes / 1e6;
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  const hasTmux = spawnSync('tmux', ['-V'], { stdio: 'ignore' }).status === 0;
  const ours: { ended: number; shown: number }[] = [];
  const tmux: number[] = [];
  let echo: number[] = [];
  let failure: string | undefined;
  try {
    const app = await openApp(folder);
    try {
      for (let round = 0; round < options.rounds; round++) {
        ours.push(await catInPane(await app.page(), folder, corpus, round));
        if (hasTmux) tmux.push(await catInTmux(folder, options.drain, corpus));
        say(
          `round ${round + 1}/${options.rounds}: pane ${(megabytes / ours[round]!.ended).toFixed(1)} MB/s` +
            (hasTmux ? `, tmux ${(megabytes / tmux[round]!).toFixed(1)} MB/s` : ''),
        );
      }
      echo = await keyToEcho(await app.page());
    } finally {
      await app.stop();
    }
  } catch (error) {
    failure = `failed: ${(error as Error).message.split('\n')[0]}`;
    say(`pane: ${failure}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const rate = (seconds: readonly number[]): string => `${(megabytes / median(seconds)).toFixed(1)} MB/s`;
  const row = (name: string, note: string, samples: readonly number[], value: () => string, missing?: string): FigureRow => ({
    name,
    note,
    value: samples.length > 0 ? value() : '–',
    samples,
    ...(samples.length > 0 ? {} : { missing: missing ?? failure ?? 'not measured' }),
  });
  const noTmux = hasTmux ? undefined : 'missing: apt-get install tmux';
  const ended = ours.map((one) => one.ended);
  const shown = ours.map((one) => one.shown);
  const ratios = ended.flatMap((seconds, i) => (tmux[i] === undefined ? [] : [tmux[i] / seconds]));
  return [
    row(`wardmux pane, cat of ${megabytes.toFixed(0)} MB`, 'sealed and shown; until cat has ended', ended, () => rate(ended)),
    row('wardmux pane, until it is on the screen', 'the same, until the last line is drawn', shown, () => rate(shown)),
    row('tmux pane, attached client', 'not recorded, client drained; until cat has ended', tmux, () => rate(tmux), noTmux),
    row('wardmux to tmux', "median of the rounds' ratios, above 1 is faster", ratios, () => `${median(ratios).toFixed(2)}x`, noTmux),
    row('keydown to parsed echo, median', `${echo.length} keys, Chromium host, headless`, echo, () => `${median(echo).toFixed(1)} ms`),
    row('keydown to parsed echo, p95', 'the same keys', echo, () => `${percentile(echo, 0.95).toFixed(1)} ms`),
  ];
}
