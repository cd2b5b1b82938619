import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { dropPath, markDrop } from '../../anchors/file-drop.ts';
import { headOfNote } from '../../anchors/index.ts';
import { testLedgerOptions } from '../../ledger/fixture.ts';
import { Ledger } from '../../ledger/index.ts';
import type { AnchorRow } from '../../anchors/index.ts';
import { defaultPolicy } from '../../policy/index.ts';
import { openHome } from '../../storage/index.ts';
import { Handover, handOver } from './hand-over.ts';

const places: string[] = [];
const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  for (const place of places.splice(0)) rmSync(place, { recursive: true, force: true });
});

async function recording(rows: (place: string) => readonly AnchorRow[], network: readonly string[] = []) {
  const options = testLedgerOptions();
  const place = dirname(options.folder);
  places.push(place);
  const ledger = await Ledger.open(options);
  const append = () => ledger.append({ action: 'app.start', detail: { version: '0.1.0', host: 'cli' } });
  await append();
  await ledger.checkpoint();
  const policy = { ...defaultPolicy([]), anchors: [...rows(place)], network: [...network] };
  const entered: string[] = [];
  const anchors = Handover.begin({ home: openHome(place), policy, ledger, signer: options.signer, enter: ({ action }) => void entered.push(action) });
  return { place, ledger, anchors, append, entered, key: options.key, installation: options.installation };
}

const share = (place: string): string => join(place, 'share');
const drop = (place: string): AnchorRow => ({ name: 'share', kind: 'file', folder: share(place) });

test('the head at the start goes, and the one at the end', async () => {
  const { place, ledger, anchors, append, entered, key, installation } = await recording((at) => {
    mkdirSync(share(at));
    markDrop(share(at), testLedgerOptions().installation);
    return [drop(at)];
  });
  const heads = (): number[] => {
    const path = dropPath(share(place), installation);
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    return lines.map((line) => headOfNote((JSON.parse(line) as { note: string }).note, key)!.size);
  };
  await expect.poll(heads).toEqual([1]);
  await append();
  await ledger.checkpoint();
  expect(await anchors.end()).toBeUndefined();
  expect(heads()).toEqual([1, 2]);
  expect(entered).toEqual(['anchor.sent']);
  await ledger.close();
});

test('a head that another process has handed over since is no other history, and nothing older goes behind it', async () => {
  const options = testLedgerOptions();
  places.push(dirname(options.folder));
  const place = dirname(options.folder);
  mkdirSync(share(place));
  markDrop(share(place), options.installation);
  const [mine, other] = [await Ledger.open(options), await Ledger.open(options)];
  const policy = { ...defaultPolicy([]), anchors: [drop(place)] };
  const entered: string[] = [];
  const open = (ledger: Ledger) =>
    Handover.begin({ home: openHome(place), policy, ledger, signer: options.signer, enter: ({ action }) => void entered.push(action) });
  await mine.append({ action: 'app.start', detail: { version: '0.1.0', host: 'cli' } });
  await mine.checkpoint();
  const anchors = open(mine);
  await other.append({ action: 'app.stop', detail: { reason: 'closed' } });
  await other.checkpoint();
  expect(await open(other).end()).toBeUndefined();
  const before = readFileSync(dropPath(share(place), options.installation), 'utf8');
  await anchors.end();
  expect(entered).not.toContain('anchor.diverged');
  expect(readFileSync(dropPath(share(place), options.installation), 'utf8')).toBe(before);
  await mine.close();
  await other.close();
});

test('an anchor that is not there is said, and holds nothing up', async () => {
  const { ledger, anchors } = await recording((at) => [drop(at)]);
  expect(await anchors.end()).toMatch(/^the newest head of the ledger has not gone to share within .* wardmux anchor status$/);
  await ledger.close();
});

test('one that answers nothing holds the end up for its short time, and no longer', async () => {
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { ledger, anchors } = await recording(
    () => [{ name: 'siem', kind: 'syslog', host: '127.0.0.1', port, fingerprint: 'ab'.repeat(32) }],
    [`127.0.0.1:${port}`],
  );
  // Its attempt alone would take twenty seconds, which is longer than a test may.
  expect(await anchors.end()).toContain('has not gone to siem');
  expect(sockets).toHaveLength(1);
  await ledger.close();
});

test('a command hands its head over once, and what is entered of that goes too', async () => {
  const options = testLedgerOptions();
  places.push(dirname(options.folder));
  const place = dirname(options.folder);
  mkdirSync(share(place));
  markDrop(share(place), options.installation);
  const ledger = await Ledger.open(options);
  const policy = { ...defaultPolicy([]), anchors: [drop(place)] };
  const parts = { home: openHome(place), policy, ledger, signer: options.signer };
  const newest = (): number => {
    const lines = readFileSync(dropPath(share(place), options.installation), 'utf8')
      .trimEnd()
      .split('\n');
    return headOfNote((JSON.parse(lines.at(-1)!) as { note: string }).note, options.key)!.size;
  };
  await ledger.append({ action: 'app.start', detail: { version: '0.1.0', host: 'cli' } });
  await ledger.checkpoint();
  expect(await handOver(parts)).toBeUndefined();
  // The second event says that an anchor has taken a head for the first time.
  expect([ledger.events, newest()]).toEqual([2, 2]);
  await ledger.append({ action: 'app.stop', detail: { reason: 'closed' } });
  await ledger.checkpoint();
  expect(await handOver(parts)).toBeUndefined();
  expect([ledger.events, newest()]).toEqual([3, 3]);
  rmSync(share(place), { recursive: true });
  await ledger.append({ action: 'app.stop', detail: { reason: 'closed' } });
  await ledger.checkpoint();
  expect(await handOver(parts)).toContain('has not gone to share');
  expect(await handOver({ ...parts, policy: defaultPolicy([]) })).toBeUndefined();
  await ledger.close();
});
