/** The anchors of an installation, as commands and the window look at them. */
import {
  AnchorKeeper,
  AnchorUsage,
  headOfNote,
  inspectAnchor,
  historyAt,
  openAnchors,
  viewOf,
  type AnchorView,
  type History,
  type KeptAnchor,
} from '../../anchors/index.ts';
import { LedgerView } from '../../ledger/view.ts';
import type { Policy } from '../../policy/index.ts';
import { withLedger, type OpenInstallation } from './installation.ts';

export interface Anchored {
  readonly anchors: KeptAnchor[];
  readonly history: History;
}

/** The anchors of the policy, or the one of that name. @throws AnchorUsage where it has none of that name */
export function anchorsOf({ home, installation, noteKey: key }: OpenInstallation, policy: Policy, name?: string, read?: LedgerView): Anchored {
  const history = historyAt(home.ledger, key, read);
  const all = openAnchors(policy, home.anchors, { installation: installation.id, key, rootAt: history.rootAt });
  const anchors = name === undefined ? all : all.filter(({ row }) => row.name === name);
  if (name !== undefined && anchors.length === 0)
    throw new AnchorUsage(`The policy has no anchor ${JSON.stringify(name.slice(0, 40))}. See: wardmux anchor list`);
  return { anchors, history };
}

/**
 * What each anchor has of the ledger as it lies on the disk. Nothing is changed and nothing is sent; file drops are read.
 * @param options.name of the only one that is asked for. @param options.read what was read of the ledger already.
 */
export async function anchorViews(
  site: OpenInstallation,
  policy: Policy,
  now: number,
  { name, read }: { readonly name?: string | undefined; readonly read?: LedgerView } = {},
): Promise<AnchorView[]> {
  const { anchors, history } = anchorsOf(site, policy, name, read);
  if (anchors.length === 0) return [];
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  const last = view?.lastCheckpoint;
  view?.close();
  const ours = last && headOfNote(last.note, site.noteKey);
  return Promise.all(anchors.map(async (anchor) => viewOf(anchor, await inspectAnchor(anchor, ours, site.noteKey, history, true), now)));
}

/** Hands the ledger's head over now, to every anchor of the policy or to the one of that name, whatever the waits say. */
export async function testAnchors(site: OpenInstallation, policy: Policy, now: () => number, name?: string): Promise<AnchorView[]> {
  const { anchors, history } = anchorsOf(site, policy, name);
  return withLedger(site, async ({ ledger, signer }) => {
    const entering: Promise<unknown>[] = [];
    const keeper = new AnchorKeeper({
      anchors,
      key: site.noteKey,
      history,
      now,
      enter: (entry) => void entering.push(ledger.append(entry)),
      sign: (bytes) => signer.sign(bytes),
    });
    const { note } = await ledger.checkpoint();
    await keeper.load(note);
    await keeper.flush({ again: true });
    if (entering.length > 0) {
      // What was entered of it goes too: else an anchor that has everything would be called late for the word that it has.
      await Promise.all(entering);
      keeper.offer((await ledger.checkpoint()).note);
      const failing = keeper.view().filter((view) => view.failing);
      await keeper.flush({ spared: new Set(failing.map((view) => view.name)) });
    }
    return keeper.view();
  });
}
