/** `wardmux list`: needs no key, because file names, headers and ends of recordings are public. */
import { lstatSync } from 'node:fs';
import { sep } from 'node:path';
import type { RecordingState } from '../../ledger/rules.ts';
import { LedgerView } from '../../ledger/view.ts';
import { segmentName } from '../../recording/header.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import { outlineOf, type RecordingOutline } from '../../recording/outline.ts';
import { glanceAt, recordsText, recoverRecordings, type Settlement } from '../../records/index.ts';
import { CliError, exit } from '../exit.ts';
import { identitySentence, openInstallation, withLedger, type OpenInstallation } from '../../services/installation.ts';
import { type PersonOptions, unlockPerson } from '../person.ts';
import type { CliCommand } from '../command.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';
import { deletionSentence } from '../../services/life-cycle.ts';
import { neverEntered, presentRecordings } from '../../services/recordings-check.ts';
import { sentenceOf } from '../../types/sentence.ts';

/** h:mm:ss, rounded down. */
function lengthText(ms: number): string {
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
  readonly state: RecordingOutline['state'];
  /** An interrupted recording that was closed after its last whole record. */
  readonly recovered: boolean;
  readonly fault: string | null;
  /** Of what it was imported; null where it was recorded here. */
  readonly imported: string | null;
  /** What the ledger says against what is there, at a glance: null where the ledger does not know it. Content is proven by `ledger verify --deep`. */
  readonly ledger: {
    /** Records that the ledger signed for. */
    readonly signed: number;
    /** Records that are there, by the lengths of frames; null where they were not counted. */
    readonly found: number | null;
    readonly contradiction: string | null;
  } | null;
}

/** So many of the newest recordings are opened; of older ones only the segments' sizes are looked at, so that a list stays quick. */
const LOOKED_AT = 1000;

/** Of so many deleted ones it is said when, by whom and why. */
const TOLD_DELETIONS = 20;

const FIRST_SEGMENT = segmentName(0);
const QUIETLY = { throwIfNoEntry: false } as const;

function listed(summary: RecordingOutline, known: RecordingState | undefined): ListedRecording {
  const { id, person, started, durationMs, size, fault, folder } = summary;
  const ledger = known ? { signed: known.head.size, ...glanceAt(folder, id, known) } : null;
  // Where the ledger knows it, no file that came or went says otherwise: an end.json without its event is nobody's word.
  const state = known ? (known.closed === 'recording.end' ? 'complete' : !known.closed && summary.state === 'live' ? 'live' : 'interrupted') : summary.state;
  const settled = known ? known.closed === 'recording.recovered' || (known.closed !== null && !needsRecovery(folder)) : !needsRecovery(folder);
  const recovered = state === 'interrupted' && settled;
  return {
    id,
    person: known?.person ?? person,
    start: known?.began ?? started,
    lengthMs: known?.durationMs ?? durationMs,
    size,
    outputBytes: known?.outputBytes ?? null,
    state,
    recovered,
    fault: fault ?? null,
    imported: known?.imported ?? null,
    ledger,
  };
}

/**
 * Every recording in a folder, oldest first. What the ledger has the end of it tells, and the disk only how large the segments
 * are; the others, and the newest, are looked at themselves. Nothing here reads content.
 */
export async function listRecordings(folder: string, known: ReadonlyMap<string, RecordingState>): Promise<ListedRecording[]> {
  const ids = presentRecordings(folder);
  const list: ListedRecording[] = [];
  for (const [n, id] of ids.entries()) {
    const own = folder + sep + id;
    const state = known.get(id);
    const ended = state && endedRecording(own, id, state);
    if (!ended) list.push(listed(await outlineIn(own, id), state));
    else list.push(n < ids.length - LOOKED_AT ? ended : { ...ended, ledger: { signed: state.head.size, ...glanceAt(own, id, state) } });
  }
  return list;
}

/** What is no folder of ours is a row too: a list does not end at it, and follows no link. */
async function outlineIn(folder: string, id: string): Promise<RecordingOutline> {
  let fault = `${folder} is not a folder.`;
  try {
    if (lstatSync(folder).isDirectory()) return await outlineOf(folder, id);
  } catch (error) {
    fault = `${folder} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`;
  }
  return { id, folder, person: '', started: '', durationMs: 0, size: 0, segments: 0, state: 'interrupted', fault };
}

