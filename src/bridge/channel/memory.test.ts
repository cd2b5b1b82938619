import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scanProcesses } from '../../../test/support/memory-scan.ts';
import { PageKey } from './web.ts';

/** From one key to a whole screen with some scrollback. */
test.for([24, 64, 300, 2000, 9000, 70_000, 200_000])(
  'a frame of %i bytes that was opened and wiped leaves nothing in the process',
  async (length, { skip }) => {
    skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'only root may read the memory of another process here');
    const child = fork(fileURLToPath(new URL('./memory.fixture.ts', import.meta.url)), { stdio: 'ignore' });
    try {
      const key = await PageKey.generate();
      child.send({ key: Buffer.from(key.publicKey).toString('hex') });
      const [publicKey] = (await once(child, 'message')) as [string];
      const page = await key.connect(Buffer.from(publicKey, 'hex'));
      const secret = randomBytes(12).toString('hex');
      const plain = Buffer.alloc(length, ' ');
      plain.write(secret, length - secret.length);
      child.send({ frame: Buffer.from(await page.seal(plain)).toString('hex') });
      await once(child, 'message');
      expect(scanProcesses([child.pid!], secret)).toMatchObject({ scanned: [child.pid], hits: [] });
    } finally {
      child.kill('SIGKILL');
    }
  },
);
