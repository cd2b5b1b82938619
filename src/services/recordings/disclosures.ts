/**
 * Why and for whom something was exported: words of whoever exports, which can name a patient. They are sealed, and the ledger has their digest. With a key
 * that they are sealed to they are the accounting of disclosures (45 CFR 164.528); without one it has who, what, when and how much.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { exportRedactions } from '../../ledger/table/recordings.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { sealedWords } from '../../recording/sealed-words.ts';
import type { Recipient, SegmentOpener } from '../../recording/types.ts';
import type { Home } from '../../storage/home.ts';
import { Refusal } from '../../types/refusal.ts';
import { derivedForms, type DerivedForm } from '../../types/words.ts';
import { mostTyped } from '../../types/most-typed.ts';

const words = sealedWords('disclosure-words');
const schema = z.strictObject({ purpose: z.string(), recipient: z.string() });
export type DisclosureWords = z.infer<typeof schema>;

const pathOf = (home: Pick<Home, 'disclosures'>, digest: string): string => join(home.disclosures, `${digest}.json`);

/** @throws Refusal where one of them is empty or too long, or has a line end or another control character in it */
export function checkWords(given: DisclosureWords): DisclosureWords {
  for (const [name, text] of Object.entries(given))
    if (text.trim() === '' || text.length > mostTyped.disclosure || /\p{Cc}/u.test(text))
      throw new Refusal(
        'bad-words',
        `--${name} is one line of 1 to ${mostTyped.disclosure} characters that says ${name === 'purpose' ? 'what the export is for' : 'who gets it'}. Nothing was exported.`,
      );
  return { purpose: given.purpose.trim(), recipient: given.recipient.trim() };
}

/** Keeps them before the export is made. @returns their digest, for the event. @throws StorageFault */
export async function keepDisclosure(
  home: Pick<Home, 'disclosures'>,
  recording: string,
  given: DisclosureWords,
  recipients: readonly Recipient[],
): Promise<string> {
  const text = Buffer.from(JSON.stringify(given), 'utf8');
  try {
    const file = await words.seal(recording, text, recipients);
    const digest = words.digest(file);
    writeAtomic(pathOf(home, digest), file);
    return digest;
  } finally {
    text.fill(0);
  }
}

export interface DisclosedExport {
  readonly seq: number;
  readonly time: string;
  readonly recording: string;
  readonly by: string | null;
  readonly second: string | null;
  readonly sha256: string;
  readonly redaction: (typeof exportRedactions)[number] | null;
  readonly recognisers: string | null;
  readonly withheld: number | null;
  readonly released: number;
  /** Null where it was a bundle. */
  readonly form: DerivedForm | null;
  readonly part: boolean;
  /** `none`: none were given. `missing`, `changed`: the file is gone, or is not the one that the ledger has. `sealed`: no key was given that opens it. */
  readonly words: DisclosureWords | 'none' | 'missing' | 'changed' | 'sealed';
}

/** What an `export` event says, with its words where they open; undefined for an export that came to nothing. */
export async function disclosedBy(
  home: Pick<Home, 'disclosures'>,
  { seq, time, person, outcome, detail }: LedgerEvent,
  opener?: Pick<SegmentOpener, 'kid' | 'open'>,
): Promise<DisclosedExport | undefined> {
  if (outcome !== 'success' || typeof detail?.['recording'] !== 'string') return undefined;
  const text = (name: string): string | null => (typeof detail[name] === 'string' ? detail[name] : null);
  const { recording } = detail;
  return {
    seq,
    time,
    recording,
    by: person ?? null,
    second: text('second'),
    sha256: text('sha256') ?? '',
    redaction: exportRedactions.find((word) => word === detail['redaction']) ?? null,
    recognisers: text('recognisers'),
    withheld: typeof detail['withheld'] === 'number' ? detail['withheld'] : null,
    released: typeof detail['released'] === 'number' ? detail['released'] : 0,
    form: derivedForms.find((word) => word === detail['form']) ?? null,
    part: detail['part'] === true,
    words: await lookAt(home, recording, text('words'), opener),
  };
}

async function lookAt(
  home: Pick<Home, 'disclosures'>,
  recording: string,
  digest: string | null,
  opener: Pick<SegmentOpener, 'kid' | 'open'> | undefined,
): Promise<DisclosedExport['words']> {
  if (digest === null || !/^[0-9a-f]{64}$/.test(digest)) return 'none';
  const look = await words.look(recording, digest, readSmall(pathOf(home, digest)), opener);
  if (look.state !== 'read') return look.state;
  const read = schema.safeParse(JSON.parse(look.words));
  return read.success ? read.data : 'changed';
}