/** @returns undefined where the ledger has no end of it, or the disk has not the segments that the ledger knows. */
function endedRecording(folder: string, id: string, state: RecordingState): ListedRecording | undefined {
  const { closed, durationMs, outputBytes, segment, person, began, head, imported, deleted } = state;
  if (deleted || closed !== 'recording.end' || durationMs === null || outputBytes === null || person === null) return undefined;
  let size = 0;
  for (let n = 0; n <= segment; n++) {
    const stat = lstatSync(folder + sep + (n === 0 ? FIRST_SEGMENT : segmentName(n)), QUIETLY);
    if (!stat?.isFile()) return undefined;
    size += stat.size;
  }
  const ledger = { signed: head.size, found: null, contradiction: null };
  return { id, person, start: began, lengthMs: durationMs, size, outputBytes, state: 'complete', recovered: false, fault: null, imported, ledger };
}

/** The ledger's word, where it has one: a list is there also where the ledger is not good, which is said. */
async function openView({ home, noteKey }: OpenInstallation, io: CliIo): Promise<LedgerView | undefined> {
  try {
    const view = await LedgerView.open(home.ledger, noteKey);
    if (!view) io.talk(`Nothing in this list is compared with the ledger: there is none in ${home.ledger}.`);
    return view;
  } catch (error) {
    io.talk(`Nothing in this list is compared with the ledger: ${sentenceOf(error)}`);
    return undefined;
  }
}

/** What the ledger knows and the disk has not: what was deleted is not missing. @param unknown so many are there that the ledger does not know. */
function missing(
  known: ReadonlyMap<string, RecordingState>,
  recordings: readonly ListedRecording[],
  unknown: number,
): { readonly gone: readonly (readonly [string, RecordingState])[]; readonly deleted: readonly string[] } {
  if (recordings.length - unknown === known.size) return { gone: [], deleted: [] };
  const there = new Set(recordings.map(({ id }) => id));
  const away = [...known].filter(([id]) => !there.has(id));
  return { gone: away.filter(([, { deleted }]) => !deleted), deleted: away.flatMap(([id, { deleted }]) => (deleted ? id : [])) };
}

const unfinished = ([, { closed, deleted }]: readonly [string, RecordingState]): boolean => closed !== 'recording.end' && !deleted;

/**
 * Closes each interrupted recording with what was signed for before. Of a person who gives a passphrase the key is asked what
 * their recorder wrote behind that, which is signed for then. @returns the exit status
 */
async function recover(site: OpenInstallation, person: PersonOptions, io: CliIo): Promise<number> {
  // Looked at first, because a ledger that is opened for writing needs its key.
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  const some = ((await view?.recordings()) ?? []).some(unfinished);
  view?.close();
  if (!some) return exit.done;
  const identity = person.passphraseFd === undefined && person.person === undefined ? undefined : await unlockPerson(site, person, io);
  let settled: Settlement[];
  try {
    settled = await withLedger(
      site,
      async ({ ledger }) =>
        recoverRecordings(
          site.home.recordings,
          ledger,
          (await ledger.recordings()).filter(unfinished),
          identity && { person: identity.person.id, opener: identity },
        ),
      { talk: io.talk },
    );
  } finally {
    identity?.destroy();
  }
  for (const { sentence } of settled) io.talk(sentence);
  if (settled.some(({ outcome }) => outcome === 'contradiction')) return exit.contradiction;
  return settled.some(({ outcome }) => outcome === 'failed') ? exit.failed : exit.done;
}

/**
 * What stands behind the last signed heads: a sentence for all of them, since a crash leaves some in every recording that ran.
 * @param closed those that the ledger has an end of.
 */
function tellBehind(closed: readonly ListedRecording[], io: CliIo): void {
  let some = 0;
  let records = 0;
  let long = 0;
  for (const { ledger, state } of closed) {
    if (!ledger || ledger.contradiction !== null) continue;
    if (ledger.found !== null && ledger.found > ledger.signed) {
      some++;
      records += ledger.found - ledger.signed;
    } else if (ledger.found === null && state !== 'complete') long++;
  }
  if (some > 0)
    io.talk(
      `Not proven, and kept: ${recordsText(records)} behind the last signed head${some === 1 ? ' of 1 recording' : `s of ${some} recordings`}. Which: wardmux list --json ("signed" and "found"). With --recover and your key (--person or --passphrase-fd) what your recorder wrote is signed for.`,
    );
  if (long > 0)
    io.talk(
      `Whether more stands behind the last signed head${long === 1 ? ' of 1 recording' : `s of ${long} recordings`} was not looked at, since the last segment is long. See: wardmux ledger verify --deep`,
    );
}

