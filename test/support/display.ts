/** A screen of its own (Xvfb) with a keyboard (xdotool): the app is then used as a person uses it, from outside. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Display {
  /** For DISPLAY. */
  readonly name: string;
  type(text: string): void;
  key(...names: string[]): void;
  click(x: number, y: number): void;
  /** PNG of the whole screen; needs ImageMagick's import. */
  screenshot(path: string): void;
  stop(): void;
}

/** Programs of the list that are not installed. */
export function missingPrograms(...programs: string[]): string[] {
  return programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);
}

/** Starts Xvfb on a free display number. */
export async function openDisplay(width = 1440, height = 900): Promise<Display> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-display-'));
  const xvfb: ChildProcess = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
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
  const xdotool = (...args: string[]): void => void execFileSync('xdotool', args, { env, stdio: 'ignore' });
  return {
    name,
    type: (text) => xdotool('type', '--delay', '12', '--', text),
    key: (...names) => xdotool('key', '--delay', '12', '--', ...names),
    click: (x, y) => xdotool('mousemove', String(x), String(y), 'click', '1'),
    screenshot: (path) => {
      const raw = join(folder, 'screen.png');
      execFileSync('sh', ['-c', `import-im6.q16 -window root "${raw}" || import -window root "${raw}"`], { env, stdio: 'ignore' });
      execFileSync('cp', [raw, path]);
    },
    stop: () => {
      xvfb.removeAllListeners('exit');
      xvfb.kill();
      rmSync(folder, { recursive: true, force: true });
    },
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
