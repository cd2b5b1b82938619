/** From the rows of the policy to their channels. */
import { join } from 'node:path';
import type { KeptAnchor } from './inspect.ts';
import type { AnchorContext } from './kind.ts';
import { kindOf, type AnchorRow } from './kinds.ts';
import { AnchorStore } from './store.ts';

/** @param policy what it says of them. @param folder `anchors` of the data folder. */
export function openAnchors(
  policy: Pick<AnchorContext, 'network'> & { readonly anchors?: readonly AnchorRow[] | undefined },
  folder: string,
  context: Omit<AnchorContext, 'network' | 'folder'>,
): KeptAnchor[] {
  return (policy.anchors ?? []).map((row) => {
    const store = new AnchorStore(join(folder, row.name));
    return { row, store, channel: kindOf(row).open(row, { ...context, network: policy.network, folder: store.folder }) };
  });
}
