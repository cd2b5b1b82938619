/**
 * What an anchor's own folder keeps: `state.json` (what has not gone yet, and since when), `receipts.jsonl` (what has), and
 * for timestamps `tokens/`. Asynchronous: the app's thread relays keys and waits for no disk.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { anchorFailureCodes } from './errors.ts';
import { appendLine, lastLines } from './lines.ts';
import type { AnchorState, Receipt } from './types.ts';

const time = z.iso.datetime();

const stateSchema = z.strictObject({
  pending: z.string().nullable(),
  failing: z.strictObject({ since: time, attempts: z.int().min(1), code: z.enum(anchorFailureCodes) }).nullable(),
  diverged: z.string().nullable(),
  told: z.strictObject({ sent: time.nullable(), failed: time.nullable() }),
}) satisfies z.ZodType<AnchorState>;

const proofSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('syslog'), server: z.string(), certificate: z.string() }),
  z.strictObject({ kind: z.literal('timestamp'), token: z.string().regex(/^[0-9a-f-]{1,64}$/), time, serial: z.string() }),
]);

const receiptSchema = z.strictObject({ at: time, note: z.string(), proof: proofSchema }) satisfies z.ZodType<Receipt>;

export const noState: AnchorState = { pending: null, failing: null, diverged: null, told: { sent: null, failed: null } };

/** Replaces a file, or makes it, as storage/atomic does, without making the caller's thread wait. @throws the system's error; the old file is then whole. */
export async function replaceFile(path: string, text: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

export class AnchorStore {
  readonly folder: string;
  readonly tokens: string;

  /** @param folder `anchors/NAME` of the data folder; made when it is missing. */
  constructor(folder: string) {
    this.folder = folder;
    this.tokens = join(folder, 'tokens');
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
    await replaceFile(join(this.folder, 'state.json'), `${JSON.stringify(state)}\n`);
  }

  /** The newest receipts, oldest first. Lines that are none are passed over. */
  async receipts(): Promise<Receipt[]> {
    const lines = await lastLines(join(this.folder, 'receipts.jsonl'));
    return lines.flatMap((line) => {
      try {
        return [receiptSchema.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
  }

  async addReceipt(receipt: Receipt): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await appendLine(join(this.folder, 'receipts.jsonl'), JSON.stringify(receipt));
  }
}
