/** `wardmux list`: needs no key, because file names, headers and ends of recordings are public. */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingState } from '../../ledger/rules.ts';
import { LedgerView } from '../../ledger/view.ts';
import { segmentName } from '../../recording/header.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import { summarise, type RecordingSummary } from '../../recording/summary.ts';
import { recoverRecordings } from '../../records/index.ts';
import { exit } from '../exit.ts';
import { openInstallation, withLedger, type OpenInstallation } from '../installation.ts';
import type { CliCommand } from '../command.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { presentRecordings } from '../recordings-check.ts';

/** h:mm:ss, rounded down. */
export function lengthText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export interface ListedRecording {
  readonly id: string;
  readonly person: string;
  readonly start: string;
  readonly lengthMs: number;
  /** Bytes on the disk. */
  readonly size: number;
  /** Bytes of output; null where only the ledger and the key know. */
  readonly outputBytes: number | null;
  readonly state: RecordingSummary['state'];
  /** An interrupted recording that was closed after its last whole record. */
  readonly recovered: boolean;
  readonly fault: string | null;
}

function listed(summary: RecordingSummary, known: RecordingState | undefined): ListedRecording {
  const { id, person, started, durationMs, size, bytes, bytesExact, fault, folder } = summary;
  // Where the ledger has its end, no file that came or went says otherwise.
  const state = known?.closed ? (known.closed === 'recording.end' ? 'complete' : 'interrupted') : summary.state;
  const recovered = known ? known.closed === 'recording.recovered' : state === 'interrupted' && !needsRecovery(folder);
  return { id, person, start: started, lengthMs: durationMs, size, outputBytes: bytesExact ? bytes : null, state, recovered, fault: fault ?? null };
}

/**
 * Every recording in a folder, oldest first. What the ledger has the end of it tells, and the disk only how large the segments
 * are; the others are looked at themselves. Nothing here reads content.
 */
export async function summariesOf(folder: string, view: LedgerView | undefined): Promise<RecordingSummary[]> {
  const known = new Map((await view?.recordings()) ?? []);
  const list: RecordingSummary[] = [];
  for (const id of presentRecordings(folder)) {
    const state = known.get(id);
    list.push((state && endedSummary(join(folder, id), id, state)) ?? (await summarise(join(folder, id), id)));
  }
  return list;
}

/** @returns undefined where the ledger has no end of it, or the disk has other segments than the ledger. */
function endedSummary(folder: string, id: string, { closed, durationMs, outputBytes, segment, person, began }: RecordingState): RecordingSummary | undefined {
  if (closed !== 'recording.end' || durationMs === null || outputBytes === null || person === null) return undefined;
  let size = 0;
  for (let n = 0; n <= segment; n++) {
    const stat = lstatSync(join(folder, segmentName(n)), { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    size += stat.size;
  }
  if (existsSync(join(folder, segmentName(segment + 1)))) return undefined;
  return { id, folder, person, started: began, durationMs, bytes: outputBytes, bytesExact: true, size, segments: segment + 1, state: 'complete' };
}

/** The ledger's word, where it has one: a list is there also where the ledger is not good. */
async function openView({ home, noteKey }: OpenInstallation): Promise<LedgerView | undefined> {
  try {
    return await LedgerView.open(home.ledger, noteKey);
  } catch {
    return undefined;
  }
}

const unfinished = ([, { closed }]: readonly [string, RecordingState]): boolean => closed === null || closed === 'recording.failed';

/** Closes each interrupted recording after its last whole record; the ledger learns where that is. @returns the exit status */
async function recover(site: OpenInstallation, io: CliIo): Promise<number> {
  // Looked at first, because a ledger that is opened for writing needs its key.
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  const some = ((await view?.recordings()) ?? []).some(unfinished);
  view?.close();
  if (!some) return exit.done;
  const settled = await withLedger(site, async ({ ledger }) => recoverRecordings(site.home.recordings, ledger, (await ledger.recordings()).filter(unfinished)));
  for (const { sentence } of settled) io.talk(sentence);
  if (settled.some(({ outcome }) => outcome === 'contradiction')) return exit.contradiction;
  return settled.some(({ outcome }) => outcome === 'failed') ? exit.failed : exit.done;
}

export const list: CliCommand = {
  name: 'list',
  summary: 'Lists recordings: id, person, start, length, size, state.',
  description:
    'States: complete, live, interrupted (its writer died; what was whole is kept). The app recovers interrupted recordings when it starts; --recover does it now.',
  examples: [
    ['wardmux list', 'a table, oldest first'],
    ['wardmux list --json | jq -r ".[].id"', 'for scripts'],
    ['wardmux list --recover', 'closes interrupted recordings after their last whole record'],
  ],
  declare: (command, io, done) => {
    command
      .option('--json', 'print an array of recordings')
      .option('--recover', 'first recover interrupted recordings; torn bytes are moved aside, never deleted')
      .action(async (options: { json?: boolean; recover?: boolean }) => {
        const site = openInstallation(io);
        const status = options.recover ? await recover(site, io) : exit.done;
        const view = await openView(site);
        const known = new Map((await view?.recordings()) ?? []);
        const recordings = (await summariesOf(site.home.recordings, view)).map((summary) => listed(summary, known.get(summary.id)));
        view?.close();
        if (options.json) await io.out(jsonText(recordings));
        else {
          const rows = recordings.map((r) => [
            r.id,
            r.person || '-',
            r.start || '-',
            lengthText(r.lengthMs),
            String(r.size),
            r.recovered ? 'interrupted, recovered' : r.state,
          ]);
          if (rows.length > 0) await io.out(columns([['ID', 'PERSON', 'START', 'LENGTH', 'SIZE', 'STATE'], ...rows]));
          else io.talk('There are no recordings yet. Make one: wardmux record -- bash');
        }
        for (const { id, fault } of recordings) if (fault) io.talk(`${id}: ${fault}`);
        const cut = recordings.filter((r) => r.state === 'interrupted' && !r.recovered).length;
        if (cut > 0) io.talk(`${cut} interrupted: the app recovers them when it starts, or run: wardmux list --recover`);
        done(status);
      });
  },
};
