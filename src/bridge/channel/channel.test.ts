import { expect, test } from 'vitest';
import { PeerChannel } from './node.ts';
import { PageKey } from './web.ts';

async function pair() {
  const key = await PageKey.generate();
  const peer = new PeerChannel(key.publicKey);
  return { peer, page: await key.connect(peer.publicKey) };
}
const text = (s: string): Uint8Array => new TextEncoder().encode(s);

test('what one end seals, the other opens, in both directions', async () => {
  const { peer, page } = await pair();
  for (const line of ['first', '', 'third']) {
    expect(Buffer.from(await page.open(peer.seal(text(line), text('!')))).toString()).toBe(`${line}!`);
    expect(peer.open(await page.seal(text(line))).toString()).toBe(line);
  }
});

test('a replayed, reordered or changed frame is refused', async () => {
  const { peer, page } = await pair();
  const [a, b] = [peer.seal(text('a')), peer.seal(text('b'))];
  await expect(page.open(b)).rejects.toThrow('out of order');
  await page.open(a);
  await expect(page.open(a)).rejects.toThrow('out of order');
  b[b.length - 1]! ^= 1;
  await expect(page.open(b)).rejects.toThrow('changed');
  const c = await page.seal(text('c'));
  c[9]! ^= 1;
  expect(() => peer.open(c)).toThrow('changed');
  expect(() => peer.open(new Uint8Array(3))).toThrow('too short');
});

test('another page cannot open it, and a closed channel opens nothing', async () => {
  const { peer, page } = await pair();
  const other = await pair();
  await expect(other.page.open(peer.seal(text('secret')))).rejects.toThrow('changed');
  const sealed = await page.seal(text('late'));
  peer.close();
  expect(() => peer.open(sealed)).toThrow('closed');
  expect(() => peer.seal(text('late'))).toThrow('closed');
});

test('a key that is not a point is refused', () => {
  expect(() => new PeerChannel(new Uint8Array(65))).toThrow('P-256');
  expect(() => new PeerChannel(new Uint8Array(64))).toThrow('length');
});
