/** Paths in a tree that is held whole. */
import { consistencyPathOf, inclusionPathOf, type StoredTree } from './tree.ts';

export const inclusionPath = (tree: StoredTree, index: number, size = tree.size): Buffer[] => inclusionPathOf(tree.node, index, size);
export const consistencyPath = (tree: StoredTree, oldSize: number, size = tree.size): Buffer[] => consistencyPathOf(tree.node, oldSize, size);
