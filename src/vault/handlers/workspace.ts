/** What the open workspace is made of: proof that an identity is open, what stood in its panes, how they were arranged, and how it looks. */
import { prove } from '../../proof/proof.ts';
import { openOwn, sealOwn, type OwnPurpose } from '../../people/own.ts';
import type { Handlers } from '../../process/service.ts';
import { Refusal } from '../../types/refusal.ts';
import type { Holder } from '../holder.ts';
import { recordingFolder } from '../recording-folder.ts';
import { rebuildPane } from '../rebuild.ts';
import type { VaultService } from '../service.ts';

/** @param post to main, which relays it to the page; awaiting it is the flow control. */
export function workspaceHandlers(
  holder: Holder,
  post: (sealed: Uint8Array) => Promise<void>,
): Pick<Handlers<VaultService>, 'proveUnlock' | 'proveView' | 'rebuild' | 'keepWorkspace' | 'recallWorkspace' | 'keepLook' | 'recallLook'> {
  /** Shows that this identity is open, to whoever holds its public key; only for the page that stands here now. */
  const proof = async (purpose: 'unlock' | 'view', sealed: string, peer: Uint8Array): Promise<{ readonly proof: Uint8Array }> => {
    const identity = holder.open();
    const page = holder.page.key;
    if (!page) throw new Refusal('no-page', 'There is no page to prove anything for.');
    return { proof: await prove(identity, sealed, { purpose, person: identity.person.id, page, peer }) };
  };
  const opened = (purpose: OwnPurpose, sealed: Parameters<typeof openOwn>[2]): string => {
    const text = openOwn(holder.open(), purpose, sealed);
    if (text === undefined) throw new Refusal('not-for-this-key', 'It was not sealed by you, or was changed since.');
    return text;
  };
  return {
    proveUnlock: ({ sealed }) => proof('unlock', sealed, new Uint8Array()),
    proveView: ({ sealed, peer }) => proof('view', sealed, peer),
    rebuild: async ({ pane, recording, written, page }) => {
      const { home } = holder.ready();
      const opener = holder.open();
      const { channel, key } = holder.page;
      if (!channel || !key) throw new Refusal('no-page', 'There is no page to rebuild a pane in.');
      if (!Buffer.from(key).equals(page)) throw new Refusal('replaced', 'The page that this was asked for was replaced.');
      // Sealing and sending are one step, so that the frames of several panes keep the channel's order.
      const send = (frame: Uint8Array): Promise<void> => post(channel.seal(frame));
      return { skipped: await rebuildPane({ folder: recordingFolder(home, recording), opener, pane, written, send }) };
    },
    keepWorkspace: ({ text }) => ({ sealed: sealOwn(holder.open(), 'workspace', text) }),
    recallWorkspace: ({ sealed }) => ({ text: opened('workspace', sealed) }),
    keepLook: ({ text }) => ({ sealed: sealOwn(holder.open(), 'look', text) }),
    recallLook: ({ sealed }) => ({ text: opened('look', sealed) }),
  };
}
