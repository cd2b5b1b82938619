import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { BrowserContextOptions } from 'playwright-core';
import { helpRows } from '../../renderer/workspace/bands/key-help.ts';
import { groups } from '../../src/mux/keys/table.ts';
import { brings } from '../support/brings.ts';
import { shot } from '../support/shot.ts';
import { hl7 } from './demo.ts';
import { axeViolations, calmStatus, screenText, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';
import { fourPanes } from './shots.ts';

const pages = pagesOfTests();
let opened: Opened;
async function start(options: BrowserContextOptions = {}): Promise<Opened> {
  opened = await pages.workspace(options);
  return opened;
}

async function prefix(...keys: string[]): Promise<void> {
  await opened.page.keyboard.press('Control+b');
  for (const key of keys) await opened.page.keyboard.press(key);
}

/** A paste as the browser gives it: no clipboard permission in it. */
const paste = (text: string): Promise<unknown> =>
  opened.page.evaluate(
    `(() => { const data = new DataTransfer(); data.setData('text/plain', ${JSON.stringify(text)}); document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); })()`,
  );

const first = (): number => opened.core.state!.server.sessions[0]!.windows[0]!.panes[0]!.id;

/** What was printed is on the screen, up to this: a page has taken it before its emulator has. */
const shows = (words: string): Promise<unknown> => until(async () => (await screenText(opened.page, first())).includes(words), `${words} on the screen`);

describe('layout', () => {
  test('a window that grows over the large display, and back, has the text of its cell at once', async () => {
    const { page, core } = await start({ viewport: { width: 1440, height: 900 } });
    await core.print(first(), `${'x'.repeat(120)}\r\n`);
    for (const [width, height, c, r] of [
      [2560, 1400, 10, 24],
      [1440, 900, 8, 20],
      [2560, 1400, 10, 24],
    ] as const) {
      await page.setViewportSize({ width, height });
      await until(async () => core.state!.client.stage.cols === Math.floor(width / c), `the stage at ${width}`);
      await until(
        async () => (await page.evaluate(`document.querySelector('.xterm-rows > div').getBoundingClientRect().height`)) === r,
        `rows of ${r} at ${width}`,
      );
      const text = `(() => { const range = document.createRange(); range.selectNodeContents(document.querySelector('.xterm-rows > div')); return range.getBoundingClientRect().width; })()`;
      await until(async () => Math.abs((await page.evaluate<number>(text)) - 120 * c) < 1, `letters of ${c} at ${width}`);
    }
  });

  test.each([
    ['1024x640', 1024, 640, 8, 20],
    ['1440x900', 1440, 900, 8, 20],
    ['2560x1440', 2560, 1440, 10, 24],
  ])('%s: the cell is exact, panes tile, the line holds', async (_, width, height, c, r) => {
    const { page, core } = await start({ viewport: { width, height } });
    await fourPanes(opened);
    core.emit('status', { ...calmStatus, recording: { level: 'warn', word: 'disk 90 % full, sealed', sealedBytes: 19e6 }, person: 'Mariko Ueda-Lindqvist' });
    core.command('rename-window a-rather-long-name-for-a-window');
    await core.settled();
    const { cols, rows } = core.state!.client.stage;
    expect({ cols, rows }).toEqual({ cols: width / c, rows: Math.floor(height / r) - 1 });
    const panes = await page.evaluate<
      { pane: number; box: number[]; cell: number[]; lines: number }[]
    >(`[...document.querySelectorAll('.pane:not([hidden])')].map((pane) => {
      const box = pane.getBoundingClientRect();
      const screen = pane.querySelector('.xterm-screen').getBoundingClientRect();
      const rows = pane.querySelectorAll('.xterm-rows > div');
      return { pane: Number(pane.dataset.pane), box: [box.x, box.y, box.width, box.height], cell: [screen.width, rows[0].getBoundingClientRect().height], lines: rows.length };
    })`);
    expect(panes).toHaveLength(4);
    const covered = new Set<string>();
    for (const { pane, box, cell, lines } of panes) {
      const size = core.sizes().get(pane)!;
      expect(cell).toEqual([size.cols * c, r]);
      expect(lines).toBe(size.rows);
      const [x, y, w, h] = box.map((value, i) => value / (i % 2 ? r : c)) as [number, number, number, number];
      for (let column = Math.round(x); column < Math.round(x + w); column++)
        for (let row = Math.round(y); row < Math.floor(y + h + 0.01); row++) {
          expect(covered.has(`${column} ${row}`)).toBe(false);
          covered.add(`${column} ${row}`);
        }
    }
    expect(covered.size).toBe(cols * rows);
    const line = await page.evaluate<{ over: boolean; last: number; time: string; warned: boolean }>(`(() => {
      const line = document.querySelector('.line');
      const seen = (selector) => [...line.querySelectorAll(selector)].filter((element) => element.offsetParent).map((element) => element.getBoundingClientRect());
      return { over: document.documentElement.scrollWidth > innerWidth || line.scrollWidth > line.clientWidth, last: seen('.st--time')[0].right, time: line.querySelector('.st--time').textContent, warned: seen('[data-level="warn"]').length > 0 };
    })()`);
    expect(line).toEqual({ over: false, last: width - c, time: 'locks in4 min', warned: true });
  });

  test('the text is set in the vendored font', async () => {
    const { page } = await start();
    // A page that waits too long for them is drawn without.
    await expect
      .poll(() => page.evaluate(`[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.weight).sort()`))
      .toEqual(expect.arrayContaining(['400', '600']));
  });

  test('lines of boxes, blocks and shades fill their cell, so that nothing breaks between two rows', async () => {
    const { page, core } = await start();
    await core.print(first(), '\u2502');
    await until(() => page.evaluate(`[...document.fonts].some((font) => font.family.includes('Wardmux Boxes') && font.status === 'loaded')`), 'the font');
    // Per cell: rows without ink, and columns without ink. The baseline is 15 pixels below the top of a row of 20.
    const empty = await page.evaluate<Record<string, [number, number]>>(`(() => {
      const canvas = new OffscreenCanvas(8, 20);
      const pen = canvas.getContext('2d', { willReadFrequently: true });
      pen.font = '13.3333px "Wardmux Boxes"';
      return Object.fromEntries([...'\u2502\u2503\u2551\u2500\u2501\u2550\u253c\u254b\u256c\u2588\u2592\u2571\ue0b0'].map((char) => {
        pen.clearRect(0, 0, 8, 20);
        pen.fillText(char, 0, 15);
        const { data } = pen.getImageData(0, 0, 8, 20);
        const ink = (x, y) => data[(y * 8 + x) * 4 + 3] > 60;
        const range = (n) => [...Array(n).keys()];
        return [char, [range(20).filter((y) => !range(8).some((x) => ink(x, y))).length, range(8).filter((x) => !range(20).some((y) => ink(x, y))).length]];
      }));
    })()`);
    for (const char of '\u2502\u2503\u2551\u253c\u254b\u2588\u2592\u2571\ue0b0') expect(empty[char]![0], char).toBe(0);
    for (const char of '\u2500\u2501\u2550\u253c\u254b\u2588\u2592\u2571\ue0b0') expect(empty[char]![1], char).toBe(0);
    // Between the corners of a double cross there is nothing.
    expect(empty['\u256c']).toEqual([1, 1]);
    expect(empty['\u2502']![1]).toBe(7);
  });

  test('Thai and Devanagari are letters, in the colour of the text, and not the box of a sign that no font has', async (context) => {
    const { page, core } = await start();
    const fonts = spawnSync('fc-list', [':', 'family'], { encoding: 'utf8' }).stdout;
    context.skip(!/Tlwg Mono/.test(fonts) || !/Lohit Devanagari/.test(fonts), 'fonts-tlwg-mono-ttf or fonts-lohit-deva is not installed');
    // The last one is no letter, and no font has it; the others stand in cells of one width, with blanks between.
    const signs = ['\u0e01', '\u0e02', '\u0e2d', '\u0915', '\u092e', '\u0930', '\u0378'];
    await core.print(first(), `${signs.join(' ')} |`);
    await until(async () => (await screenText(page, first())).includes('\u0930'), 'the letters');
    await page.evaluate('document.fonts.ready');
    const at = await page.evaluate<{ x: number; y: number; ends: number }>(`(() => {
      const row = document.querySelector('.xterm-rows > div');
      const range = document.createRange();
      range.selectNodeContents(row);
      return { x: row.getBoundingClientRect().x, y: row.getBoundingClientRect().y, ends: range.getBoundingClientRect().width };
    })()`);
    // Whatever the font, they take the cells that they have; the cursor has the last one.
    expect(Math.abs(at.ends - (2 * signs.length + 2) * 8)).toBeLessThan(4);
    const pictures: string[] = [];
    for (const [i] of signs.entries()) {
      const picture = await page.screenshot({ clip: { x: at.x + i * 16, y: at.y, width: 8, height: 20 } });
      pictures.push(picture.toString('base64'));
    }
    expect(new Set(pictures).size).toBe(signs.length);
  });

  test('a pane is never mounted again: not by a split, a zoom, a window, a swap', async () => {
    const { page, core } = await start();
    await core.print(first(), 'kept');
    const marked = '(() => { const element = document.querySelector(".xterm"); const was = element.__mark; element.__mark = true; return was; })()';
    expect(await page.evaluate(marked)).toBeUndefined();
    for (const line of [
      'split-window -h',
      'split-window -v',
      'resize-pane -Z',
      'resize-pane -Z',
      'new-window',
      'select-window -t :=0',
      'swap-pane -U',
      'rotate-window',
    ]) {
      core.command(line);
      await core.settled();
      expect(await page.evaluate(`document.querySelector('[data-pane="${first()}"] .xterm').__mark`), line).toBe(true);
    }
    expect(await screenText(page, first())).toContain('kept');
  });

  test('a border follows the mouse', async () => {
    const { page, core } = await start();
    core.command('split-window -h');
    await core.settled();
    const right = () => core.requests.length && page.evaluate<number>(`document.querySelectorAll('.pane')[1].getBoundingClientRect().x`);
    const x = await right();
    await page.mouse.move(x, 400);
    await page.mouse.down();
    await page.mouse.move(x - 80, 400, { steps: 4 });
    await page.mouse.up();
    await until(async () => (await right()) === x - 80, 'the border to follow');
    expect(core.commands().some((line) => line.startsWith('drag-border '))).toBe(true);
  });
});

describe('keys', () => {
  test('tmux keys send tmux commands, and nothing reaches a shell', async () => {
    const { core } = await start();
    const keys = [
      ['%', 'split-window -h'],
      ['"', 'split-window -v'],
      ['ArrowUp', 'select-pane -U'],
      ['ArrowLeft', 'select-pane -L'],
      ['o', 'select-pane -t :.+'],
      ['z', 'resize-pane -Z'],
      ['z', 'resize-pane -Z'],
      ['c', 'new-window'],
      ['n', 'next-window'],
      ['p', 'previous-window'],
      ['0', 'select-window -t :=0'],
      ['Control+ArrowLeft', 'resize-pane -L'],
      ['d', 'detach-client'],
    ] as const;
    for (const [key] of keys) await prefix(key);
    await until(() => core.commands().includes('detach-client'), 'the last command');
    expect(core.commands()).toEqual(keys.map(([, line]) => line));
    expect(core.typed()).toBe('');
  });

  test('the prefix is shown at once, help after a while, and Escape leaves without a trace', async () => {
    const { page, core } = await start();
    // Seen from within: a busy machine looks at what came at once after what comes after a while.
    await page.evaluate(`(() => {
      window.__came = [];
      new MutationObserver(() => {
        for (const what of ['.st--prefix', '.band--keys']) if (document.querySelector(what) && !window.__came.includes(what)) window.__came.push(what);
      }).observe(document.body, { subtree: true, childList: true });
    })()`);
    await page.keyboard.press('Control+b');
    expect(await page.textContent('.st--prefix')).toBe('ctrl-b');
    await page.waitForSelector('.band--keys');
    expect(await page.evaluate('__came')).toEqual(['.st--prefix', '.band--keys']);
    await page.keyboard.press('Escape');
    expect(await page.$('.st--prefix, .band--keys')).toBeNull();
    await page.keyboard.type('ls');
    await until(() => core.typed() === 'ls', 'the keys after it');
  });

  test('what is typed behind a command belongs to what the command brings', async () => {
    const { core, page } = await start();
    let idle = (): void => {};
    core.busy = new Promise((resolve) => (idle = resolve));
    await page.keyboard.press('Control+b');
    await page.keyboard.type('%ls  -l 0');
    await page.keyboard.press('Enter');
    idle();
    await until(() => core.typed().endsWith('\r'), 'the whole line');
    const panes = core.state!.server.sessions[0]!.windows[0]!.panes.map((pane) => pane.id);
    expect([core.typed(panes[0]), core.typed(panes[1])]).toEqual(['', 'ls  -l 0\r']);
  });

  test('what is typed behind a command of the prompt, or behind a click on a pane, goes where the command leads', async () => {
    const { core, page } = await start();
    const wait = (): (() => void) => {
      let idle = (): void => {};
      core.busy = new Promise((resolve) => (idle = resolve));
      return () => idle();
    };
    await page.keyboard.press('Control+b');
    await page.keyboard.type(':split-window -h');
    await until(async () => (await page.inputValue('#command')) === 'split-window -h', 'the whole line');
    const answerPrompt = wait();
    await page.keyboard.press('Enter');
    await page.keyboard.type('ls  -l 0');
    await page.keyboard.press('Enter');
    answerPrompt();
    await until(() => core.typed().endsWith('\r'), 'the whole line');
    const panes = core.state!.server.sessions[0]!.windows[0]!.panes.map((pane) => pane.id);
    expect([core.typed(panes[0]), core.typed(panes[1])]).toEqual(['', 'ls  -l 0\r']);
    // The first pane by mouse.
    const answerClick = wait();
    await page.mouse.click(200, 300);
    await page.keyboard.type('w 1');
    answerClick();
    await until(() => core.typed(panes[0]) === 'w 1', 'the keys in the pane that was clicked');
    expect(core.typed(panes[1])).toBe('ls  -l 0\r');
  });

  test('what is typed ahead presses buttons and goes from field to field, as where the question stood already', async () => {
    const { core, page } = await start();
    core.command('split-window -h');
    core.command('new-window -d');
    await core.settled();
    const ahead = async (...keys: string[]): Promise<void> => {
      let idle = (): void => {};
      core.busy = new Promise((resolve) => (idle = resolve));
      const before = core.requests.length;
      for (const key of keys) await page.keyboard.press(key);
      await until(() => core.requests.length > before, 'the command');
      idle();
    };
    // The list of windows: down, and there.
    await ahead('Control+b', 'w', 'ArrowDown', 'Enter');
    await until(() => core.commands().includes('select-window -t :=1'), 'the choice');
    // A question: Return keeps, and what comes behind it is the shell's again.
    await ahead('Control+b', 'x', 'Enter', 'z');
    await until(() => core.typed() === 'z', 'the key behind the answer');
    expect(core.commands()).not.toContain('kill-pane');
    // A form: from its first field to the second and the third, and back.
    await ahead('Control+b', 'X', 'w', 'Tab', 'o', 'Tab', 'Shift+Tab', 'Shift+Tab', 'End', 'y');
    await until(async () => (await page.inputValue('#export-purpose')) === 'y', 'the first field');
    expect(await page.inputValue('#export-recipient')).toBe('o');
  });

  test('a second Return at the unlock, before the first view, opens nothing', async () => {
    let show = (): void => {};
    const shown = new Promise<void>((resolve) => (show = resolve));
    opened = await pages.open('workspace', {}, (core) => {
      const { resize } = core;
      core.resize = (cols, rows) => void shown.then(() => resize(cols, rows));
    });
    const { core, page } = opened;
    await until(() => core.requests.some(({ request }) => request === 'workspace.size'), 'the page');
    await page.keyboard.press('Enter');
    await core.settled();
    show();
    await page.waitForSelector('.pane');
    await core.settled();
    expect([core.commands(), core.typed()]).toEqual([[], '']);
    expect(await page.$$('.pane')).toHaveLength(1);
  });

  test('the command prompt takes what is typed at once, offers the table, and runs it', async () => {
    const { core, page } = await start();
    await page.keyboard.press('Control+b');
    await page.keyboard.type(':split-window -v');
    await until(async () => (await page.inputValue('#command')) === 'split-window -v', 'the whole line');
    expect(await page.textContent('.opt')).toContain('split above and below');
    await page.keyboard.press('Enter');
    await until(() => core.commands().includes('split-window -v'), 'the command');
    expect(core.typed()).toBe('');
  });

  test('at 800 wide the sentence of an emergency has the row, and its buttons stand below it', async () => {
    const { page, core } = await start({ viewport: { width: 800, height: 600 } });
    core.emit('status', { ...calmStatus, emergency: { since: '2026-11-24T14:33:00', left: 3000, extended: false, reason: 'patient-harm' } });
    await page.waitForSelector('.banner.glass');
    const sentence = (await page.locator('.banner.glass p').boundingBox())!;
    expect(sentence.width).toBeGreaterThan(600);
    const buttons = (await page.locator('.banner.glass .actions').boundingBox())!;
    expect(buttons.y).toBeGreaterThanOrEqual(sentence.y + sentence.height);
    expect(buttons.x + buttons.width).toBeLessThanOrEqual(800);
    // Two times stand there: each with what it is.
    expect(await page.locator('.line .st--time').allInnerTexts()).toEqual([expect.stringMatching(/ends in/), expect.stringMatching(/locks in/)]);
    expect(await page.locator('.line').evaluate((line) => line.scrollWidth <= line.clientWidth)).toBe(true);
  });

  test('what an auditor has to review leads to where it is reviewed, and for whoever may not look it is a word', async () => {
    const { page, core } = await start();
    const reviews = { due: 1, overdue: 0 };
    const word = page.locator('.line').getByText('1 emergency review due');
    core.emit('status', { ...calmStatus, reviews, permits: calmStatus.permits.filter((needs) => needs !== 'audit.look') });
    await word.waitFor();
    expect(await page.locator('.line').getByRole('button', { name: '1 emergency review due' }).count()).toBe(0);
    core.emit('status', { ...calmStatus, reviews, permits: [...calmStatus.permits, 'audit.look'] });
    await page.locator('.line').getByRole('button', { name: '1 emergency review due' }).click();
    await until(() => core.commands().includes('audit'), 'the command');
  });

  test('a wrong line stays in the prompt with its reason, and what was run can be had again', async () => {
    const { page, core } = await start();
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await page.keyboard.type('run-shell ls');
    await page.keyboard.press('Enter');
    await until(async () => (await page.textContent('.prompt__refused'))?.includes('Wardmux does not'), 'the reason');
    expect(await page.inputValue('.prompt__text')).toBe('run-shell ls');
    await page.fill('.prompt__text', 'set-option mouse off');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.prompt', { state: 'detached' });
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await page.keyboard.press('ArrowUp');
    expect(await page.inputValue('.prompt__text')).toBe('set-option mouse off');
    await page.keyboard.press('ArrowUp');
    expect(await page.inputValue('.prompt__text')).toBe('run-shell ls');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.inputValue('.prompt__text')).toBe('');
    expect(core.commands()).toEqual(['command-prompt', 'run-shell ls', 'set-option mouse off', 'command-prompt']);
  });

  test('the line says what kind of workstation this is', async () => {
    const { page, core } = await start();
    await until(async () => (await page.textContent('.line__state'))?.includes('nursing'), 'the kind');
    core.emit('status', { ...calmStatus, place: 'it-office' });
    await until(async () => (await page.textContent('.line__state'))?.includes('IT office'), 'the other kind');
  });

  test('the prompt is edited as in readline, and ctrl-w closes nothing', async () => {
    const { page } = await start();
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await page.keyboard.type('split-window -h nano');
    const line = async (): Promise<string> => {
      const at = Number(await page.evaluate<number>(`document.querySelector('.prompt__text').selectionStart`));
      const text = await page.inputValue('.prompt__text');
      return `${text.slice(0, at)}|${text.slice(at)}`;
    };
    for (const [key, wanted] of [
      ['w', 'split-window -h |'],
      ['a', '|split-window -h '],
      ['e', 'split-window -h |'],
      ['w', 'split-window |'],
      ['u', '|'],
    ] as const) {
      await page.keyboard.press(`Control+${key}`);
      await until(async () => (await line()) === wanted, `ctrl-${key}`);
    }
    await page.keyboard.type('new-window');
    for (let n = 0; n < 7; n++) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+k');
    await until(async () => (await line()) === 'new|', 'ctrl-k');
  });

  test.each([1440, 1024, 800])('what is typed into the prompt is seen at %i, its usage over it', async (width) => {
    const { page } = await start({ viewport: { width, height: 600 } });
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await page.keyboard.type('split-window -h -t 1 -c /var');
    await until(async () => (await page.textContent('.prompt__usage').catch(() => ''))?.includes('split-window'), 'the usage');
    const fits = await page.evaluate<boolean>(
      `(() => { const field = document.querySelector('.prompt__text'); return field.scrollWidth <= field.clientWidth; })()`,
    );
    expect(fits).toBe(true);
    expect(
      await page.evaluate<boolean>(`(() => { const band = document.querySelector('dialog.palette'); return band.scrollWidth <= band.clientWidth; })()`),
    ).toBe(true);
  });

  test('a line with a command’s short name has its usage too, and no count of offers that there are none of', async () => {
    const { page } = await start();
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await page.keyboard.type('set -g mode-keys vi');
    await until(async () => (await page.textContent('.prompt__usage').catch(() => ''))?.includes('set-option'), 'the usage');
    expect(await page.textContent('.prompt')).not.toContain('0 of');
  });

  test('a word that is no command finds what it means: Return fills it in, and the next one runs it', async () => {
    const { page, core } = await start();
    const { keyboard } = page;
    const value = (): Promise<string> => page.inputValue('.prompt__text');
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await keyboard.type('dark');
    await until(async () => (await page.textContent('.opt.is-current'))?.includes('theme dark'), 'the row that Return takes');
    expect(await page.textContent('.prompt__hint')).toContain('enter fill in');
    await keyboard.press('Enter');
    await until(async () => (await value()) === 'theme dark', 'the line');
    expect(core.commands()).toEqual(['command-prompt']);
    await keyboard.press('Enter');
    await until(() => core.commands().includes('theme dark'), 'the command');
    await page.waitForSelector('.prompt__text', { state: 'detached' });
    // A row that lacks a word is filled in too, and the word typed behind it.
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await keyboard.type('rename-window');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await until(async () => (await value()) === 'rename-window ', 'the beginning');
    await keyboard.type('feeds');
    await keyboard.press('Enter');
    await until(() => core.commands().includes('rename-window feeds'), 'the whole command');
  });

  test('what is typed ahead for the next prompt stands in it as if it had been there: the row that was chosen too', async () => {
    const { page, core } = await start();
    const { keyboard } = page;
    await brings(() => prefix(':'), page.locator('.prompt__text'));
    await keyboard.type('theme dark');
    await until(async () => (await page.inputValue('.prompt__text')) === 'theme dark', 'the line');
    let idle = (): void => {};
    core.busy = new Promise((resolve) => (idle = resolve));
    await keyboard.press('Enter');
    await prefix(':');
    await keyboard.type('rename-window');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    idle();
    await until(async () => (await page.inputValue('.prompt__text').catch(() => '')) === 'rename-window ', 'the beginning');
    expect(core.commands()).toEqual(['command-prompt', 'theme dark', 'command-prompt']);
  });

  test('every key opens at its beginning, and the keys after the prefix are all there', async () => {
    const { page } = await start({ viewport: { width: 1024, height: 640 } });
    await brings(() => prefix('?'), page.locator('.band--help'));
    expect(await page.evaluate('document.querySelector(".band--help").scrollTop')).toBe(0);
    expect(await page.textContent('.band--help')).toMatch(/^Every key.{0,40}esc leave/);
    expect(await page.textContent('.band--help')).toContain('ctrl-shift-c');
    const short = `[...document.querySelectorAll('.band--help li > *')].filter((word) => word.scrollWidth > word.clientWidth).map((word) => word.textContent)`;
    for (const width of [800, 1024, 1440]) {
      await page.setViewportSize({ width, height: 640 });
      expect(await page.evaluate(short), `${width}`).toEqual([]);
    }
    await page.setViewportSize({ width: 1024, height: 640 });
    await page.keyboard.press('Escape');
    await brings(() => prefix(), page.locator('.band--keys'));
    const cut = `[...document.querySelectorAll('.band--keys li')].filter((row) => { const box = row.getBoundingClientRect(); return box.right > innerWidth || box.top < 0 || row.scrollWidth > row.clientWidth; }).length`;
    expect([await page.evaluate(cut), await page.locator('.band--keys li').count()]).toEqual([
      0,
      groups.flatMap((group) => helpRows('prefix', group, true)).length,
    ]);
  });

  test('with the mouse off a click goes nowhere, selects nothing and drags nothing', async () => {
    const { page, core } = await start();
    core.command('split-window -h');
    await core.print(first(), 'alpha beta');
    core.command('set-option mouse off');
    await core.settled();
    const box = (await page.locator(`[data-pane="${first()}"] .xterm-screen`).boundingBox())!;
    await page.mouse.move(box.x + 2, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 10);
    await page.mouse.up();
    await page.mouse.click(box.x + 20, box.y + 10, { button: 'right' });
    expect([core.commands(), await page.locator('.grip').count(), await page.locator('dialog').count()]).toEqual([[], 0, 0]);
    expect(await page.locator('.xterm-selection div').count()).toBe(0);
    await page.keyboard.type('x');
    await until(() => core.typed() === 'x', 'the key');
    expect(core.typed(first())).toBe('');
  });

  test('renaming starts from the old name and keeps quotes in one word', async () => {
    const { core, page } = await start();
    await brings(() => prefix(','), page.locator('#command'));
    await page.keyboard.type(`ward's "4"`);
    await page.keyboard.press('Enter');
    await until(() => core.state!.server.sessions[0]!.windows[0]!.name === `ward's "4"`, 'the new name');
  });

  test.each([
    ['x', 'kill-pane'],
    ['&', 'kill-window'],
  ])('prefix %s asks first: Enter keeps, y does it', async (key, line) => {
    const { core, page } = await start();
    core.command('split-window -h');
    core.command('new-window -d');
    await core.settled();
    await brings(() => prefix(key), page.locator('dialog[open]'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(core.commands()).not.toContain(line);
    await brings(() => prefix(key), page.locator('dialog[open]'));
    await page.keyboard.press('y');
    await until(() => core.commands().includes(line), line);
  });

  test('a prefix that was moved works, and is named', async () => {
    const { page, core } = await start();
    core.command('set-option -g prefix C-a');
    await core.settled();
    await page.keyboard.press('Control+b');
    await until(() => core.typed() === '\x02', 'ctrl-b for the shell');
    await page.keyboard.press('Control+a');
    expect(await page.textContent('.st--prefix')).toBe('ctrl-a');
    await page.keyboard.press('%');
    await until(() => core.commands().includes('split-window -h'), 'the split');
  });

  test('keys that somebody bound: after the prefix, without it, in copy mode, in the help; one that was unbound does nothing', async () => {
    const { page, core } = await start();
    for (const line of [
      'bind-key -N "side by side" | split-window -h',
      'bind-key -n M-y last-pane',
      'unbind-key %',
      'set-option -g prefix2 C-a',
      'bind-key -T copy-mode x send-keys -X cancel',
    ])
      core.command(line);
    await core.settled();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('|');
    await until(() => core.commands().includes('split-window -h'), 'the split');
    await page.keyboard.press('Alt+y');
    await until(() => core.commands().includes('last-pane'), 'the last pane');
    await prefix('%');
    await until(async () => (await page.textContent('body'))?.includes('% does nothing after the prefix') ?? false, 'that the key means nothing');
    expect(core.commands().filter((line) => line === 'split-window -h')).toHaveLength(1);
    await brings(() => prefix('['), page.locator('.copy-cursor'));
    await page.keyboard.press('x');
    await page.waitForSelector('.copy-cursor', { state: 'detached' });
    expect(core.typed()).toBe('');
    await brings(() => prefix('?'), page.locator('dialog[open]'));
    expect(await page.textContent('dialog[open]')).toMatch(/Yours.*\|side by side/s);
  });

  test('pane numbers: a digit jumps', async () => {
    const { core } = await start();
    core.command('split-window -h');
    // They go by themselves, after a second if nothing else is said.
    core.command('set-option display-panes-time 60000');
    await core.settled();
    await brings(() => prefix('q'), opened.page.locator('.pane__number').first());
    await opened.page.keyboard.press('1');
    await until(() => core.state!.server.sessions[0]!.windows[0]!.active === first(), 'pane 1');
    expect(core.typed()).toBe('');
  });

  test('the pane menu by mouse and by key', async () => {
    const { page, core } = await start();
    await brings(() => page.click('.screen', { button: 'right' }), page.locator('.menu'));
    await page.keyboard.press('z');
    await until(() => core.commands().includes('resize-pane -Z'), 'zoom');
    await brings(() => prefix('>'), page.locator('.menu'));
    await page.keyboard.press('Escape');
    await page.waitForSelector('.menu', { state: 'detached' });
  });

  test('the idle warning takes one key, which no shell gets', async () => {
    const { page, core } = await start();
    core.emit('status', { ...calmStatus, lockIn: 23, warning: true });
    await page.waitForSelector('.countdown');
    const before = core.requests.length;
    await page.keyboard.press('r');
    await page.waitForSelector('.countdown', { state: 'detached' });
    expect(core.requests.slice(before).map(({ request, input }) => ({ request, input }))).toContainEqual({ request: 'activity', input: { kind: 'key' } });
    expect(core.typed()).toBe('');
    await page.keyboard.press('s');
    await until(() => core.typed() === 's', 'the next key');
  });

  test('the idle warning takes the whole chord, until every key is up', async () => {
    const { page, core } = await start();
    const { keyboard } = page;
    for (const chord of ['Control+c', 'Shift+Z', 'Alt+x', 'Control+b']) {
      core.emit('status', { ...calmStatus, lockIn: 23, warning: true });
      await page.waitForSelector('.countdown');
      const [modifier, key] = chord.split('+') as [string, string];
      await keyboard.down(modifier);
      // The modifier alone has answered the warning; what follows still belongs to it.
      await page.waitForSelector('.countdown', { state: 'detached' });
      await keyboard.press(key);
      await keyboard.press('Enter');
      await keyboard.up(modifier);
    }
    await keyboard.press('s');
    await until(() => core.typed().includes('s'), 'the next key');
    expect(core.typed()).toBe('s');
    core.emit('status', { ...calmStatus, lockIn: 23, warning: true });
    await page.waitForSelector('.countdown');
    await keyboard.press('Control+Shift+L');
    await until(() => core.requests.some(({ request }) => request === 'lock'), 'the lock from the warning');
  });
});

describe('lock', () => {
  test('a page that hears nothing of main takes everything off the screen, and nothing comes back', async () => {
    const { page, core } = await start();
    const pane = first();
    await core.print(pane, 'patient-7');
    await until(async () => (await page.textContent('.xterm-rows'))?.includes('patient-7'), 'the text');
    core.lends = false;
    await page.waitForSelector('.unconnected');
    expect(await page.textContent('body')).toContain('Nothing is shown.');
    expect(await page.content()).not.toContain('patient-7');
    core.lends = true;
    core.emit('lease', {});
    core.change((state) => ({ ...state }));
    await core.print(pane, 'patient-8').catch(() => {});
    await page.keyboard.type('x');
    await core.settled();
    expect(await page.content()).not.toMatch(/patient-[78]/);
    expect(await page.locator('.xterm').count()).toBe(0);
    expect(core.typed()).toBe('');
  });

  test('the hotkey works from the shell, from a question and from the warning', async () => {
    const { page, core } = await start();
    const locks = (): number =>
      core.requests.filter(({ request, input }) => request === 'lock' || (request === 'command' && (input as { line: string }).line === 'lock-server')).length;
    await page.keyboard.press('Control+Shift+L');
    await until(() => locks() === 1, 'from the shell');
    await brings(() => prefix(':'), page.locator('#command'));
    await page.keyboard.press('Control+Shift+L');
    await until(() => locks() === 2, 'from the prompt');
    core.emit('status', { ...calmStatus, lockIn: 5, warning: true });
    await page.waitForSelector('.countdown');
    await page.keyboard.press('Control+Shift+L');
    await until(() => locks() === 3, 'from the warning');
  });

  test('the warning stands over a prompt and leaves it as it was', async () => {
    const { page, core } = await start();
    await brings(() => prefix(':'), page.locator('#command'));
    await page.keyboard.type('new-w');
    await until(async () => (await page.inputValue('#command')) === 'new-w', 'what was typed');
    core.emit('status', { ...calmStatus, lockIn: 5, warning: true });
    await page.waitForSelector('.countdown');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.countdown', { state: 'detached' });
    expect(await page.inputValue('#command')).toBe('new-w');
    await page.keyboard.type('indow');
    expect(await page.inputValue('#command')).toBe('new-window');
  });
});

describe('what reaches a shell', () => {
  test('the question about a paste into two panes says how each of them takes it', async () => {
    const { page, core } = await start();
    await core.print(first(), '\x1b[?2004h$ ');
    await shows('$');
    await prefix('%');
    await until(async () => (await page.locator('.xterm-rows').count()) === 2, 'the second pane');
    await core.settled();
    core.command('set-option synchronize-panes on');
    await page.waitForSelector('dialog[open] .numbered li:nth-child(2)');
    await page.keyboard.press('y');
    await until(async () => (await page.locator('.pane__receives').count()) === 2, 'two frames');
    core.command('select-pane -L');
    await until(() => page.evaluate<boolean>(`document.activeElement.closest('[data-pane]')?.dataset.pane === '${first()}'`), 'the focus in the first pane');
    await brings(() => paste('one\ntwo\n'), page.locator('dialog[open] .numbered'));
    const said = await page.textContent('dialog[open]');
    for (const words of ['which takes a paste as one piece.', 'One more pane gets it too', 'It may run each line at once.', 'and would run.'])
      expect(said).toContain(words);
    await page.keyboard.press('y');
    const second = core.state!.server.sessions[0]!.windows[0]!.panes.find(({ id }) => id !== first())!.id;
    await until(() => core.typed(first()) === '\x1b[200~one\rtwo\r\x1b[201~' && core.typed(second) === 'one\rtwo\r', 'both, each in its way');
  });

  test('a hostile paste: shown, Enter does not paste, y pastes it without its teeth', async () => {
    const { page, core } = await start();
    await core.print(first(), '\x1b[?2004h$ ');
    await shows('$');
    await brings(() => paste('ls\u001b[201~\nrm -rf /\u202e\n'), page.locator('dialog[open]'));
    expect(await page.textContent('.numbered')).toContain('^[');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(core.typed()).toBe('');
    await brings(() => paste('ls\u001b[201~\nrm -rf /\u202e\n'), page.locator('dialog[open]'));
    await page.keyboard.press('y');
    await until(() => core.typed().includes('rm'), 'the paste');
    expect(core.typed()).toBe('\x1b[200~ls[201~\rrm -rf /\r\x1b[201~');
  });

  test('one plain line is pasted without a question', async () => {
    const { core } = await start();
    await paste('uptime');
    await until(() => core.typed() === 'uptime', 'the line');
  });

  test('only device attributes and cursor position are answered', async () => {
    const { core } = await start();
    const silent = [
      '\x1b]11;?\x07',
      '\x1b]10;?\x1b\\',
      '\x1b]4;1;?\x07',
      '\x1bP$qm\x1b\\',
      '\x1bP+q544e\x1b\\',
      '\x1b]52;c;?\x07',
      '\x1b[21t',
      '\x1b[18t',
      '\x1b[>q',
      '\x1b[?2026$p',
      '\x1b[4$p',
      '\x1b[?996n',
      '\x1b]0;rm -rf\x07',
      '\x07',
    ];
    await core.print(first(), `${silent.join('')}ab\x1b[c\x1b[>c\x1b[6n\x1b[5n`);
    await until(() => core.typed().endsWith('\x1b[0n'), 'the last answer');
    expect(core.typed()).toBe('\x1b[?1;2c\x1b[>0;276;0c\x1b[1;3R\x1b[0n');
  });

  test('OSC 52 leaves the copy alone, and a link is not opened but named', async () => {
    const { core, page } = await start();
    await core.print(first(), '\x1b]52;c;cm0gLXJmIC8=\x07\x1b]8;;https://example.invalid/x\x07click me\x1b]8;;\x07');
    await shows('click');
    const box = (await (await page.$('.xterm-screen'))!.boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + 10);
    await until(async () => (await page.textContent('.rule__flags').catch(() => ''))?.includes('https://example.invalid/x'), 'the target in the rule');
    await page.mouse.click(box.x + 20, box.y + 10);
    expect(opened.context.pages()).toHaveLength(1);
    await brings(() => prefix(']'), page.locator('.toast').getByText('There is nothing to paste.'));
    expect(core.typed()).toBe('');
  });

  test.each([
    ['emacs', ['C-p', 'C-a', 'C-Space', 'M-f', 'M-w']],
    ['vi', ['k', '0', 'Space', 'e', 'Enter']],
  ] as const)('copy mode copies by %s keys, and prefix ] pastes it', async (keys, names) => {
    const { page, core } = await start();
    await core.print(first(), 'alpha beta\r\n$ ');
    await shows('alpha beta\n$');
    core.command(`set-option mode-keys ${keys}`);
    await core.settled();
    await prefix('[');
    await until(async () => (await page.textContent('.rule__flags').catch(() => ''))?.includes('copy mode'), 'copy mode');
    for (const name of names) await page.keyboard.press(name.replace('C-', 'Control+').replace('M-', 'Alt+'));
    await page.waitForSelector('.copy-cursor', { state: 'detached' });
    await prefix(']');
    await until(() => core.typed() === 'alpha', 'the copied word');
  });
});

describe('more of copy mode', () => {
  const flags = (): Promise<string | null> => opened.page.textContent('.rule__flags').catch(() => '');

  test('a count, a jump and a rectangle, which goes into a buffer with a number', async () => {
    const { page, core } = await start();
    await core.print(first(), 'alpha 111 x\r\nbeta  222 y\r\ngamma 333 z\r\n$ ');
    await shows('gamma 333 z\n$');
    core.command('set-option mode-keys vi');
    await core.settled();
    await brings(() => prefix('['), page.locator('.copy-cursor'));
    await page.keyboard.press('3');
    await until(async () => (await flags())?.includes('3 times'), 'the count');
    for (const key of ['k', '0', 'f']) await page.keyboard.press(key);
    await until(async () => (await flags())?.includes('which character?'), 'what a jump asks');
    for (const key of ['1', 'v', 'Space', 'j', 'j', 'l', 'l']) await page.keyboard.press(key);
    await page.waitForSelector('.copy-rectangle');
    await until(async () => (await flags())?.includes('rectangle, selecting'), 'what is selected');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.copy-cursor', { state: 'detached' });
    await brings(() => prefix('#'), page.locator('dialog[open]'));
    expect(await page.textContent('dialog[open]')).toMatch(/buffer0.*11 characters.*111 222 333/s);
    await page.keyboard.press('v');
    await until(async () => (await page.textContent('dialog[open]'))?.includes('Buffer buffer0'), 'its text');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    expect(core.typed()).toBe('');
  });

  test('buffers are chosen, named, pasted and forgotten', async () => {
    const { page, core } = await start();
    for (const line of ['set-buffer one', 'set-buffer two', 'set-buffer -b mine three']) core.command(line);
    await core.settled();
    await brings(() => prefix('='), page.locator('dialog[open] .opt').first());
    expect(await page.locator('dialog[open] .opt__name').allTextContents()).toEqual(['mine', 'buffer1', 'buffer0']);
    await page.keyboard.press('d');
    await until(async () => (await page.locator('dialog[open] .opt').count()) === 2, 'that one is forgotten');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until(() => core.typed() === 'one', 'the older one');
    await prefix('-');
    await prefix(']');
    await until(() => core.typed() === 'oneone', 'what is the newest now');
    await prefix('-');
    await prefix('-');
    await until(async () => (await page.textContent('body'))?.includes('There is no buffer in this class') ?? false, 'that there is none');
  });

  test('what is typed goes into the panes of the list, each with its frame, and into one again', async () => {
    const { page, core } = await start();
    await prefix('%');
    await until(async () => (await page.locator('.xterm-rows').count()) === 2, 'the second pane');
    await core.settled();
    core.command('set-option synchronize-panes on');
    await page.waitForSelector('dialog[open] .numbered li:nth-child(2)');
    expect(await page.locator('.pane__receives').count()).toBe(0);
    await page.keyboard.press('y');
    await until(async () => (await page.locator('.pane__receives').count()) === 2, 'two frames');
    expect(await flags()).toContain('typed into 2 panes at once');
    const before = core.typed();
    await page.keyboard.type('ab');
    await until(() => core.typed().length >= before.length + 4, 'four letters');
    core.command('set-option synchronize-panes off');
    await until(async () => (await page.locator('.pane__receives').count()) === 0, 'no frame');
    const then = core.typed().length;
    await page.keyboard.type('c');
    await until(() => core.typed().length > then, 'the letter');
    expect(core.typed().length).toBe(then + 1);
  });

  test('what was typed before the question about panes that are typed into together stood does not answer it', async () => {
    const { page, core } = await start();
    await brings(() => prefix('%'), page.locator('.xterm-rows').nth(1));
    await brings(() => prefix(':'), page.locator('#command'));
    await page.keyboard.type('set-option synchronize-panes on');
    await until(async () => (await page.inputValue('#command')) === 'set-option synchronize-panes on', 'the line');
    let idle!: () => void;
    core.busy = new Promise((resolve) => (idle = resolve));
    await page.keyboard.press('Enter');
    await page.keyboard.type('yum');
    await brings(async () => idle(), page.locator('dialog[open] .numbered'));
    await core.settled();
    expect(await page.locator('.pane__receives').count()).toBe(0);
    // A key that is pressed now comes behind them.
    await page.keyboard.press('y');
    await until(async () => (await page.locator('.pane__receives').count()) === 2, 'two frames');
    expect(core.typed()).toBe('');
  });

  test('the time stands in a pane until a key is pressed, which no program gets', async () => {
    const { page, core } = await start();
    await brings(() => prefix('t'), page.locator('.pane__clock').first());
    expect(await page.getAttribute('.pane__clock', 'aria-label')).toMatch(/^It is \d\d:\d\d$/);
    await page.keyboard.press('x');
    await page.waitForSelector('.pane__clock', { state: 'detached' });
    expect(core.typed()).toBe('');
    await brings(() => prefix('<'), page.locator('dialog[open]'));
    await page.keyboard.press('w');
    await until(() => core.commands().includes('new-window'), 'a new window');
  });
});

test('what copy mode has copied is no longer selected, after a search too', async () => {
  const { page, core } = await start();
  for (let i = 0; i < 60; i++) await core.print(first(), `${i} port/udp # service ${i}\r\n`);
  await core.print(first(), '$ ');
  await shows('service 59\n$');
  await brings(() => prefix('['), page.locator('.copy-cursor'));
  await brings(() => page.keyboard.press('Control+r'), page.locator('.find'));
  await page.keyboard.type('udp');
  await until(async () => (await page.textContent('.find output'))?.includes('of 60'), 'the hits');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.find', { state: 'detached' });
  for (const key of ['Control+Space', 'Control+n', 'Control+e']) await page.keyboard.press(key);
  const selected = (): Promise<number> => page.locator('.xterm-selection > div').count();
  await until(async () => (await selected()) > 0, 'the selection');
  await page.keyboard.press('Alt+w');
  await page.waitForSelector('.copy-cursor', { state: 'detached' });
  await until(async () => (await page.textContent('.toast').catch(() => ''))?.includes('Copied'), 'the toast');
  await until(async () => (await selected()) === 0, 'nothing selected');
  // The emulator draws at a resize what it thinks is selected.
  await prefix('%');
  await until(async () => (await page.locator('.xterm-rows').count()) === 2, 'the second pane');
  await core.settled();
  expect(await selected()).toBe(0);
});

describe('mouse and clipboard', () => {
  test('drag selects, ctrl-shift-c copies, ctrl-shift-v pastes through the filter', async () => {
    const { page, core } = await start();
    await core.print(first(), 'uptime now\r\n');
    await until(async () => (await screenText(page, first())).includes('uptime'), 'the text');
    const box = (await (await page.$('.xterm-screen'))!.boundingBox())!;
    await page.mouse.move(box.x + 1, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 6 * 8 - 1, box.y + 10, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.press('Control+Shift+C');
    await until(async () => (await page.textContent('.toast').catch(() => ''))?.includes('Copied 6 bytes'), 'the toast');
    // The core learns that something was copied, and nothing of it.
    const told = core.requests.filter(({ request }) => request === 'clipboard.copied');
    expect(told.length).toBeGreaterThan(0);
    for (const { input } of told) expect(input).toEqual({});
    expect(await page.textContent('.toast')).toContain('The lock clears the clipboard.');
    await page.keyboard.press('Control+Shift+V');
    await until(() => core.typed() === 'uptime', 'the paste');
    expect(core.commands()).toEqual([]);
  });

  test('a click focuses a pane, and the next key goes there', async () => {
    const { page, core } = await start();
    core.command('split-window -h');
    await core.settled();
    await page.mouse.click(200, 300);
    await until(() => core.state!.server.sessions[0]!.windows[0]!.active === first(), 'the focus');
    await page.keyboard.type('w');
    await until(() => core.typed(first()) === 'w', 'the key');
    expect(await page.getAttribute(`[data-pane="${first()}"]`, 'class')).toContain('is-focused');
  });
});

test('how well the key of the ledger is kept is told at the ledger, where it is weaker', async () => {
  const { page, core } = await start();
  expect(await page.$('.line [title*="kept in a file"]')).toBeNull();
  core.emit('status', { ...calmStatus, ledger: { ...calmStatus.ledger, note: 'The signing key is kept in a file.' } });
  const ledger = await page.waitForSelector('.line [title*="kept in a file"]');
  expect(await ledger.textContent()).toContain('ledger');
});

test('after a click on the chrome the shell still has the keys', async () => {
  const { page, core } = await start();
  core.emit('notice', { level: 'warn', sentence: 'Offline.' });
  await page.click('.banner .btn');
  await page.waitForSelector('.banner', { state: 'detached' });
  await page.keyboard.type('a');
  await page.click('.win.is-current');
  await page.keyboard.type('b');
  await page.click('.rule__label');
  await page.keyboard.type('c');
  await page.evaluate('document.activeElement.blur()');
  await page.keyboard.type('d');
  await until(() => core.typed() === 'abcd', 'all four keys');
});

test('twelve windows: as many as fit, the rest behind +N, flags as tmux has them, and the time at any width', async () => {
  const { page, core } = await start();
  for (let i = 0; i < 11; i += 1) core.command('new-window -d');
  core.command('select-window -t :=2');
  await core.settled();
  const shown = (): Promise<number> => page.locator('.line__windows > [data-window]:visible').count();
  const free = `(() => { const right = (what) => document.querySelector(what).getBoundingClientRect(); return right('.line__state').left - right('.line__where').right; })()`;
  for (const width of [1440, 1024, 800, 480, 320]) {
    await page.setViewportSize({ width, height: 640 });
    await until(async () => (await page.evaluate('document.querySelector(".st--time").getBoundingClientRect().right')) === width - 8, `the time at ${width}`);
    expect(await page.evaluate('document.querySelector(".st--time b").textContent'), String(width)).toBe('4 min');
    await until(async () => (await page.textContent('.win__more')) === `+${12 - (await shown())}`, `the count of the windows behind at ${width}`);
    expect(await page.locator('.win.is-current').isVisible(), String(width)).toBe(true);
    // No window is left out that would have had room: the widest is 10 cells.
    if (width >= 1024) await until(async () => (await page.evaluate<number>(free)) < 100, `no window left out at ${width} that had room`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await core.print(first(), 'ring \x07');
  await until(async () => (await page.locator('.win__flag').first().textContent())?.startsWith('-!'), 'last and bell');
  await brings(() => page.click('.win__more'), page.locator('dialog .opt--window').first());
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await until(() => core.commands().at(-1) === 'select-window -t :=3', 'the choice');
  core.command('select-window -t :=0');
  await until(async () => !(await page.locator('.line__windows').textContent())?.includes('!'), 'the bell is seen');
});

test('on a small screen the word of the ledger stays, and what matters less goes before it; no tick stands before what it lacks', async () => {
  const { page, core } = await start({ viewport: { width: 800, height: 600 } });
  core.emit('status', {
    ...calmStatus,
    person: 'Mara Ueda',
    recording: { ...calmStatus.recording, sealedBytes: 486_502 },
    ledger: { level: 'none', word: 'ledger not anchored', events: 95, note: 'No anchor keeps heads of this ledger outside.' },
  });
  const ledger = page.locator('.st', { hasText: 'ledger not anchored' });
  await ledger.waitFor();
  const seen = (text: string): Promise<boolean> => page.getByText(text, { exact: true }).isVisible();
  expect([
    await ledger.locator('.mark').getAttribute('data-m'),
    await page.locator('.st', { hasText: 'Mara Ueda' }).isVisible(),
    await seen('operator'),
  ]).toEqual(['none', true, false]);
  expect(await page.evaluate('document.querySelector(".st--time").getBoundingClientRect().right')).toBe(792);
  // With room, what is counted is said.
  await page.setViewportSize({ width: 1440, height: 900 });
  await until(async () => (await ledger.innerText()).replace(/\s+/g, ' ').includes('ledger not anchored 95 events'), 'the events');
  expect(await seen('operator')).toBe(true);
});

test("a search's row fits its pane, however narrow, and nothing of it is cut", async () => {
  const { page, core } = await start({ viewport: { width: 1300, height: 700 } });
  await core.print(first(), `${hl7(60)}\r\nready> `);
  await shows('ready>');
  core.command('split-window -h');
  core.command('select-pane -L');
  await core.settled();
  await brings(() => prefix('S'), page.locator('.find'));
  await page.keyboard.type('recv');
  await until(async () => /of \d/.test((await page.textContent('.find output')) ?? ''), 'the hits');
  const cut = `[...document.querySelectorAll('.find, .find > *, .find button')].filter((part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > document.querySelector('.find').getBoundingClientRect().right + 0.5).map((part) => part.className + part.textContent)`;
  for (const width of [1300, 1500, 1100, 900, 700]) {
    await page.setViewportSize({ width, height: 700 });
    await until(() => core.state!.client.stage.cols === Math.floor(width / 8), `the stage at ${width}`);
    await core.settled();
    expect(await page.evaluate(cut), String(width)).toEqual([]);
  }
  expect(await axeViolations(opened)).toEqual([]);
});

describe('output', () => {
  test('after an unlock: the recorded screen, then live output once, and no answers to recorded questions', async () => {
    const { page, core } = await start();
    const pane = first();
    core.startAt(pane, 100);
    const live = core.print(pane, 'LIVE');
    await page.keyboard.type('early');
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    await core.frame('vault', { type: 'screen', pane, offset: 90, cols: 60, rows: 10, bytes: text('SCREEN ') });
    await core.frame('vault', { type: 'rebuild', pane, offset: 90, bytes: text('tail\x1b[6n\x1b[c ') });
    // What is played back is parsed and not drawn: each frame would be another moment of the past.
    await page.evaluate('new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))');
    expect(await screenText(page, pane)).not.toContain('SCREEN');
    await core.frame('vault', { type: 'end', pane, offset: 102, skipped: 38 * 1024 * 1024, segments: 1 });
    await live;
    await until(async () => (await screenText(page, pane)).includes('SCREEN tail VE'), 'the joined screen');
    await until(async () => (await page.textContent('.rule__flags'))?.includes('38.00 MiB earlier: in the recording'), 'what is earlier');
    // What was typed before the screen was there comes through, the recorded questions do not.
    await until(() => core.typed() === 'early', 'the keys typed ahead');
    const size = core.sizes().get(pane)!;
    expect(await page.evaluate(`document.querySelectorAll('[data-pane="${pane}"] .xterm-rows > div').length`)).toBe(size.rows);
  });

  test('the screen of a full-screen program whose pane became narrower is the same on the next page, cell by cell', async () => {
    const { core } = await start();
    const pane = first();
    const long = Array.from({ length: 9 }, (_, i) => `${i} ${'the quick brown fox '.repeat(12)}`).map((line) => line.slice(0, 178));
    const edit = `\x1b]2;notes.txt\x07\x1b[?1049h\x1b[?1h\x1b=\x1b[?1000h\x1b[?1006h\x1b[?1004h\x1b[1;30r\x1b[H\x1b[33m${long.join('\r\n')}\x1b[m\x1b[12;5H\x1b[7mmenu\x1b[m`;
    await core.print(pane, edit);
    core.command('split-window -h');
    await core.settled();
    // The program draws nothing more than where it is.
    await core.print(pane, '\x1b[5;7Hhere');
    core.command(`select-pane -t ${pane}`, pane);
    await core.settled();
    const snapshots = () => core.frames.flatMap(({ frame }) => (frame.type === 'snapshot' && frame.pane === pane ? [frame] : []));
    const length = Buffer.byteLength(`${edit}\x1b[5;7Hhere`);
    const size = core.sizes().get(pane)!;
    const snapshot = await until(() => snapshots().find(({ offset }) => offset === length), 'a snapshot of all');
    expect(snapshot).toMatchObject({ cols: size.cols, rows: size.rows });
    // The view keeps what is beyond the edge, too, where nobody sees it.
    const rows = async (): Promise<string[]> => (await screenText(opened.page, pane)).split('\n').map((row) => row.slice(0, size.cols).trimEnd());
    await until(async () => (await rows()).join('\n').includes('here'), 'where it is');
    const before = await rows();
    await core.print(pane, '\x1b[2J');
    await until(async () => (await rows()).every((row) => row === ''), 'an empty screen');
    const typed = core.typed();
    await core.frame('vault', { ...snapshot, type: 'screen' });
    await core.frame('vault', { type: 'end', pane, offset: snapshot.offset, skipped: 0, segments: 1 });
    await expect.poll(rows).toEqual(before);
    // What the recording sets makes nothing leave the terminal by itself.
    expect(core.typed()).toBe(typed);
    await opened.page.locator(`[data-pane="${pane}"] .xterm-screen`).click({ position: { x: 84, y: 70 } });
    await until(() => core.typed(pane).endsWith('\x1b[<0;11;4M\x1b[<0;11;4m'), 'a mouse report in the form that was asked for');
  });

  test('a byte that is no UTF-8 is seen as one, and counted as it came', async () => {
    const { page, core } = await start();
    const line = Buffer.from('M\xfcller, Stra\xdfe \xe2\x82|\r\n', 'latin1');
    await core.print(first(), line);
    await until(async () => (await screenText(page, first())).includes('M\ufffdller, Stra\ufffde \ufffd|'), 'the replacement');
    const snapshots = () => core.frames.flatMap(({ frame }) => (frame.type === 'snapshot' ? [frame] : []));
    await until(() => snapshots().some(({ offset }) => offset === line.length), 'a snapshot after all bytes');
  });

  test('a pane at its prompt stays there when it becomes smaller, and one that was scrolled back stays too', async () => {
    const { page, core } = await start({ viewport: { width: 1440, height: 900 } });
    await core.print(first(), `${hl7(100)}\r\nready> `);
    await until(async () => (await screenText(page, first())).trimEnd().endsWith('ready>'), 'the prompt');
    for (const [width, height] of [
      [800, 600],
      [1440, 900],
      [1024, 640],
    ] as const) {
      await page.setViewportSize({ width, height });
      await until(() => core.state!.client.stage.cols === Math.floor(width / 8), `the stage at ${width}`);
      await until(async () => (await screenText(page, first())).trimEnd().endsWith('ready>'), `the prompt at ${width}`);
      expect(await page.locator('.rule__flags').count(), `${width}`).toBe(0);
    }
    // A pane that is still becoming smaller goes to its prompt once more.
    await core.settled();
    await page.keyboard.press('Shift+PageUp');
    await until(async () => (await page.textContent('.rule__flags'))?.includes('lines back'), 'older lines');
    await page.setViewportSize({ width: 800, height: 600 });
    await until(() => core.state!.client.stage.cols === 100, 'the stage');
    await core.settled();
    expect(await page.textContent('.rule__flags')).toContain('lines back');
  });

  test('a pane at its prompt stays there when it becomes smaller in a window that is not in front', async () => {
    const { page, core } = await start({ viewport: { width: 1440, height: 900 } });
    const pane = first();
    await core.print(pane, `${hl7(100)}\r\nready> `);
    await until(async () => (await screenText(page, pane)).trimEnd().endsWith('ready>'), 'the prompt');
    core.command('new-window');
    for (const [width, height] of [
      [800, 600],
      [1440, 900],
      [1024, 640],
    ] as const) {
      await page.setViewportSize({ width, height });
      await until(() => core.state!.client.stage.cols === Math.floor(width / 8), `the stage at ${width}`);
      await core.settled();
    }
    core.command('select-window -t :=0');
    await until(async () => (await screenText(page, pane)).trimEnd().endsWith('ready>'), 'the prompt');
    await until(async () => (await page.locator(`[data-pane="${pane}"] .rule__flags`).count()) === 0, 'no lines back');
  });

  test('acks say what is parsed, in steps, snapshots follow rest', async () => {
    const { core } = await start();
    const pane = first();
    const chunk = `${hl7(400)}\r\n`;
    const length = Buffer.byteLength(chunk);
    const step = 256 * 1024;
    const frames = 2 * Math.ceil(step / length) + 1;
    for (let i = 0; i < frames; i++) await core.print(pane, chunk);
    const sent = frames * length;
    const acks = (): number[] => core.requests.flatMap(({ request, input }) => (request === 'ack' ? [(input as { parsed: number }).parsed] : []));
    await until(() => sent - (acks().at(-1) ?? 0) < step, 'the last ack');
    expect(acks()).toHaveLength(2);
    for (const [i, parsed] of acks().entries()) expect(parsed - (acks()[i - 1] ?? 0)).toBeGreaterThanOrEqual(step);
    const snapshots = () => core.frames.flatMap(({ frame }) => (frame.type === 'snapshot' ? [frame] : []));
    const snapshot = await until(() => snapshots().find(({ offset }) => offset === sent), 'a snapshot of all');
    expect(snapshot).toMatchObject({ pane, cols: core.sizes().get(pane)!.cols });
    expect(Buffer.from(snapshot.bytes).toString()).toContain('E_CONN_RESET');
  });

  test('a large frame is shown whole, and a snapshot in the middle of it is of exactly what it says', async () => {
    const { core, page } = await start();
    const pane = first();
    const line = 64;
    const lines = 20_000;
    await core.print(pane, Array.from({ length: lines }, (_, i) => `${String(i).padStart(line - 2, '.')}\r\n`).join(''));
    await until(async () => (await screenText(page, pane)).trimEnd().endsWith(`.${lines - 1}`), 'the last line');
    const snapshots = (): { readonly offset: number; readonly bytes: Uint8Array }[] =>
      core.frames.flatMap(({ frame }) => (frame.type === 'snapshot' ? [{ offset: frame.offset, bytes: frame.bytes }] : []));
    const { offset, bytes } = await until(() => snapshots()[0], 'a snapshot');
    expect(offset).toBeLessThan(lines * line);
    const numbers = [
      ...Buffer.from(bytes)
        .toString()
        .matchAll(/\.(\d+)/g),
    ].map(([, number]) => Number(number));
    // Each piece of the frame ends with a line.
    expect(numbers.at(-1)).toBe(offset / line - 1);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
  });

  test('output that would stop the emulator stops nothing', async () => {
    const { core, page } = await start();
    const pane = first();
    // In a fresh screen: at its last cell the emulator throws; the counts would take it hours.
    await core.print(pane, '\x1b[999;999H\x1b[1J\x1b[2147483647S\x1b[2147483647L\x1b[Hx\x1b[2147483647b\x1b[2J\x1b[Hstill here');
    await until(async () => (await screenText(page, pane)).trim() === 'still here', 'what follows');
    // A character with marks without end: the browser would draw it for minutes.
    await core.print(pane, `\x1b[2J\x1b[He${'\u0301'.repeat(200_000)}\r\nand here`);
    await until(async () => (await screenText(page, pane)).includes('and here'), 'what follows the marks');
  });

  test('where output was left out, no snapshot is taken before the screen is true again, and it is acknowledged', async () => {
    const { core, page } = await start();
    const pane = first();
    const lines = (from: number, count: number): Uint8Array => Buffer.from(Array.from({ length: count }, (_, i) => `number ${from + i}\r\n`).join(''));
    const before = lines(0, 100);
    const later = lines(500_000, 60_000);
    const to = 9_000_000;
    const settled = to + later.length - 1000;
    await core.frame('pty', { type: 'output', pane, offset: 0, bytes: before });
    await core.frame('pty', { type: 'skip', pane, offset: before.length, to, settled, bytes: Buffer.from('\x1b[1m') });
    await core.frame('pty', { type: 'output', pane, offset: to, bytes: later });
    await until(async () => (await screenText(page, pane)).trimEnd().endsWith('number 559999'), 'the last line');
    const snapshots = () => core.frames.flatMap(({ frame }) => (frame.type === 'snapshot' ? [frame] : []));
    await until(() => snapshots().some(({ offset }) => offset === to + later.length), 'a snapshot of all');
    expect(snapshots().filter(({ offset }) => offset > before.length && offset < settled)).toEqual([]);
    expect(await page.locator(`[data-pane="${pane}"] .xterm-rows .xterm-bold`).count()).toBeGreaterThan(0);
    const acks = core.requests.flatMap(({ request, input }) => (request === 'ack' ? [(input as { parsed: number }).parsed] : []));
    expect(acks[0]).toBe(to);
    expect(await page.locator('.rule__flags').count()).toBe(0);
  });

  test('in a flood the view works for the frames that are painted, and the last screen is true', async () => {
    const { page, core } = await start();
    const pane = first();
    await page.evaluate(`(() => {
      window.__mutations = 0;
      new MutationObserver((records) => (window.__mutations += records.length)).observe(document.querySelector('[data-pane="${pane}"] .xterm'), { subtree: true, childList: true, attributes: true });
    })()`);
    // Each switch of the screen clears and draws every row, each line moves the scrollbar: 1,000 and 5,000 of them.
    const turn = `\x1b[?1049h\x1b[31mother screen\x1b[?1049l${hl7(5)}\r\n`;
    for (let i = 0; i < 20; i++) void core.print(pane, turn.repeat(50));
    await core.print(pane, '\x1b[2J\x1b[HTHE LAST SCREEN');
    await until(async () => (await screenText(page, pane)).trim() === 'THE LAST SCREEN', 'the last screen');
    expect(await page.evaluate<number>('window.__mutations')).toBeLessThan(6000);
    // The scrollbar knows the new length: a page up shows older lines.
    await page.keyboard.press('Shift+PageUp');
    await until(async () => (await page.textContent('.rule__flags'))?.includes('lines back'), 'older lines');
    await until(async () => (await screenText(page, pane)).includes('adt-in  recv ADT^A08'), 'their text');
  });

  test('a key in a flood brings a view that was scrolled back to the bottom, and it stays there', async () => {
    const { page, core } = await start();
    const pane = first();
    await core.print(pane, `${hl7(200)}\r\n`);
    await until(async () => (await screenText(page, pane)).includes('ADT'), 'the lines');
    await page.keyboard.press('Shift+PageUp');
    await until(async () => (await page.textContent('.rule__flags'))?.includes('lines back'), 'older lines');
    const chunk = `${hl7(400)}\r\n`;
    const printed = Array.from({ length: 30 }, () => core.print(pane, chunk));
    await page.keyboard.press('x');
    await Promise.all(printed);
    await core.print(pane, 'THE LAST LINE');
    await until(async () => (await screenText(page, pane)).includes('THE LAST LINE'), 'the last line');
    expect(await page.locator('.rule__flags').count()).toBe(0);
  });

  test('history-limit is what a pane keeps', async () => {
    const { page, core } = await start();
    core.command('set-option history-limit 50');
    await core.settled();
    await core.print(first(), Array.from({ length: 500 }, (_, i) => `line ${i}\r\n`).join(''));
    await shows('line 499');
    await prefix('PageUp');
    await page.keyboard.press('Alt+<');
    const { rows } = core.sizes().get(first())!;
    await until(async () => (await screenText(page, first())).startsWith(`line ${500 + 1 - rows - 50}\n`), 'the oldest line');
  });

  test('a title is shown and tamed, and goes nowhere', async () => {
    const { page, core } = await start();
    await core.print(first(), '\x1b]2;ops\u202e@lab\x07');
    await until(async () => (await page.textContent('.rule__label')) === '1 ops@lab', 'the title');
    expect(core.typed()).toBe('');
    expect(core.commands()).toEqual([]);
  });

  test.each(['dark', 'light'] as const)('inverse is swapped, and a word behind a line of a box is readable: %s', async (colorScheme) => {
    const { page, core } = await start({ colorScheme });
    await core.print(first(), 'plain \x1b[7minverse\x1b[0m \x1b[7;1mbold\x1b[0m \x1b[37;44m\u2502 after\x1b[0m \x1b[37;44mbefore \u2502\x1b[0m\r\n');
    const seen = await until(
      () =>
        page.evaluate<Record<string, [string, string]> | undefined>(`(() => {
          const spans = [...document.querySelectorAll('.xterm-rows span')];
          const of = (text) => { const span = spans.find((each) => each.textContent.includes(text)); return span && [getComputedStyle(span).color, getComputedStyle(span).backgroundColor]; };
          const found = { plain: of('plain'), inverse: of('inverse'), bold: of('bold'), after: of('after'), before: of('before') };
          return Object.values(found).every(Boolean) ? found : undefined;
        })()`),
      'the words',
    );
    const ground = await page.evaluate<string>(
      `(() => { const probe = document.createElement('i'); probe.style.color = 'var(--bg)'; document.body.append(probe); return getComputedStyle(probe).color; })()`,
    );
    expect([seen['inverse'], seen['bold']]).toEqual([
      [ground, seen['plain']![0]],
      [ground, seen['plain']![0]],
    ]);
    expect(seen['after']).toEqual(seen['before']);
  });

  test.each(['dark', 'light'] as const)('every pair of the sixteen, bold, inverse, dim, and 256 on 256 can be read: %s', async (colorScheme) => {
    const { page, core } = await start({ colorScheme, viewport: { width: 1440, height: 1000 } });
    const ink = (n: number): string => (n < 8 ? `3${n}` : `9${n - 8}`);
    const ground = (n: number): string => (n < 8 ? `4${n}` : `10${n - 8}`);
    const sixteen = Array.from({ length: 16 }, (_, n) => n);
    for (const style of ['', '1;', '7;', '2;']) {
      const rows = sixteen.map((g) => ['39', ...sixteen.map(ink)].map((i) => `\x1b[${style}${i};${ground(g)}m${style}x\x1b[0m `).join(''));
      const plain = ['39', ...sixteen.map(ink)].map((i) => `\x1b[${style}${i}m${style}x\x1b[0m `).join('');
      const many = Array.from({ length: 12 }, (_, n) => `\x1b[${style}38;5;${16 + n * 20};48;5;${235 - n * 18}m${style}x\x1b[0m `).join('');
      await core.print(first(), `\x1b[2J\x1b[H${[...rows, plain, many].join('\r\n')}\r\nEND${style}`);
      await until(async () => (await screenText(page, first())).includes(`END${style}`), 'the colours');
      const low = await page.evaluate<string[]>(`(() => {
        const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
        const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
        const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
        const luminance = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        const probe = document.createElement('i'); probe.style.color = 'var(--bg)'; document.body.append(probe);
        const page = parse(getComputedStyle(probe).color);
        return [...document.querySelectorAll('.xterm-rows span')].filter((span) => span.textContent.endsWith('x')).flatMap((span) => {
          const style = getComputedStyle(span);
          const under = over(parse(style.backgroundColor), page);
          const top = over(parse(style.color), under);
          const [high, low] = [luminance(under), luminance(top)].sort((a, b) => b - a);
          const ratio = (high + 0.05) / (low + 0.05);
          return ratio < ${style === '2;' ? 2.95 : 4.45} ? [span.className + ' ' + style.color + ' on ' + style.backgroundColor + ' ' + ratio.toFixed(2)] : [];
        });
      })()`);
      expect(low, style).toEqual([]);
    }
  });

  test('true colours are painted under the policy', async () => {
    const { page, core } = await start();
    await core.print(first(), '\x1b[38;2;250;128;10mORANGE\x1b[0m');
    await until(async () => (await screenText(page, first())).includes('ORANGE'), 'the word');
    expect(
      await page.evaluate(`getComputedStyle([...document.querySelectorAll('.xterm-rows span')].find((span) => span.textContent === 'ORANGE')).color`),
    ).toBe('rgb(250, 128, 10)');
  });

  test('search counts, walks and leaves', async () => {
    const { page, core } = await start();
    await core.print(first(), `${hl7(140)}\r\nready> `);
    await shows('ready>');
    await brings(() => prefix('S'), page.locator('.find'));
    await page.keyboard.type('E_CONN_RESET');
    await until(async () => (await page.textContent('.find output')) === '11 of 11', 'the newest hit');
    await page.keyboard.press('ArrowUp');
    await until(async () => (await page.textContent('.find output')) === '10 of 11', 'the one before');
    // Enter stays at the hit, with the keyboard in copy mode: n goes on, N goes back, and the hit is marked.
    await page.keyboard.press('Enter');
    await page.waitForSelector('.find', { state: 'detached' });
    const flags = (): Promise<string | null> => page.textContent('.rule__flags');
    await until(async () => (await flags())?.includes('10 of 11'), 'the hit in copy mode');
    const marks = page.locator('.xterm-decoration');
    await until(async () => (await marks.count()) > 0, 'the mark of the hit');
    await page.keyboard.press('n');
    await until(async () => (await flags())?.includes('9 of 11'), 'the next hit');
    // As tmux's emacs keys go: first behind the hit that the cursor is on, then to the next.
    await page.keyboard.press('N');
    await page.keyboard.press('N');
    await until(async () => (await flags())?.includes('10 of 11'), 'the hit before');
    await brings(() => page.keyboard.press('Control+s'), page.locator('.find'));
    await page.keyboard.press('Escape');
    await page.waitForSelector('.find', { state: 'detached' });
    await page.keyboard.press('q');
    await page.waitForSelector('.copy-cursor', { state: 'detached' });
    await page.keyboard.type('x');
    await until(() => core.typed() === 'x', 'the shell has the keys again');
    await until(async () => (await marks.count()) === 0, 'no mark any more');
  });
});

test('a toast is where the cursor of the focused pane is not', async () => {
  const { page, core } = await start();
  const overlap = async (): Promise<boolean> => {
    const toast = (await page.locator('.toast').first().boundingBox())!;
    const cursor = (await page.locator('.pane.is-focused .xterm-cursor').boundingBox())!;
    return toast.y < cursor.y + cursor.height && cursor.y < toast.y + toast.height;
  };
  core.emit('notice', { level: 'ok', sentence: 'Something was done.' });
  await page.waitForSelector('.toast');
  expect([await page.getAttribute('.toasts', 'data-place'), await overlap()]).toEqual(['bottom', false]);
  await core.print(first(), `${hl7(140)}\r\n$ `);
  await until(async () => (await page.getAttribute('.toasts', 'data-place')) === 'top', 'the other half');
  expect(await overlap()).toBe(false);
});

describe('faces', () => {
  test('a new status leaves the focus where a person put it', async () => {
    const { page, core } = await start();
    core.command('new-window -d');
    await core.settled();
    await page.focus('.win:not(.is-current)');
    for (const lockIn of [251, 250]) core.emit('status', { ...calmStatus, lockIn });
    core.emit('notice', { level: 'warn', sentence: 'The screen could not be rebuilt.', pane: first() });
    await page.waitForSelector('.banner');
    await core.settled();
    expect(await page.evaluate('document.activeElement.className')).toBe('win');
    expect(await page.textContent('.banner')).toContain('Pane 1: The screen could not be rebuilt.');
    await page.keyboard.press('Enter');
    await until(() => core.commands().includes('select-window -t :=1'), 'the window');
  });

  test('an ended program: what is, and two keys', async () => {
    const { page, core } = await start();
    await core.print(first(), 'what the first program printed');
    await shows('what the first program printed');
    core.exit(first(), 'The program ended with status 255.');
    await page.waitForSelector('.pane__state');
    await page.keyboard.type('y');
    await page.keyboard.press('Enter');
    await until(() => core.commands().includes('respawn-pane'), 'respawn');
    // The core tells the page that the program begins anew before it begins.
    await page.waitForSelector('.pane__state', { state: 'detached' });
    expect(core.typed()).toBe('');
    // Another program with a recording of its own, counted from 0. What the first one printed can be read until it prints.
    expect(await screenText(page, first())).toContain('what the first program printed');
    core.startAt(first(), 0);
    await core.print(first(), 'the second');
    await until(async () => (await screenText(page, first())).trim() === 'the second', 'its output');
    await page.keyboard.type('ls');
    await until(() => core.typed() === 'ls', 'keys');
    // Copy mode over the text of a program ends with it.
    await brings(() => prefix('['), page.locator('.copy-cursor, .rule__flags').first());
    core.exit(first(), 'The program ended with status 1.');
    core.command('respawn-pane', first());
    await core.settled();
    await page.keyboard.type('w');
    await until(() => core.typed() === 'lsw', 'a key for the third program');
  });

  test('the face of an ended program leaves its last lines in sight', async () => {
    const { page, core } = await start();
    // A scroll region is still set.
    await core.print(first(), `\x1b[1;9r\x1b[99;1H${hl7(60)}\r\nwhy it ended`);
    core.exit(first(), 'The program ended with status 1.');
    await page.waitForSelector('.pane__state');
    await until(
      () =>
        page.evaluate<boolean>(`(() => {
          const last = [...document.querySelectorAll('.xterm-rows > div')].findLast((row) => row.textContent.includes('why it ended'));
          return Boolean(last) && last.getBoundingClientRect().bottom <= document.querySelector('.pane__state').getBoundingClientRect().top + 0.5;
        })()`),
      'the last line above the face',
    );
  });

  test('export: what it is for and for whom, what was found, refusal at the field, result', async () => {
    const { page, core } = await start();
    const { make } = core.evidence;
    core.evidence.make = () => Promise.reject(new Error('x'));
    const asked = (request: string): unknown[] => core.requests.filter((one) => one.request === request).map(({ input }) => input);
    const focused = (id: string): Promise<unknown> =>
      until(() => page.evaluate<boolean>(`document.hasFocus() && document.activeElement.id === '${id}'`), `the focus on ${id}`);
    const main = (): Promise<string | null> => page.textContent('dialog .btn--main');
    // Not the filled button alone: while it is looked through, that is the same one.
    const question = async (): Promise<void> => {
      await page.waitForSelector('dialog .band__grid--places');
      expect(await main()).toBe('Cancelesc');
    };
    const fill = async (path: string): Promise<void> => {
      await page.fill('#export-purpose', 'weekly review');
      await page.fill('#export-recipient', 'ward office');
      await page.fill('#export-path', path);
      await page.keyboard.press('Enter');
      await question();
    };
    await prefix('X');
    await focused('export-purpose');
    // The filled button is what Return does, at each step: with nothing in a field it exports nothing, and goes to that field.
    expect(await main()).toBe('Nextenter');
    await page.keyboard.press('Enter');
    await until(async () => (await page.textContent('#export-purpose-error'))?.includes('nothing was exported'), 'the reason');
    await page.keyboard.type('weekly review');
    await page.keyboard.press('Enter');
    await focused('export-recipient');
    await page.keyboard.type('ward office');
    await page.keyboard.press('Enter');
    await focused('export-path');
    expect(await axeViolations(opened)).toEqual([]);
    expect(asked('export.plan')).toEqual([]);
    // With all of it, what was found is shown, and Return leaves without an export: that takes a key of its own.
    await page.keyboard.type('/media/nothing');
    await page.keyboard.press('Enter');
    await question();
    expect(asked('export.plan')).toMatchObject([{ pane: first() }]);
    expect(await axeViolations(opened)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#export-path', { state: 'detached' });
    await until(async () => (await page.locator('dialog').count()) === 0, 'that it is left');
    expect(asked('export.start')).toEqual([]);
    await prefix('X');
    await focused('export-purpose');
    await fill('/media/audit');
    await page.keyboard.press('y');
    await until(async () => (await page.textContent('#export-path-error'))?.includes('not known whether this was done'), 'the refusal');
    core.refused.length = 0;
    core.evidence.make = make;
    expect(await page.inputValue('#export-path')).toBe('/media/audit');
    await page.keyboard.press('Enter');
    await question();
    await page.keyboard.press('y');
    await until(async () => (await page.textContent('.kv dd').catch(() => '')) === '/media/audit', 'the result');
    expect(asked('export.start').at(-1)).toMatchObject({ form: 'evidence', path: '/media/audit' });
    expect(await page.textContent('dialog [role="status"]')).toContain('Nobody has verified');
    await page.keyboard.press('v');
    await until(async () => (await page.locator('dialog [data-m="ok"]').count()) === 1, 'the verdict');
    await page.keyboard.press('o');
    await until(() => JSON.stringify(asked('export.show')) === '[{"folder":"/media/audit"}]', 'the folder');
    await page.keyboard.press('c');
    await until(async () => (await page.textContent('.toasts'))?.includes('Copied 12 bytes'), 'the copy');
    expect(await axeViolations(opened)).toEqual([]);
  });

  test('export: what was found is let out by hand with a reason, and what it is for goes to the vault alone', async () => {
    const { page, core } = await start();
    await brings(() => prefix('X'), page.locator('#export-purpose'));
    await page.fill('#export-purpose', 'case 2026-118');
    await page.fill('#export-recipient', 'Ostermoor Legal');
    await page.fill('#export-from', '0:27:00');
    await page.selectOption('#export-form', 'cast');
    await page.selectOption('#export-redact', 'chosen');
    await page.fill('#export-path', '/media/a.cast');
    await page.keyboard.press('Enter');
    // None of them is chosen.
    await until(async () => (await page.textContent('#export-kinds'))?.includes('Choose one at least'), 'that one has to be chosen');
    for (const kind of ['mrn', 'phone']) await page.getByRole('checkbox', { name: kind }).check();
    await page.locator('#export-path').focus();
    await page.keyboard.press('Enter');
    const places = page.getByRole('list', { name: 'What was found' });
    await places.waitFor();
    expect(core.requests.find(({ request }) => request === 'export.plan')?.input).toMatchObject({ kinds: ['mrn', 'phone'], fromUs: 1_620_000_000 });
    await places.getByRole('button').first().focus();
    for (const key of ['ArrowDown', 'j']) await page.keyboard.press(key);
    await page.getByText('place 3 of 4').waitFor();
    // Without a reason it stays withheld.
    await page.locator('#export-reason').focus();
    await page.keyboard.press('Enter');
    await until(async () => (await page.textContent('#export-reason-error'))?.includes('Say why first'), 'that a reason is missing');
    await page.keyboard.type('the switchboard');
    await brings(() => page.keyboard.press('Enter'), page.getByText('Let out: the switchboard'));
    expect(await places.getByText('let out').count()).toBe(1);
    expect(await page.textContent('dialog .kv')).toContain('let out by hand1');
    await brings(() => places.getByRole('button').last().click(), page.getByText('could not read what is in it'));
    expect(await axeViolations(opened)).toEqual([]);
    await brings(() => page.keyboard.press('y'), page.getByRole('heading', { name: 'Exported as a cast.' }));
    expect(await page.getByRole('button', { name: /^Verify now/ }).count()).toBe(0);
    const said = core.frames.findLast(({ frame }) => frame.type === 'disclosure')!.frame as { readonly bytes: Uint8Array };
    expect(JSON.parse(Buffer.from(said.bytes).toString('utf8'))).toEqual({
      purpose: 'case 2026-118',
      recipient: 'Ostermoor Legal',
      released: [['640.0', 'the switchboard']],
    });
    expect(JSON.stringify(core.requests)).not.toMatch(/Ostermoor|switchboard|2026-118/);
  });

  test('export: where nothing was found it is said in words, before anything is exported, that nothing is withheld', async () => {
    const { page, core } = await start();
    core.evidence.plan = async () => ({
      recording: '20261124-140200-0a1b2c3d',
      clearPieces: 1830,
      clearBytes: 1_640_000,
      withheld: 0,
      notRequested: 0,
      aboutBytes: 4_231_884,
      recognisers: '1.2.0',
    });
    core.evidence.make = async (_, path) => ({
      path,
      records: 1842,
      sha256: '9c41d07be5a2'.padEnd(64, '0'),
      withheld: 0,
      released: 0,
      list: `${path}-redaction`,
    });
    await brings(() => prefix('X'), page.locator('#export-purpose'));
    await page.fill('#export-purpose', 'weekly review');
    await page.fill('#export-recipient', 'ward office');
    await page.fill('#export-path', '/media/audit');
    await brings(() => page.keyboard.press('Enter'), page.getByRole('alert').getByText('Nothing is withheld. In the clear, into this folder?'));
    expect(await page.getByRole('dialog').textContent()).toContain('found nothing in it, so whoever gets it gets all that was printed');
    expect(await page.textContent('dialog .kv')).toContain('withheldnothing (recognisers 1.2.0)');
    expect(await axeViolations(opened)).toEqual([]);
    await shot(page, 'export-nothing');
    await brings(() => page.keyboard.press('y'), page.getByRole('heading', { name: 'Exported and signed.' }));
    expect(await page.textContent('dialog .kv')).toContain('pieces withheldnone');
  });

  test('ctrl-plus, ctrl-minus and ctrl-0 size the text, and the theme follows a command', async () => {
    const { page, core } = await start();
    const cell = (): Promise<string> => page.evaluate<string>(`getComputedStyle(document.documentElement).getPropertyValue('--c').trim()`);
    expect(await cell()).toBe('8px');
    for (const [key, size] of [
      ['Control+=', '9px'],
      ['Control++', '10px'],
      ['Control+-', '9px'],
      ['Control+0', '8px'],
    ] as const) {
      await page.keyboard.press(key);
      await until(async () => (await cell()) === size, `${key}: ${size}`);
    }
    core.command('theme light');
    await until(async () => (await page.evaluate('document.documentElement.dataset.theme')) === 'light', 'the theme');
    expect(core.requests.filter(({ request }) => request === 'display.set').map(({ input }) => input)).toEqual([
      { cell: '9' },
      { cell: '10' },
      { cell: '9' },
      { cell: 'auto' },
      { theme: 'light' },
    ]);
    expect(core.typed()).toBe('');
  });

  test('axe finds nothing, in any state', async () => {
    const { page, core } = await start();
    await fourPanes(opened);
    const close = async (): Promise<void> => {
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog, .find, .band--keys', { state: 'detached' });
    };
    const states: readonly (readonly [string, string, () => Promise<unknown>])[] = [
      ['four panes', '.pane', async () => {}],
      ['which-key', '.band--keys', () => prefix()],
      ['palette', '.opt', () => prefix(':')],
      ['every key', '.band--help', () => prefix('?')],
      ['question', '[role="alertdialog"]', () => prefix('x')],
      ['menu', '.menu', () => prefix('>')],
      ['export', '#export-purpose', () => prefix('X')],
      ['search', '.find', () => prefix('S')],
      ['paste', '.numbered', () => paste('a\nb\n')],
    ];
    for (const [name, selector, act] of states) {
      await act();
      await page.waitForSelector(selector);
      expect(await axeViolations(opened), name).toEqual([]);
      if (name !== 'four panes') await close();
    }
    core.emit('notice', { level: 'stop', sentence: 'Disk full.' });
    core.emit('notice', { level: 'warn', sentence: 'Offline.' });
    core.emit('notice', { level: 'ok', sentence: 'Done.' });
    core.exit(first(), 'The program ended.');
    await page.waitForSelector('.pane__state');
    expect(await axeViolations(opened), 'notices').toEqual([]);
    core.emit('status', { ...calmStatus, lockIn: 23, warning: true });
    await page.waitForSelector('.countdown');
    expect(await axeViolations(opened), 'warning').toEqual([]);
  });
});
