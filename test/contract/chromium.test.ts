/** The Chromium host with a real browser. Without one these tests fail: it is what people get where Electron is missing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChromiumHost } from '../../main/chromium/index.ts';
import { killNow } from '../../src/browser/processes.ts';
import { isRunning } from '../../src/disk/process-identity.ts';
import { PageDriver } from '../support/page-driver.ts';
import { childEntry, hostContract } from './suite.ts';

hostContract('The Chromium host', async () => {
  const runFolder = mkdtempSync(join(tmpdir(), 'wmx-'));
  const host = await createChromiumHost({
    distFolder: '/nonexistent',
    home: runFolder,
    runFolder,
    headless: true,
    entries: { 'pty-host': childEntry, 'vault-host': childEntry },
  });
  return {
    host,
    killRenderer: async (window) => killNow([(await window.rendererPid())!]),
    closeByPerson: async () => (await new PageDriver(host).ready()).close(),
    rendererLives: isRunning,
    cleanUp: async () => rmSync(runFolder, { recursive: true, force: true }),
  };
});
