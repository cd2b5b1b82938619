/**
 * What a writer knew after some event, signed by the installation's key: where the indexes stand, and what is open. An older
 * one costs time and no truth, because what came after it is read again.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { emptyRoot } from '../../merkle/tree.ts';
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { canMldsa44, mldsa44Verify } from '../../crypto/mldsa.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import { EMPTY_CHAIN, type CheckpointChain } from '../head.ts';
import { openNote, signNote, type NoteKey } from '../note.ts';
import { NO_FACTS, type FactsState } from '../facts.ts';
import { changeKinds } from '../person-facts.ts';
import type { RecordingState } from '../rules.ts';
import { logoffCauses } from '../../lock/machine.ts';
import { hostKeyTypes } from '../../types/hosts.ts';
import {
  clockStates,
  emergencyEnds,
  emergencyReasons,
  holdReasons,
  holdScopes,
  allPersonStates,
  reasons,
  reviewFindings,
  reviewStates,
  revocationStates,
  roles,
  stopReasons,
} from '../../types/words.ts';
import { EMPTY_TREE, type TreeState } from './hash-tree.ts';

const FILE = 'snapshot';
/** First line of its note: no checkpoint, and no head, begins like this. Another number is another shape. */
const TITLE = 'wardmux-ledger-derived 19';

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const tree = z.strictObject({ end: count, root: z.strictObject({ at: count, length: count, hash: sha256, depth: count.max(20) }).nullable() });
const state = z.strictObject({
  start: count,
  began: z.string(),
  person: z.string().nullable(),
  beginning: sha256,
  head: z.strictObject({ size: count, root: z.string() }),
  segment: count,
  closed: z.enum(['recording.end', 'recording.failed', 'recording.recovered']).nullable(),
  outputBytes: count.nullable(),
  durationMs: count.nullable(),
  imported: z.string().nullable(),
  deleted: z.boolean(),
  reason: z.enum(reasons),
  review: z.strictObject({ state: z.enum(reviewStates), by: z.string(), seq: count }).nullable(),
  erased: z.strictObject({ seq: count, records: count, sha256 }).nullable(),
});
const schema = z.strictObject({
  size: count,
  root: sha256,
  end: count,
  checkpoints: z.strictObject({ lines: count, bytes: count, sha256 }),
  events: tree,
  recordings: tree,
  open: z.array(z.tuple([z.string(), state])),
  facts: z.strictObject({
    people: z.array(
      z.tuple([
        z.string(),
        z.strictObject({
          encryptionKey: z.string(),
          signingKey: z.string(),
          record: sha256,
          slots: sha256,
          former: z.array(z.strictObject({ encryptionKey: z.string(), signingKey: z.string() })),
          seq: count,
          roles: z.array(z.enum(roles)),
          rolesSeq: count.nullable(),
          state: z.enum(allPersonStates),
          stateSeq: count.nullable(),
          bound: z.strictObject({ to: z.string(), until: z.string() }).optional(),
          stoppedBy: z.string().optional(),
          behind: z.enum(allPersonStates).optional(),
          revokedSlots: z.array(z.string()).optional(),
        }),
      ]),
    ),
    attempts: z.array(z.tuple([z.string(), z.strictObject({ failures: count, since: z.int().min(-1) })])),
    untold: z.array(z.tuple([z.string(), z.strictObject({ since: z.int().min(-1), failures: count })])),
    uses: z.array(z.tuple([z.string(), z.strictObject({ seq: count, time: z.string() })])),
    policy: z.strictObject({ sha256, auditKeys: z.array(z.string()), seq: count }).nullable(),
    policies: z.array(sha256),
    changes: z.array(
      z.tuple([
        z.string(),
        z.array(
          z.strictObject({
            seq: count,
            time: z.string(),
            kind: z.enum(changeKinds),
            detail: z.string(),
            by: z.string().nullable(),
            second: z.string().nullable(),
          }),
        ),
      ]),
    ),
    consents: z.array(z.tuple([z.string(), z.strictObject({ version: count, sha256 })])),
    auditKeys: z.array(
      z.strictObject({
        kid: z.string(),
        policy: sha256,
        inForce: z.array(z.strictObject({ from: count, to: count.nullable() })).min(1),
        apart: z.boolean(),
        asked: z.string().nullable(),
      }),
    ),
    station: z.strictObject({
      stop: z.strictObject({ seq: count, time: z.string(), by: z.string(), reason: z.enum(stopReasons) }).nullable(),
      seq: count.nullable(),
    }),
    logoffs: z.array(
      z.tuple([
        z.string(),
        z.strictObject({ seq: count, time: z.string(), cause: z.enum(logoffCauses), ended: count, held: count, by: z.string().optional() }),
      ]),
    ),
    keys: z.strictObject({ keys: z.array(z.string()), spoken: count }),
    emergencies: z.strictObject({
      all: z.array(
        z.strictObject({
          id: z.string(),
          person: z.string(),
          second: z.string().nullable(),
          reason: z.enum(emergencyReasons),
          text: sha256.nullable(),
          seq: count,
          time: z.string(),
          extended: z.boolean(),
          end: z.strictObject({ time: z.string(), cause: z.enum(emergencyEnds) }).nullable(),
          alerted: z.array(z.string()),
          review: z.strictObject({ by: z.string(), time: z.string(), finding: z.enum(reviewFindings) }).nullable(),
        }),
      ),
      drills: z.array(z.strictObject({ person: z.string(), seq: count, time: z.string() })),
    }),
    revocations: z.strictObject({
      list: z.strictObject({ number: count, sha256, issued: z.string(), seq: count, people: z.array(z.string()), slots: z.array(z.string()) }).nullable(),
      look: z.strictObject({ state: z.enum(revocationStates), open: z.boolean(), seq: count, time: z.string() }).nullable(),
    }),
    holds: z.array(
      z.strictObject({
        id: z.string(),
        scope: z.enum(holdScopes),
        of: z.string().nullable(),
        recording: z.string().nullable(),
        from: z.string().nullable(),
        until: z.string().nullable(),
        reason: z.enum(holdReasons),
        by: z.string(),
        seq: count,
        time: z.string(),
      }),
    ),
    quorum: z.strictObject({
      latest: z.string().nullable(),
      paired: z.boolean(),
      lost: z.array(z.strictObject({ person: z.string(), hand: z.string(), time: z.string() })),
    }),
    integrity: z.strictObject({
      baseline: z
        .strictObject({
          sha256,
          previousSha256: sha256.nullable(),
          version: z.string(),
          files: count,
          checkout: z.boolean(),
          note: z.string().nullable(),
          by: z.string(),
          second: z.string().nullable(),
          seq: count,
          time: z.string(),
        })
        .nullable(),
      check: z.strictObject({ seq: count, time: z.string(), differences: count, found: sha256 }).nullable(),
    }),
    hosts: z.array(z.strictObject({ host: z.string(), type: z.enum(hostKeyTypes), sha256, by: z.string(), seq: count, time: z.string() })),
    clock: z.strictObject({ state: z.enum(clockStates), time: z.string().nullable() }),
  }),
});

