/** How fast a flood is parsed in a visible pane, over the tests' bridge: node test/renderer/flood.ts [MB]. A figure to watch, not a test. */
import { limits } from '../../src/pty/backlog/backlog.ts';
import { hl7 } from './demo.ts';
import { buildPages, launch, open, until } from './harness.ts';

const megabytes = Number(process.argv[2] ?? 20);
const chunkBytes = 64 * 1024;
/** Acknowledged in steps of this. */
const ackBytes = 256 * 1024;

await buildPages();
const browser = await launch();
try {
  const { core, page } = await open(browser, 'workspace');
  await until(() => core.requests.some(({ request }) => request === 'workspace.attach'), 'attach');
  const pane = core.state!.server.sessions[0]!.windows[0]!.panes[0]!.id;
  const chunk = Buffer.from(`${hl7(1000)}\r\n`).subarray(0, chunkBytes);
  await page.evaluate('window.__frames = 0; (function tick() { requestAnimationFrame(() => { window.__frames++; tick(); }); })()');
  const acked = (): number => (core.requests.findLast(({ request }) => request === 'ack')?.input as { parsed: number } | undefined)?.parsed ?? 0;
  const start = performance.now();
  let sent = 0;
  const total = megabytes * 1e6;
  const pending = new Set<Promise<void>>();
  while (sent < total) {
    while (sent - acked() > limits.highWaterBytes - chunkBytes) await new Promise((resolve) => setImmediate(resolve));
    const taken: Promise<void> = core.print(pane, chunk).finally(() => pending.delete(taken));
    pending.add(taken);
    sent += chunk.length;
  }
  await until(() => sent - acked() < ackBytes, 'the last ack', 60_000);
  const seconds = (performance.now() - start) / 1000;
  const frames = await page.evaluate<number>('window.__frames');
  const snapshots = core.frames.filter(({ frame }) => frame.type === 'snapshot').length;
  process.stdout.write(
    `${(sent / 1e6).toFixed(1)} MB in ${seconds.toFixed(2)} s: ${(sent / 1e6 / seconds).toFixed(1)} MB/s, ${(frames / seconds).toFixed(1)} frames/s, ${snapshots} snapshots\n`,
  );
} finally {
  await browser.close();
}
