/**
 * How far a sink has what the ledger has: the ledger is the queue, and this is the place in it. It is signed by the installation, so nobody sets it forward
 * and makes a sink pass over events. Set back or removed, events go once more, with the ids that they had.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { ed25519Verify } from '../crypto/ed25519.ts';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import type { NoteKey } from '../ledger/note.ts';

const schema = z.strictObject({
  /** The first so many events have gone; of a sink to which alerts go, what these raised. */
  size: z.int().min(0),
  /** Root over them: a place in another history is none in this one. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  /** This workstation's clock; of a sink to which alerts go, what had not happened by then was told. */
  at: z.iso.datetime(),
  /** Of the collector that took them, SHA-256. */
  certificate: z.string().regex(/^[0-9a-f]{64}$/),
});
export type SinkCursor = z.infer<typeof schema>;
const fileSchema = schema.extend({ signature: z.base64() });

/** The first line keeps it from being anything else that this key signs, and the name from being another sink's. */
const signedText = (sink: string, cursor: SinkCursor): Buffer =>
  Buffer.from(`wardmux-sink-cursor-v1\n${sink}\n${JSON.stringify(schema.parse(cursor))}\n`, 'utf8');

const pathOf = (folder: string, sink: string): string => join(folder, `${sink}.json`);

/** @param folder of the data folder. @returns undefined where there is none that this installation signed for this sink. */
export function readCursor(folder: string, sink: string, key: NoteKey): SinkCursor | undefined {
  try {
    const { signature, ...cursor } = fileSchema.parse(JSON.parse(readSmall(pathOf(folder, sink))?.toString('utf8') ?? ''));
    // By the key of today alone: one that was replaced may be somebody else's, and events go once more instead.
    const good = ed25519Verify(key.publicKey, signedText(sink, cursor), Buffer.from(signature, 'base64'));
    return good ? cursor : undefined;
  } catch {
    return undefined;
  }
}

/** @param sign gives the installation's Ed25519 signature. @throws StorageFault */
export async function writeCursor(folder: string, sink: string, cursor: SinkCursor, sign: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<void> {
  const signature = Buffer.from(await sign(signedText(sink, cursor))).toString('base64');
  writeAtomic(pathOf(folder, sink), Buffer.from(`${JSON.stringify({ ...schema.parse(cursor), signature })}\n`, 'utf8'));
}

/** A place in another history, or behind the end of this one, is none: everything goes again. */
export async function placeIn(
  ledger: { readonly rootAt: (size: number) => Promise<string | undefined> },
  cursor: SinkCursor | undefined,
): Promise<SinkCursor | undefined> {
  return cursor && (await ledger.rootAt(cursor.size)) === cursor.root ? cursor : undefined;
}
