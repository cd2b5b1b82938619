/** A main process for the test that kills one: opens the window and a child, says which processes there are, and waits. */
import { createChromiumHost } from '../../main/chromium/index.ts';
import { processTree } from '../../src/browser/processes.ts';

const [runFolder, rendererFolder, entry] = process.argv.slice(2) as [string, string, string];
const host = await createChromiumHost({ distFolder: '/nonexistent', home: runFolder, runFolder, headless: true, entries: { 'pty-host': entry } });
const window = await host.open({ rendererFolder });
const child = host.fork('pty-host');
await new Promise((resolve) => child.onMessage(resolve));
await window.show('workspace');
process.send!({ tree: processTree(process.pid), profile: host.profileFolder });
