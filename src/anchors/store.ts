/**
 * What an anchor's own folder keeps: `state.json` (what has not gone yet, and since when), `receipts.jsonl` (what has), and
 * for timestamps `tokens/`. Asynchronous: the app's thread relays keys and waits for no disk.
 */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { writeAtomicAsync } from '../disk/atomic.ts';
import { anchorFailureCodes } from './errors.ts';
import { ed25519Verify } from '../crypto/ed25519.ts';
import { keysOf, type NoteKey } from '../ledger/note.ts';
import { proofSchema, type AnchorProof } from './kinds.ts';
import { appendLine, isOverfull, lastLines } from './lines.ts';
import type { AnchorState } from './types.ts';

const time = z.iso.datetime();

const stateSchema = z.strictObject({
  pending: z.string().nullable(),
  failing: z.strictObject({ since: time, attempts: z.int().min(1), code: z.enum(anchorFailureCodes) }).nullable(),
  diverged: z.string().nullable(),
  told: z.strictObject({ sent: time.nullable(), failed: time.nullable() }),
}) satisfies z.ZodType<AnchorState>;

/** A head that an anchor took, as a line of receipts.jsonl keeps it, signed by the installation. */
export interface Receipt {
  /** This workstation's clock, ISO 8601 UTC. */
  readonly at: string;
  readonly note: string;
  readonly proof: AnchorProof;
}

const receiptSchema = z.strictObject({ at: time, note: z.string(), proof: proofSchema }) satisfies z.ZodType<Receipt>;
const lineSchema = receiptSchema.extend({ signature: z.base64() });

/**
 * What the installation signs for a receipt. Its first line keeps it from being anything else that this key signs. The anchor's
 * name is in it, so that a receipt of one anchor is none of another. The schema fixes the order of the fields.
 */
const signedText = (anchor: string, receipt: Receipt): Buffer =>
  Buffer.from(`wardmux-anchor-receipt-v1\n${anchor}\n${JSON.stringify(receiptSchema.parse(receipt))}\n`, 'utf8');

/** What receipts.jsonl has. */
export interface Receipts {
  /** The newest ones that this installation signed, oldest first. */
  readonly receipts: Receipt[];
  /** Lines among them that are whole JSON and were not signed by it as receipts of this anchor: a crash leaves none of these. */
  readonly ignored: number;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function openReceipt(line: string, anchor: string, key: NoteKey): Receipt | undefined {
  try {
    const { signature, ...receipt } = lineSchema.parse(JSON.parse(line));
    // Of a key that was replaced too: its head is judged by itself, and counts up to then.
    const good = keysOf(key).some((each) => ed25519Verify(each.key.publicKey, signedText(anchor, receipt), Buffer.from(signature, 'base64')));
    return good ? receipt : undefined;
  } catch {
    return undefined;
  }
}

export const noState: AnchorState = { pending: null, failing: null, diverged: null, told: { sent: null, failed: null } };

export class AnchorStore {
  readonly folder: string;

  /** @param folder `anchors/NAME` of the data folder; made when it is missing. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** A state that cannot be understood counts as none: the ledger's newest head is handed over again, and that harms nothing. */
  async readState(): Promise<AnchorState> {
    try {
      const file = await lastLines(join(this.folder, 'state.json'));
      return stateSchema.parse(JSON.parse(file.join('\n')));
    } catch {
      return noState;
    }
  }

  async writeState(state: AnchorState): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeAtomicAsync(join(this.folder, 'state.json'), `${JSON.stringify(state)}\n`);
  }

  /** The newest receipts. What was not signed with this key, as a receipt of this anchor, is not believed. */
  async receipts(key: NoteKey): Promise<Receipts> {
    const lines = await lastLines(this.#receipts);
    const anchor = basename(this.folder);
    const opened = lines.map((line) => openReceipt(line, anchor, key));
    return {
      receipts: opened.filter((receipt) => receipt !== undefined),
      ignored: lines.filter((line, n) => !opened[n] && isJson(line)).length,
    };
  }

  /** @param sign gives the installation's Ed25519 signature. */
  async addReceipt(receipt: Receipt, sign: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const signature = Buffer.from(await sign(signedText(basename(this.folder), receipt))).toString('base64');
    await appendLine(this.#receipts, JSON.stringify({ ...receiptSchema.parse(receipt), signature }));
    if (await isOverfull(this.#receipts)) await writeAtomicAsync(this.#receipts, `${(await lastLines(this.#receipts)).join('\n')}\n`);
  }

  get #receipts(): string {
    return join(this.folder, 'receipts.jsonl');
  }
}