export const list: CliCommand = {
  name: 'list',
  needs: { list: 'evidence.read', '--recover': 'recording.recover' },
  summary: 'Lists recordings: id, person, start, length, size, state.',
  description:
    'States: complete, live, interrupted (its writer died; what was whole is kept). The app closes interrupted recordings when it starts, with what was signed for before; --recover does it now. What lies behind that is kept and not proven. With --person or --passphrase-fd your key opens it, and what only the recorder, you or an audit key can have written is signed for.\nWhat was imported is called so: who brought it stands as its person, when it was brought as its start, and its length is that of the file.\nWhat is there is compared with the ledger at a glance: segments, headers, numbers of records. All content is compared by: wardmux ledger verify --deep',
  examples: [
    ['wardmux list', 'a table, oldest first'],
    ['wardmux list --json | jq -r ".[].id"', 'for scripts'],
    ['wardmux list --recover', 'closes interrupted recordings, without a key'],
    ['wardmux list --recover --passphrase-fd 3 3< FILE', 'has signed for what your key opens behind the last signed head'],
  ],
  declare: (command, io, done) => {
    personOptions(command)
      .option('--json', 'print an array of recordings')
      .option('--recover', 'first recover interrupted recordings; torn bytes are moved aside, never deleted')
      .action(async (options: PersonOptions & { json?: boolean; recover?: boolean }) => {
        if (!options.recover && (options.person !== undefined || options.passphraseFd !== undefined))
          throw new CliError('usage', 'A list needs no key: give --person and --passphrase-fd only with --recover.');
        const site = await openInstallation(io);
        if (site.identity.state !== 'pinned' && site.installation.secretStore !== 'file')
          io.talk(`note: ${identitySentence(site.identity, site.installation.secretStore)}`);
        const status = options.recover ? await recover(site, options, io) : exit.done;
        const view = await openView(site, io);
        // The ledger first: a recording that is being written is never behind it.
        const known = new Map((await view?.recordings()) ?? []);
        const recordings = await listRecordings(site.home.recordings, known);
        if (options.json) await io.out(jsonText(recordings));
        else {
          const rows = recordings.map((r) => [
            r.id,
            r.person || '-',
            r.start || '-',
            lengthText(r.lengthMs),
            String(r.size),
            r.imported !== null
              ? `${r.state}, imported (${r.imported}), not witnessed`
              : r.recovered
                ? 'interrupted, recovered'
                : r.state === 'live'
                  ? 'live, its length until the last output'
                  : r.state,
          ]);
          if (rows.length > 0) await io.out(columns([['ID', 'PERSON', 'START', 'LENGTH', 'SIZE', 'STATE'], ...rows]));
          else io.talk('There are no recordings yet. Make one: wardmux record -- bash');
        }
        // Of 100,000 recordings hardly any has something to be said: what is cheap is asked first, and nothing is made of those that have not.
        for (const { id, fault } of recordings) if (fault) io.talk(`${id}: ${fault}`);
        let cut = 0;
        for (const { state, recovered } of recordings) if (state === 'interrupted' && !recovered) cut++;
        if (cut > 0) io.talk(`${cut} interrupted: the app recovers them when it starts, or run: wardmux list --recover`);
        tellBehind(
          recordings.filter(({ id, fault }) => !fault && known.get(id)?.closed),
          io,
        );
        const unknown: string[] = [];
        let contradictions = 0;
        for (const { id, ledger } of recordings) {
          if (!ledger) unknown.push(id);
          else if (ledger.contradiction !== null) {
            contradictions++;
            io.talk(ledger.contradiction);
          }
        }
        const { gone, deleted } = missing(known, recordings, unknown.length);
        for (const id of deleted.slice(-TOLD_DELETIONS)) io.talk(deletionSentence(id, (await view?.eventsOf(id)) ?? []) ?? `Recording ${id} was deleted.`);
        if (deleted.length > TOLD_DELETIONS)
          io.talk(`${deleted.length - TOLD_DELETIONS} older ones were deleted too. Which: wardmux ledger show --action recording.deleted`);
        for (const [id, { head }] of gone) io.talk(`Recording ${id} stands in the ledger with ${head.size} records, and it is not here.`);
        const strange = view ? await neverEntered(site, unknown, io) : [];
        view?.close();
        for (const id of strange) io.talk(`Recording ${id} is not in the ledger.`);
        const found = [
          [!view, exit.badLedger],
          [contradictions > 0, exit.contradiction],
          [gone.length > 0, exit.missingRecording],
          [strange.length > 0, exit.unknownRecording],
        ] as const;
        done(status !== exit.done ? status : (found.find(([is]) => is)?.[1] ?? exit.done));
      });
  },
};
