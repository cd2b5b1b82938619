/** A screen of its own (Xvfb) with a keyboard (xdotool): the app is then used as a person uses it, from outside. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** openbox is there within 100 ms; this is for a machine in trouble. */
const WINDOW_MANAGER_MS = 15_000;

export interface Display {
  /** For DISPLAY. */
  readonly name: string;
  /** Process id of the X server. */
  readonly pid: number;
  /** Where the picture of the screen is, as `openFrame` takes it. */
  readonly frame: { readonly path: string; readonly width: number; readonly height: number };
  type(text: string): void;
  key(...names: string[]): void;
  /** xdotool, for what has no function here. */
  xdotool(...args: string[]): void;
  /** Another keyboard: the name of a layout. Needs setxkbmap. */
  layout(name: string): void;
  /** Puts other symbols on keys of the layout `us`, in the words of xkb_symbols. Needs xkbcomp. */
  symbols(words: string): void;
  /** Starts a window manager that takes no key for itself, and waits until it is there. */
  manageWindows(): Promise<void>;
  /** Titles of the windows that the window manager knows. Needs wmctrl. */
  windows(): string[];
  click(x: number, y: number): void;
  /** PNG of the whole screen; needs ImageMagick's import. */
  screenshot(path: string): void;
  /** Every point of the screen as it is now. */
  picture(): Picture;
  /** How many of some hundred points, spread over the screen, have this colour (0xrrggbb) now. Takes well under 1 ms. */
  pointsOf(colour: number): number;
  /** Whether some row of the screen has so many points side by side in one of these colours now. Every eighth row is looked at. */
  hasBlock(colours: readonly number[], points: number): boolean;
  stop(): void;
}

/** Programs of the list that are not installed. */
export function missingPrograms(...programs: string[]): string[] {
  return programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);
}

/** Starts Xvfb on a free display number. */
export async function openDisplay(width = 1440, height = 900): Promise<Display> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-display-'));
  // -nocursor: the pointer that nobody moves stands in the middle of the screen, and its picture comes and goes with what is typed.
  const xvfb: ChildProcess = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset', '-nocursor', '-fbdir', folder],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const number = await new Promise<string>((resolve, reject) => {
    let text = '';
    xvfb.on('error', reject);
    xvfb.on('exit', () => reject(new Error('Xvfb ended')));
    (xvfb.stdio[3] as NodeJS.ReadableStream).on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
  });
  const name = `:${number}`;
  const env = { ...process.env, DISPLAY: name };
  const frame = { path: join(folder, 'Xvfb_screen0'), width, height };
  let picture: Frame | undefined;
  const xdotool = (...args: string[]): void => void execFileSync('xdotool', args, { env, stdio: 'ignore' });
  let manager: ChildProcess | undefined;
  return {
    name,
    pid: xvfb.pid!,
    frame,
    xdotool,
    layout: (of) => void execFileSync('setxkbmap', [of], { env, stdio: 'ignore' }),
    symbols: (words) => {
      const file = join(folder, 'keymap.xkb');
      const parts = ['keycodes { include "evdev+aliases(qwerty)" }', 'types { include "complete" }', 'compat { include "complete" }'];
      const symbols = `symbols { include "pc+us+inet(evdev)" ${words} }`;
      writeFileSync(file, `xkb_keymap { ${[...parts, symbols, 'geometry { include "pc(pc105)" }'].map((part) => `xkb_${part};`).join(' ')} };`);
      execFileSync('xkbcomp', ['-w', '0', file, name], { env, stdio: 'ignore' });
    },
    async manageWindows() {
      const config = join(folder, 'openbox.xml');
      writeFileSync(config, '<?xml version="1.0"?><openbox_config xmlns="http://openbox.org/3.4/rc"><keyboard/><mouse/></openbox_config>');
      manager = spawn('openbox', ['--sm-disable', '--config-file', config], { env, stdio: 'ignore' });
      const end = Date.now() + WINDOW_MANAGER_MS;
      while (spawnSync('wmctrl', ['-m'], { env, stdio: 'ignore' }).status !== 0) {
        if (Date.now() > end) throw new Error('the window manager did not start');
        await new Promise((next) => setTimeout(next, 20));
      }
    },
    windows: () =>
      execFileSync('wmctrl', ['-l'], { env, encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(/\s+/).slice(3).join(' ')),
    type: (text) => xdotool('type', '--delay', '12', '--', text),
    key: (...names) => xdotool('key', '--delay', '12', '--', ...names),
    click: (x, y) => xdotool('mousemove', String(x), String(y), 'click', '1'),
    screenshot: (path) => {
      const raw = join(folder, 'screen.png');
      execFileSync('sh', ['-c', `import-im6.q16 -window root "${raw}" || import -window root "${raw}"`], { env, stdio: 'ignore' });
      execFileSync('cp', [raw, path]);
    },
    picture: () => readPicture(frame),
    pointsOf: (colour) => {
      picture ??= openFrame(frame.path, width, height);
      let points = 0;
      for (const point of picture.colours()) if (point === colour) points++;
      return points;
    },
    hasBlock: (colours, points) => {
      const bytes = readFileSync(frame.path);
      const { first, line } = pixelsOf(bytes);
      for (let y = 0; y < height; y += 8) {
        let run = 0;
        for (let at = first + y * line; at < first + y * line + width * 4 && run < points; at += 4)
          run = colours.includes(bytes.readUInt32LE(at) & 0xffffff) ? run + 1 : 0;
        if (run === points) return true;
      }
      return false;
    },
    stop: () => {
      picture?.close();
      manager?.kill();
      xvfb.removeAllListeners('exit');
      xvfb.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Frame {
  /** How many points are looked at, spread over the screen. */
  readonly points: number;
  /** Their colours now (0xrrggbb). */
  colours(): Iterable<number>;
  close(): void;
}

export interface Picture {
  /** 0xrrggbb. */
  at(x: number, y: number): number;
}

/** Where the pixels are in a picture as Xvfb keeps it in a file (XWDFile.h): a head of big-endian words, a colour table, rows of 32-bit pixels. */
function pixelsOf(head: Buffer): { readonly first: number; readonly line: number } {
  const words = { headBytes: 0, bytesPerLine: 12, colours: 19 };
  const colourBytes = 12;
  return {
    first: head.readUInt32BE(words.headBytes) + head.readUInt32BE(words.colours * 4) * colourBytes,
    line: head.readUInt32BE(words.bytesPerLine * 4),
  };
}

function readPicture({ path }: Display['frame']): Picture {
  const bytes = readFileSync(path);
  const { first, line } = pixelsOf(bytes);
  return { at: (x, y) => bytes.readUInt32LE(first + y * line + x * 4) & 0xffffff };
}

export function openFrame(path: string, width: number, height: number): Frame {
  const fd = openSync(path, 'r');
  const head = Buffer.alloc(100);
  readSync(fd, head, 0, head.length, 0);
  const { first, line } = pixelsOf(head);
  const points: number[] = [];
  for (let y = 20; y < height; y += 45) for (let x = 20; x < width; x += 60) points.push(first + y * line + x * 4);
  const pixel = Buffer.alloc(4);
  return {
    points: points.length,
    *colours() {
      for (const at of points) {
        readSync(fd, pixel, 0, 4, at);
        yield pixel.readUInt32LE(0) & 0xffffff;
      }
    },
    close: () => closeSync(fd),
  };
}

/** Reads a file that something else writes; undefined until it is there. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
