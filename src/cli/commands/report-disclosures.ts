/** `wardmux report disclosures`: what was exported, by whom, how redacted and, with a key that opens the words, what for and to whom. */
import { resolve } from 'node:path';
import { LedgerError } from '../../ledger/errors.ts';
import { readLedgerGently } from '../../ledger/read.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { textOf, type Page } from '../../report/document.ts';
import { disclosedBy, type DisclosedExport } from '../../services/recordings/disclosures.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import type { DerivedForm } from '../../types/words.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';
import { writePage } from '../written-page.ts';

export interface DisclosuresOptions extends PersonOptions {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly key?: string;
  readonly json?: boolean;
  readonly output?: string;
}

const redactions: Readonly<Record<NonNullable<DisclosedExport['redaction']>, string>> = {
  default: 'the recognisers that run by themselves',
  chosen: 'recognisers that were chosen',
  none: 'nothing withheld; two people agreed',
};

const formWords: Readonly<Record<DerivedForm, string>> = { cast: 'asciicast', text: 'plain text', report: 'a report to print' };

/** What stands for words that were not read. */
const unread: Readonly<Record<Extract<DisclosedExport['words'], string>, string>> = {
  none: 'not given',
  missing: 'not known: the sealed file is gone',
  changed: 'not known: the sealed file is not the one that the ledger has',
  sealed: 'sealed: give a key that opens it',
};

function pageOf(list: readonly DisclosedExport[], since: string | undefined, installation: string, made: string): Page {
  const wordsOf = ({ words }: DisclosedExport, name: 'purpose' | 'recipient'): string => (typeof words === 'string' ? unread[words] : words[name]);
  const rows = list.map((one) => [
    one.time,
    one.recording,
    wordsOf(one, 'recipient'),
    wordsOf(one, 'purpose'),
    one.second === null ? (one.by ?? 'nobody is named') : `${one.by ?? 'nobody'} and ${one.second}`,
    `${one.redaction === null ? 'not said: by an older version, nothing was withheld' : redactions[one.redaction]}${one.withheld === null ? '' : `, ${one.withheld} pieces withheld`}${one.released === 0 ? '' : `, ${one.released} released by hand`}${one.part ? ', a span of it' : ''}`,
    one.form === null ? 'evidence' : formWords[one.form],
    one.sha256,
  ]);
  return {
    title: 'Accounting of disclosures',
    facts: [
      ['Installation', installation],
      ['Since', since ?? 'the first event'],
      ['Made', made],
    ],
    sections: [
      rows.length === 0
        ? { heading: 'Exports', paragraphs: ['Nothing was exported in this time.'] }
        : {
            heading: 'Exports',
            table: { head: ['When', 'Recording', 'Recipient', 'Purpose', 'By', 'Redaction', 'Form', 'SHA-256 of SHA256SUMS, or of the file'], rows },
          },
    ],
    sign: [],
  };
}

export async function disclosures(options: DisclosuresOptions, io: CliIo): Promise<number> {
  if (options.json && options.output !== undefined) throw new CliError('usage', '--json goes to stdout; --output writes the page. Say one of them.');
  const asPerson = options.passphraseFd !== undefined || options.person !== undefined;
  if (options.key !== undefined && asPerson)
    throw new CliError('usage', 'The words are opened with an audit key (--key) or by whoever exported (--person, --passphrase-fd): give one of them.');
  const since = options.since ?? -Infinity;
  const sinceText = options.since === undefined ? undefined : new Date(options.since).toISOString();
  const site = await openInstallation(io);
  const identity = asPerson ? await unlockPerson(site, options, io) : undefined;
  try {
    const opener: SegmentOpener | undefined = identity ?? (options.key === undefined ? undefined : await AuditKeyOpener.fromFile(options.key));
    const events: LedgerEvent[] = [];
    const { faults } = await readLedgerGently(site.home.ledger, site.noteKey, {
      signatures: 'all',
      onEvent: (event) => {
        if (event.action === 'export' && Date.parse(event.time) >= since) events.push(event);
      },
    });
    const fault = faults.find(({ code }) => code !== 'unvouched');
    if (fault) throw new LedgerError('corrupt', `${fault.message} Nothing is reported from a ledger that does not hold. See: wardmux ledger verify`);
    const list: DisclosedExport[] = [];
    for (const event of events) {
      const one = await disclosedBy(site.home, event, opener);
      if (one) list.push(one);
    }
    const made = new Date(io.now()).toISOString();
    if (options.json) await io.out(jsonText({ kind: 'disclosures', installation: site.installation.id, since: sinceText ?? null, made, disclosures: list }));
    else {
      const page = pageOf(list, sinceText, site.installation.id, made);
      if (options.output === undefined) await io.out(textOf(page));
      else await writePage(resolve(options.output), page, io);
    }
    return exit.done;
  } finally {
    identity?.destroy();
  }
}
