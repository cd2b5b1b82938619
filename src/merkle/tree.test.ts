import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { emptyRoot, leafHash, MerkleTree, nodeHash, rootFromInclusion, StoredTree, verifyConsistency } from './tree.ts';
import { consistencyPath, inclusionPath } from './tree.fixture.ts';

/** The reference leaves, roots and proofs of the Certificate Transparency implementations of RFC 6962. */
const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leaves = entries.map((entry) => leafHash(Buffer.from(entry, 'hex')));
const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => Buffer.from(hash).toString('hex'));

/** RFC 6962 section 2.1 word for word, as the oracle: MTH(D[n]). */
function mth(list: readonly Buffer[]): Buffer {
  if (list.length === 0) return emptyRoot();
  if (list.length === 1) return list[0]!;
  let k = 1;
  while (k * 2 < list.length) k *= 2;
  return nodeHash(mth(list.slice(0, k)), mth(list.slice(k)));
}

describe('RFC 6962 known vectors', () => {
  it.each(roots.map((root, size) => [size, root] as const))('root over %i leaves', (size, root) => {
    const tree = new MerkleTree();
    for (const leaf of leaves.slice(0, size)) tree.append(leaf);
    expect(tree.head()).toEqual({ size, root });
    expect(new StoredTree(leaves.slice(0, size)).root().toString('hex')).toBe(root);
    expect(new StoredTree(leaves).root(size).toString('hex')).toBe(root);
  });

  it('audit paths', () => {
    expect(hex(inclusionPath(new StoredTree(leaves), 0))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(inclusionPath(new StoredTree(leaves), 5))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(inclusionPath(new StoredTree(leaves.slice(0, 3)), 2))).toEqual(['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']);
    expect(inclusionPath(new StoredTree(leaves.slice(0, 1)), 0)).toEqual([]);
  });

  it('consistency proofs', () => {
    expect(hex(consistencyPath(new StoredTree(leaves), 1))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(consistencyPath(new StoredTree(leaves), 6))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(consistencyPath(new StoredTree(leaves.slice(0, 5)), 2))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });
});

describe('trees of every size up to 70', () => {
  const many = Array.from({ length: 70 }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
  const stored = new StoredTree(many);

  it('agree with the definition', () => {
    for (let size = 0; size <= many.length; size++) expect(stored.root(size)).toEqual(mth(many.slice(0, size)));
  });

  it('prove each leaf, and no other leaf, index or size', () => {
    for (let size = 1; size <= many.length; size++) {
      const root = stored.root(size);
      for (let index = 0; index < size; index++) {
        const path = inclusionPath(stored, index, size);
        expect(rootFromInclusion(many[index]!, index, size, path)).toEqual(root);
        expect(rootFromInclusion(leafHash(Buffer.from('other')), index, size, path)).not.toEqual(root);
        if (size > 1) expect(attempt(() => rootFromInclusion(many[index]!, (index + 1) % size, size, path))).not.toEqual(root);
        expect(() => rootFromInclusion(many[index]!, index, size, [...path, root])).toThrow(RangeError);
        if (path.length) expect(() => rootFromInclusion(many[index]!, index, size, path.slice(1))).toThrow(RangeError);
      }
    }
  });

  it('prove each prefix, and refuse every changed proof', () => {
    for (let size = 0; size <= many.length; size++) {
      const root = stored.root(size);
      for (let old = 0; old <= size; old++) {
        const path = consistencyPath(stored, old, size);
        const oldRoot = stored.root(old);
        expect(verifyConsistency(old, oldRoot, size, root, path)).toBe(true);
        const wrong = leafHash(Buffer.from('wrong'));
        expect(verifyConsistency(old, wrong, size, root, path)).toBe(false);
        if (old !== size && old !== 0) expect(verifyConsistency(old, oldRoot, size, wrong, path)).toBe(false);
        expect(verifyConsistency(old, oldRoot, size, root, [...path, wrong])).toBe(false);
        path.forEach((_, i) => expect(verifyConsistency(old, oldRoot, size, root, path.toSpliced(i, 1, wrong))).toBe(false));
        path.forEach((_, i) => expect(verifyConsistency(old, oldRoot, size, root, path.toSpliced(i, 1))).toBe(false));
      }
    }
  });
});

it('keeps O(log n) state and agrees with the stored tree at any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 600 }), (size) => {
      const tree = new MerkleTree();
      const stored = new StoredTree();
      for (let i = 0; i < size; i++) {
        const leaf = leafHash(Buffer.from(String(i)));
        expect(tree.append(leaf)).toBe(i);
        stored.append(leaf);
      }
      expect(tree.root()).toEqual(stored.root());
    }),
    { numRuns: 30 },
  );
});

it('refuses what is no hash, no index and no size', () => {
  const tree = new MerkleTree();
  expect(() => tree.append(Buffer.alloc(31))).toThrow(RangeError);
  expect(tree.size).toBe(0);
  expect(() => inclusionPath(new StoredTree(leaves), 8)).toThrow(RangeError);
  expect(() => inclusionPath(new StoredTree(leaves), -1)).toThrow(RangeError);
  expect(() => consistencyPath(new StoredTree(leaves), 9)).toThrow(RangeError);
  expect(() => rootFromInclusion(leaves[0]!, 0.5, 8, [])).toThrow(RangeError);
  expect(verifyConsistency(5, leaves[0]!, 4, leaves[0]!, [])).toBe(false);
  expect(verifyConsistency(Number.NaN, leaves[0]!, 4, leaves[0]!, [])).toBe(false);
  expect(verifyConsistency(1, Buffer.alloc(3), 1, Buffer.alloc(3), [])).toBe(false);
});

it('takes a copy of a leaf, so that a reused buffer does no harm', () => {
  const leaf = Buffer.from(leaves[1]!);
  const tree = new MerkleTree();
  tree.append(leaf);
  leaf.fill(0);
  expect(tree.root()).toEqual(leaves[1]);
});

function attempt(work: () => Buffer): Buffer | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