export interface Snapshot {
  /** Events, the root over them, and the bytes of events.jsonl that they have. */
  readonly size: number;
  readonly root: string;
  readonly end: number;
  /** The checkpoint file as the head vouched for it then. */
  readonly checkpoints: CheckpointChain;
  readonly events: TreeState;
  readonly recordings: TreeState;
  /** Recordings that are not closed, or that failed and can still be recovered. */
  readonly open: readonly (readonly [string, RecordingState])[];
  readonly facts: FactsState;
}

export const NO_SNAPSHOT: Snapshot = {
  size: 0,
  root: emptyRoot().toString('hex'),
  end: 0,
  checkpoints: EMPTY_CHAIN,
  events: EMPTY_TREE,
  recordings: EMPTY_TREE,
  open: [],
  facts: NO_FACTS,
};

const treeJson = ({ root, end }: TreeState) => ({
  end,
  root: root ? { at: root.at, length: root.length, hash: root.hash.toString('hex'), depth: root.depth } : null,
});
const treeOf = ({ root, end }: z.infer<typeof tree>): TreeState => ({ end, root: root ? { ...root, hash: Buffer.from(root.hash, 'hex') } : undefined });

/** @returns undefined where there is none, or none that this installation signed. */
export function readSnapshot(folder: string, key: NoteKey): Snapshot | undefined {
  try {
    const file = readSmall(join(folder, FILE))?.toString('utf8') ?? '';
    const split = file.endsWith('\n') ? file.lastIndexOf(SECOND) : -1;
    const text = openNote(split < 0 ? file : file.slice(0, split), key, MAX_BYTES);
    if (text === undefined || !isWhole(text, split < 0 ? undefined : file.slice(split + SECOND.length, -1), key)) return undefined;
    const [title, json = ''] = text.split('\n');
    if (title !== TITLE) return undefined;
    const { events, recordings, ...rest } = schema.parse(JSON.parse(json));
    return { ...rest, events: treeOf(events), recordings: treeOf(recordings) };
  } catch {
    // Whatever it is, it is not what was signed: everything is derived anew.
    return undefined;
  }
}

/** In front of the second signature, behind the note. */
const SECOND = 'second ';

/** What is believed without its events is signed by every half of the key, where this runtime can tell. */
function isWhole(text: string, second: string | undefined, key: NoteKey): boolean {
  if (!key.second) return true;
  if (second === undefined) return !canMldsa44();
  return mldsa44Verify(key.second.publicKey, Buffer.from(text, 'utf8'), Buffer.from(second, 'base64')) !== 'bad';
}

/** Larger than one with some thousand open recordings. */
const MAX_BYTES = 1024 * 1024;

export async function writeSnapshot(folder: string, snapshot: Snapshot, key: NoteKey, signer: Pick<InstallationSigner, 'sign' | 'second'>): Promise<void> {
  const json = JSON.stringify({ ...snapshot, events: treeJson(snapshot.events), recordings: treeJson(snapshot.recordings) });
  const text = `${TITLE}\n${json}\n`;
  const note = await signNote(text, key, (bytes) => signer.sign(bytes));
  const second = key.second && (await signer.second?.sign(Buffer.from(text, 'utf8')));
  writeAtomic(join(folder, FILE), second ? `${note}${SECOND}${Buffer.from(second).toString('base64')}\n` : note);
}
