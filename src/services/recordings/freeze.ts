/** An incident: one deed holds what ran in the hours before it, and the installation signs what there was of it, so that nobody can say later that it was another. */
import { z } from 'zod';
import type { InstallationSshKey } from '../../crypto/sshsig.ts';
import { holdsOn } from '../../ledger/life-cycle-facts.ts';
import { openSigner, type Home, type Installation } from '../../storage/index.ts';
import { HOLD_ID, INSTALLATION_ID, PERSON_ID, RECORDING_ID } from '../../types/ids.ts';
import { judgeStatement, signStatement, type SignedText } from '../deeds/signed.ts';
import { setHold, type LifeCycleParts } from './life-cycle.ts';

const FREEZE_NAMESPACE = 'freeze@wardmux.localhost';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const statementSchema = z.strictObject({
  format: z.literal('wardmux-freeze'),
  version: z.literal(1),
  installation: z.string().regex(INSTALLATION_ID),
  hold: z.string().regex(HOLD_ID),
  by: z.string().regex(PERSON_ID),
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  /** Each that the hold covers, with the head that the ledger has of it. */
  recordings: z.array(
    z.strictObject({
      recording: z.string().regex(RECORDING_ID),
      owner: z.string().regex(PERSON_ID).nullable(),
      began: z.iso.datetime(),
      ended: z.boolean(),
      size: count,
      root: sha256,
    }),
  ),
  /** The signed checkpoint of the ledger behind the hold: what came before it cannot be changed any more without showing. */
  checkpoint: z.string().max(65_536),
});
export type FreezeStatement = z.infer<typeof statementSchema>;
const freezeSchema = z.strictObject({ ...statementSchema.shape, signature: z.string().max(65_536) });

export interface FreezeParts extends LifeCycleParts {
  readonly home: Home;
  readonly installation: Installation;
  readonly ledger: LifeCycleParts['ledger'] & { checkpoint(): Promise<{ readonly note: string }> };
}

/** @param from a moment. @param until a moment: what still runs then is held too. @throws Refusal, LedgerError: then nothing is held */
export async function freeze(parts: FreezeParts, from: string, until: string): Promise<SignedText<FreezeStatement>> {
  const { home, installation, ledger, admin } = parts;
  const hold = await setHold(parts, { from, until }, 'security-incident');
  const set = ledger.facts.holds.filter(({ id }) => id === hold);
  const recordings: FreezeStatement['recordings'] = [];
  for (const [recording, { person: owner, began, durationMs: lengthMs, head, closed, deleted }] of await ledger.recordings())
    if (!deleted && holdsOn(set, { id: recording, owner, began, lengthMs }).length > 0)
      recordings.push({ recording, owner, began, ended: closed !== null, size: head.size, root: head.root });
  const { note: checkpoint } = await ledger.checkpoint();
  const statement: FreezeStatement = {
    format: 'wardmux-freeze',
    version: 1,
    installation: installation.id,
    hold,
    by: admin.id,
    from,
    until,
    recordings: recordings.sort((a, b) => (a.recording < b.recording ? -1 : 1)),
    checkpoint,
  };
  const signed = await signStatement(statement, await openSigner(home, installation), FREEZE_NAMESPACE);
  await ledger.append({ action: 'hold.frozen', person: admin.id, detail: { hold, sha256: signed.sha256, recordings: recordings.length } });
  return signed;
}

export const judgeFreeze = (text: string, keys: readonly InstallationSshKey[]) => judgeStatement(freezeSchema, text, keys, FREEZE_NAMESPACE);
