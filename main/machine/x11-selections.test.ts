import { spawn, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { missingPrograms, openDisplay } from '../../test/support/display.ts';
import { X11Selections } from './x11-selections.ts';

test('without a display nothing is cleared, and nothing is thrown', async () => {
  expect(await new X11Selections({}).clear()).toBe(false);
  expect(await new X11Selections({ DISPLAY: ':64998' }).clear()).toBe(false);
});

test('what other programs have put into both selections is gone, and who asks gets an answer', async ({ skip }) => {
  const missing = missingPrograms('Xvfb', 'xclip');
  skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
  const display = await openDisplay(300, 200);
  const env = { ...process.env, DISPLAY: display.name };
  const selections = new X11Selections(env);
  try {
    for (let round = 0; round < 2; round++) {
      for (const name of ['clipboard', 'primary']) {
        spawnSync('xclip', ['-i', '-selection', name], { env, input: 'patient-7', stdio: ['pipe', 'ignore', 'ignore'] });
        expect(spawnSync('xclip', ['-o', '-selection', name], { env, encoding: 'utf8' }).stdout).toBe('patient-7');
      }
      expect(await selections.clear()).toBe(true);
      for (const name of ['clipboard', 'primary']) {
        // Not waited for in one go: the owner is this process.
        const child = spawn('xclip', ['-o', '-selection', name], { env, stdio: ['ignore', 'pipe', 'ignore'] });
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
        expect([await new Promise((resolve) => child.once('close', resolve)), text]).toEqual([1, '']);
      }
    }
  } finally {
    selections.close();
    display.stop();
  }
});
