/** The table of kinds: from a row of the policy to its channel. */
import { join } from 'node:path';
import type { NoteKey } from '../ledger/note.ts';
import type { AnchorRow } from '../policy/anchors.ts';
import type { Policy } from '../policy/types.ts';
import { fileDrop } from './file-drop.ts';
import type { KeptAnchor } from './inspect.ts';
import type { RootAt } from './relation.ts';
import { AnchorStore } from './store.ts';
import { syslogChannel } from './syslog.ts';
import { timestampChannel } from './timestamp.ts';
import type { Channel } from './types.ts';

/** What a channel may need. */
export interface AnchorContext {
  readonly installation: string;
  readonly key: NoteKey;
  readonly rootAt: RootAt;
  /** The policy's list: nothing else is reached. */
  readonly network: readonly string[];
}

const kinds: { readonly [K in AnchorRow['kind']]: (row: Extract<AnchorRow, { kind: K }>, context: AnchorContext, store: AnchorStore) => Channel } = {
  file: (row, context) => fileDrop({ row, ...context }),
  syslog: (row, context) => syslogChannel({ row, ...context }),
  timestamp: (row, context, store) => timestampChannel({ row, folder: store.tokens, ...context }),
};

/** @param folder `anchors` of the data folder. */
export function openAnchors(policy: Policy, folder: string, context: Omit<AnchorContext, 'network'>): KeptAnchor[] {
  return (policy.anchors ?? []).map((row) => {
    const store = new AnchorStore(join(folder, row.name));
    const open = kinds[row.kind] as (row: AnchorRow, context: AnchorContext, store: AnchorStore) => Channel;
    return { row, store, channel: open(row, { ...context, network: policy.network }, store) };
  });
}
