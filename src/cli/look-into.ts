/** What `wardmux list --text` and `--ticket` look into recordings for: what is found is told as it is found, and that somebody looked is entered first. */
import { join } from 'node:path';
import type { AuditEntry } from '../ledger/events.ts';
import type { OpenIdentity } from '../people/identity.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { searchRecordings, type SearchParts } from '../review/search-recordings.ts';
import { appendEvent, type OpenInstallation } from '../services/installation/installation.ts';
import { begunAs, type Begun, type ListedRecording } from '../services/recordings/list.ts';
import { lengthText } from '../types/length.ts';
import { exit } from './exit.ts';
import { jsonText, printable, type CliIo } from './io.ts';
import { searchable } from './recording-folder.ts';

/** Of one recording so many hits are told. */
const MOST_HITS = 1000;
/** Whoever waits is told after so many bytes of output more. */
const PROGRESS_BYTES = 4 * 1024 * 1024;

/** Whoever looks: somebody who has come in, for names and for what is theirs, or an audit key, for what is sealed to it; or both. */
export interface Looking {
  readonly identity: OpenIdentity | undefined;
  readonly opener: SegmentOpener;
}

/** A listed recording with what only somebody with a key is told. */
export type Named = ListedRecording & { readonly name?: string | null } & Partial<Begun>;

/** Those that were recorded for a ticket that has these characters in it, at their beginning or since an unlock in them. Newest last, as they came. */
export async function forTicket(
  site: OpenInstallation,
  rows: readonly Named[],
  ticket: string,
  looking: Looking,
  io: CliIo,
): Promise<{ readonly rows: Named[]; readonly status: number }> {
  const found = new Set<string>();
  let unread = 0;
  const searched = searchRecordings(
    { ...looks(site, looking, io), lookFor: 'ticket', mostEach: 1, most: Infinity },
    await searchable(site, rows, io.talk),
    ticket,
  );
  for await (const one of searched) {
    if (one.kind === 'hit') found.add(one.recording);
    else if (one.kind === 'unread') {
      unread++;
      io.talk(one.sentence);
    } else if (one.kind === 'end' && one.closed > 0)
      io.talk(`${one.closed} of ${rows.length} recordings are not sealed to ${whose(looking)}: for which ticket they were was not looked at.`);
  }
  const named: Named[] = [];
  // That these were looked into is entered.
  for (const row of rows)
    if (found.has(row.id))
      named.push('program' in row && row.program !== null ? row : { ...row, ...(await begunAs(join(site.home.recordings, row.id), looking.opener)) });
  return { rows: named, status: unread > 0 ? exit.damaged : exit.done };
}

const whose = ({ identity, opener }: Looking): string => (opener === identity ? 'your key' : 'this audit key');

const lookedInto = (recording: string, { identity, opener }: Looking): AuditEntry => ({
  action: 'play',
  ...(identity ? { person: identity.person.id } : {}),
  outcome: 'success',
  detail: { recording, key: opener === identity ? 'owner' : 'audit', how: 'search' },
});

/** What every search goes with: whose key, and that each look is entered. */
const looks = (site: OpenInstallation, looking: Looking, io: CliIo): Pick<SearchParts, 'opener' | 'enter'> => ({
  opener: looking.opener,
  enter: (recording) => appendEvent(site, lookedInto(recording, looking), { identity: looking.identity, talk: io.talk }),
});

/** Prints what is found as it is found, or with --json all of it at the end. Newest first. @returns the exit status */
export async function search(
  site: OpenInstallation,
  rows: readonly Named[],
  words: string,
  looking: Looking,
  { json }: { readonly json?: boolean },
  io: CliIo,
): Promise<number> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  let shown = 0;
  const progress = (bytes: number): void => {
    const steps = Math.floor(bytes / PROGRESS_BYTES);
    if (steps > shown) io.progress?.(`${steps * 4} MiB searched, ${hits === 1 ? '1 hit' : `${hits} hits`}; ctrl-c ends it.`);
    shown = steps;
  };
  const found: unknown[] = [];
  let [last, hits, unread] = ['', 0, 0];
  const searched = searchRecordings(
    { ...looks(site, looking, io), lookFor: 'shown', mostEach: MOST_HITS, most: Infinity, progress },
    await searchable(site, rows.toReversed(), io.talk),
    words,
  );
  for await (const one of searched) {
    // What is told has the line for itself.
    io.progress?.('');
    if (one.kind === 'unread') {
      unread++;
      io.talk(one.sentence);
    } else if (one.kind === 'hit') {
      hits++;
      const { recording, hit } = one;
      if (json) found.push({ recording, timeMs: Math.floor(hit.timeUs / 1000), context: hit.context, at: hit.at, length: hit.length });
      else {
        const row = byId.get(recording)!;
        if (last !== recording) await io.out(`${recording}  ${printable(row.name ?? row.person)}  ${row.start}\n`);
        last = recording;
        await io.out(`  ${lengthText(hit.timeUs / 1000)}  ${printable(hit.context)}\n`);
      }
    } else if (one.kind === 'more') io.talk(`${one.recording}: more hits than ${MOST_HITS}; the rest was not searched.`);
    else
      io.talk(
        `${one.hits === 1 ? '1 hit' : `${one.hits} hits`} in ${one.searched} of ${rows.length} recordings; ${one.closed} are not sealed to ${whose(looking)}${unread > 0 ? `; ${unread} could not be read whole` : ''}.`,
      );
  }
  if (json) await io.out(jsonText(found));
  return unread > 0 ? exit.damaged : exit.done;
}
