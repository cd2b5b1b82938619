/**
 * How long something of a pane stays on the screen after a lock has begun: the whole app in a window of the shipped Chromium
 * host on a screen of its own (Xvfb). A pane is filled with one colour; from the call that begins the lock the picture is
 * looked at, without a pause, until no point of it has the colour any more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms, openDisplay } from '../support/display.ts';
import { initHome, passphrase, until, startApp } from './app.ts';
import { median, percentile, type FigureRow } from './stats.ts';

/** No colour of the app's own. */
const colour = 0xd01f77;
const fill = String.raw`\033[48;2;208;31;119m\033[2J`;
/** Of some 480 points: the pane fills the window but for its rules and the status line. */
const filled = 300;

export async function benchLock(options: { readonly rounds: number; readonly say: (line: string) => void }): Promise<FigureRow[]> {
  const { rounds, say } = options;
  const names = { quiet: 'lock to nothing visible', flood: 'the same while a program floods the pane' } as const;
  const absent = missingPrograms('Xvfb', 'xdotool');
  if (absent.length > 0) {
    const missing = `missing: ${absent.join(', ')} (apt-get install xvfb xdotool)`;
    return Object.values(names).map((name) => ({ name, value: '–', note: '', missing }));
  }
  const rows: FigureRow[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  const display = await openDisplay();
  try {
    const { home } = initHome(folder);
    const app = await startApp(folder, home, { headless: false, display: display.name });
    const unlock = async (): Promise<void> => {
      await until(() => app.surface === 'lock', 'the lock page');
      await until(async () => {
        // Typed too early it goes nowhere: it is typed again.
        display.key('ctrl+a');
        display.type(passphrase);
        display.key('Return');
        const tried = performance.now();
        while (performance.now() - tried < 4000) {
          if (app.surface === 'workspace') return true;
          await new Promise((next) => setTimeout(next, 20));
        }
        return false;
      }, 'the workspace');
    };
    try {
      for (const [kind, name] of Object.entries(names)) {
        const samples: number[] = [];
        for (let round = 0; round < rounds; round++) {
          await unlock();
          const command = kind === 'flood' ? `while :; do printf '${fill}flood'; done` : `printf '${fill}'; cat`;
          await until(async () => {
            display.key('ctrl+c', 'Return');
            display.type(`${command}\n`);
            const typed = performance.now();
            while (performance.now() - typed < 3000) {
              if (display.pointsOf(colour) > filled) return true;
              await new Promise((next) => setTimeout(next, 20));
            }
            return false;
          }, 'the coloured pane');
          const start = performance.now();
          const locked = app.lock();
          while (display.pointsOf(colour) > 0) await new Promise((next) => setImmediate(next));
          samples.push(performance.now() - start);
          await locked;
        }
        const places = (value: number): string => value.toFixed(0);
        say(`${name}: median ${places(median(samples))} ms, worst ${places(Math.max(...samples))} ms`);
        rows.push({
          name,
          samples,
          value: `${places(median(samples))} ms`,
          note: `p90 ${places(percentile(samples, 0.9))} ms, worst ${places(Math.max(...samples))} ms; ${samples.length} locks, a window on Xvfb`,
        });
      }
    } finally {
      await app.stop();
    }
  } catch (error) {
    const missing = `failed: ${(error as Error).message.split('\n')[0]}`;
    say(`lock: ${missing}`);
    for (const name of Object.values(names).slice(rows.length)) rows.push({ name, value: '–', note: '', missing });
  } finally {
    display.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
