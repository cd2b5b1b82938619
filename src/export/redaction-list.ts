/**
 * What stands beside a bundle of which something could be withheld: the session as it was shown with blocks in the places of what is withheld, and a list
 * that says of each piece what was found, where, why, by which recognisers and by whom it was exported, and never the value. Whoever exports signs the list,
 * which has the digests of the bundle and of that session; the ledger's event has the digest of the list.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../disk/atomic.ts';
import { EXPORT_NAMESPACE, sshSign, type SshSigner } from '../crypto/sshsig.ts';
import { writtenOut } from '../recording/json.ts';
import { readStart } from '../recording/facts.ts';
import { eventSize } from '../recording/tail.ts';
import type { RecordingEvent } from '../recording/types.ts';
import { covered, recognisers, RECOGNISERS_VERSION } from '../redaction/index.ts';
import { CastText } from './cast.ts';
import { COMPANION } from './bundle-files.ts';
import { placeName, type Disclosure } from './disclosure.ts';
import { recallOf } from './measured-recall.ts';
import { TextFile } from './text-file.ts';
import { digestOfFile } from './verify/files.ts';

/** The folder beside a bundle. */
export const companionOf = (target: string): string => `${target}-redaction`;

export interface WrittenRedaction {
  /** Absolute. */
  readonly folder: string;
  /** SHA-256 of the list, hex. */
  readonly list: string;
  /** Of the table of recognisers. */
  readonly recognisers: string;
  /** Pieces that are withheld because something was found in them. */
  readonly withheld: number;
  /** Pieces that somebody released by hand. */
  readonly released: number;
}

/** session.redacted.cast: the twin of session.cast for eyes, with every piece of the span, and blocks. */
export class Rendering {
  readonly #file: TextFile;
  readonly #recording: string;
  readonly #disclosure: Disclosure;
  #text: CastText | undefined;
  #headed = false;

  constructor(file: string, recording: string, disclosure: Disclosure) {
    this.#file = new TextFile(file);
    this.#recording = recording;
    this.#disclosure = disclosure;
  }

  /** @param wallMs of a segment's header: the first one counts. */
  begin(wallMs: number): void {
    this.#text ??= new CastText(this.#recording, wallMs);
  }

  event(number: number, event: RecordingEvent): void {
    if (event.code === 'n') return;
    if (event.code === 's') return this.#head(this.#start(number, event));
    this.#head(undefined);
    const reason = this.#disclosure.withheld(number, event);
    if (reason === undefined) this.#file.write(this.#text!.line(event));
    else if (event.code === 'o' && reason !== 'not-requested')
      this.#file.write(this.#text!.line({ ...event, data: covered(event.data, this.#disclosure.masks(number)) }));
  }

  finish(): void {
    this.#head(undefined);
    this.#file.write(this.#text!.end());
    this.#file.finish();
  }

  close(): void {
    this.#file.close();
  }

  /** Its size is told also where its command is withheld. */
  #start(number: number, { data, code, timeUs }: RecordingEvent): Uint8Array | undefined {
    if (this.#disclosure.withheld(number, { code, timeUs }) === undefined) return data;
    const start = readStart(data);
    const size = eventSize('s', data);
    return (
      start &&
      size &&
      Buffer.from(JSON.stringify({ command: ['-'], cwd: '-', cols: size.cols, rows: size.rows, term: 'xterm-256color', version: start.version }))
    );
  }

  #head(start: Uint8Array | undefined): void {
    if (this.#headed) return;
    this.#headed = true;
    this.#file.write(this.#text!.head(start));
  }
}

interface ListFacts {
  readonly recording: string;
  /** SHA-256 of the bundle's SHA256SUMS; of the file where it is one alone. */
  readonly bundle: string;
  /** What the file is, where no bundle goes out. */
  readonly form?: string | undefined;
  /** Id of who exported it. */
  readonly by: string;
  readonly made: string;
  /** Version of Wardmux. */
  readonly program: string;
}

/** The list, as it is written. Everything in it is ours: words, numbers, digests. */
function listText({ recording, bundle, form, by, made, program }: ListFacts, disclosure: Disclosure, cast: string | null): string {
  const { asked, findings } = disclosure;
  const ran = recognisers.filter(({ kind }) => asked.kinds.includes(kind));
  return writtenOut({
    format: 'wardmux-redaction',
    version: 1,
    recording,
    ...(form === undefined ? {} : { form }),
    bundle,
    cast,
    made,
    by,
    program,
    says: 'These recognisers ran. What they do not know, they did not find: this is help with masking, and no statement that nothing of a person is left.',
    recognisers: {
      version: RECOGNISERS_VERSION,
      ran: ran.map(({ kind, help }) => ({ kind, recall: recallOf(kind), help })),
      didNotRun: recognisers.filter(({ kind }) => !asked.kinds.includes(kind)).map(({ kind }) => kind),
    },
    span: { fromUs: asked.fromUs ?? null, toUs: asked.toUs ?? null },
    pieces: findings.map(({ record, piece, code, timeUs, kinds, seen, reason, number }) => {
      const released = disclosure.released.get(placeName({ record, piece }));
      const outside = !disclosure.requested(number, { code, timeUs });
      const decision = outside ? 'not-requested' : released === undefined ? 'withheld' : 'released';
      return { record, piece, code, timeUs, kinds, seen, reason, decision, ...(decision === 'released' ? { released } : {}) };
    }),
  });
}

/** @returns the digest of the list. */
export async function writeRedaction(folder: string, facts: ListFacts, disclosure: Disclosure, signer: SshSigner): Promise<Omit<WrittenRedaction, 'folder'>> {
  const cast = facts.form === undefined ? digestOfFile(join(folder, COMPANION.cast)).toString('hex') : null;
  const text = listText(facts, disclosure, cast);
  const write = (name: string, content: string): void => writeFileSync(join(folder, name), content, { mode: 0o600, flag: 'wx', flush: true });
  write(COMPANION.list, text);
  write(COMPANION.signature, await sshSign(Buffer.from(text, 'utf8'), signer, EXPORT_NAMESPACE));
  syncFolder(folder);
  const { withheldFindings, released } = disclosure;
  return {
    list: createHash('sha256').update(text).digest('hex'),
    recognisers: RECOGNISERS_VERSION,
    withheld: withheldFindings.length,
    released: released.size,
  };
}
