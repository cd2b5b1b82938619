/** Heads kept outside: one was handed over just now, and what stands there is of this ledger. */
import type { AnchorView } from '../anchors/index.ts';
import { fails, holds, notShown, type Finding } from './finding.ts';

/** @param views of the anchors of the policy in force, after a head was handed to each. */
export function anchorsFinding(views: readonly AnchorView[]): Finding {
  if (views.length === 0)
    return notShown('The policy names no place outside of this machine, so nothing outside tells of a ledger that was cut or set back. See: wardmux anchor');
  const bad = views.filter(({ grade, failing }) => grade !== 'anchored' || failing !== null);
  if (bad.length > 0) return fails(bad.map(({ name, grade, sentence }) => `${name} (${grade}): ${sentence}`).join(' '));
  return holds(`A head was handed over now: ${views.map(({ name, sentence }) => `${name}: ${sentence}`).join(' ')}`);
}
