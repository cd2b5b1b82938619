/** What every secret store must do, the fake too: called from the tests of each. */
import { expect, test } from 'vitest';
import type { SecretStore } from './secret-store.ts';

export function contract(open: () => SecretStore): void {
  test('it is available, and says in a sentence what it is', async () => {
    const store = open();
    expect(await store.unavailable()).toBeUndefined();
    expect(store.sentence).toMatch(/\.$/);
  });

  test('bytes come back exactly, until they are deleted', async () => {
    const store = open();
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, at) => at & 0xff));
    expect(await store.get('a.key')).toBeUndefined();
    await store.set('a.key', bytes);
    expect(await store.get('a.key')).toEqual(bytes);
    await store.set('a.key', Buffer.from([0]));
    expect(await store.get('a.key')).toEqual(Buffer.from([0]));
    expect(await store.get('b.key')).toBeUndefined();
    expect(await store.delete('a.key')).toBe(true);
    expect(await store.delete('a.key')).toBe(false);
    expect(await store.get('a.key')).toBeUndefined();
  });

  test('what it gives is a copy: wiping it changes nothing in the store', async () => {
    const store = open();
    await store.set('copy', Buffer.from([1, 2, 3]));
    (await store.get('copy'))!.fill(0);
    expect(await store.get('copy')).toEqual(Buffer.from([1, 2, 3]));
  });

  test('a name that could be a path is refused', async () => {
    const store = open();
    for (const name of ['../x', '/x', '', 'A', 'a/b', '.hidden']) await expect(store.get(name)).rejects.toThrow('not a name');
  });
}
