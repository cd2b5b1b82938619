/**
 * `wardmux list`: needs no key, because file names, headers and ends of recordings are public. Names and programs, and the text that is found, are for
 * whoever gives a passphrase.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import type { RecordingState } from '../../ledger/rules.ts';
import { LedgerView } from '../../ledger/view.ts';
import { recordsText, recoverRecordings, type Settlement } from '../../records/index.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { filterRows } from '../../review/rows.ts';
import { reasons, recordingStates, reviewStates, type Reason, type RecordingStateWord, type ReviewState } from '../../types/words.ts';
import { begunAs, listRecordings, namesFor, rowOf, type Begun, type ListedRecording } from '../../services/recordings/list.ts';
import { CliError, exit } from '../exit.ts';
import { forTicket, search, type Named } from '../look-into.ts';
import { factsOf, identitySentence, openInstallation, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { type PersonOptions, unlockPerson } from '../person.ts';
import type { CliCommand } from '../command.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { Refusal } from '../../types/refusal.ts';
import { lengthText } from '../../types/length.ts';
import { beginning, moment, personOptions } from '../options.ts';
import { deletionSentence } from '../../services/recordings/life-cycle.ts';
import { neverEntered } from '../../services/recordings/check.ts';
import { reviewWords } from '../../services/recordings/review.ts';
import { sentenceOf } from '../../types/sentence.ts';

/** Of so many deleted ones it is said when, by whom and why. */
const TOLD_DELETIONS = 20;

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

/** What an auditor does who has no recordings of their own to look into. */
const WITH_KEY = 'With an audit key an auditor looks into everybody’s: give its file as --key FILE.';
const isNotPermitted = (error: unknown): error is Refusal => error instanceof Refusal && error.code === 'not-permitted';

interface ListOptions extends PersonOptions {
  readonly json?: boolean;
  readonly recover?: boolean;
  readonly as?: string;
  readonly since?: number;
  readonly until?: number;
  readonly state?: RecordingStateWord | ReviewState;
  readonly reason?: Reason;
  readonly ticket?: string;
  readonly text?: string;
  readonly key?: string;
}

/**
 * The rows that were asked for. With a passphrase each has a name where its person may see that, and the program of what their key opens.
 * @param identity who gave it.
 */
async function chosen(site: OpenInstallation, all: readonly ListedRecording[], options: ListOptions, identity: OpenIdentity | undefined): Promise<Named[]> {
  const { since, until, state, reason } = options;
  const facts = await factsOf(site);
  const nameOf = identity && namesFor(site.home, facts, identity.person.id);
  const byId = new Map(all.map((one) => [one.id, one]));
  // A name that its asker may not see finds nothing, and an id is public.
  const person = options.recover ? undefined : options.person;
  const rows = filterRows(
    all.map((one) => rowOf(one, nameOf?.(one.person) ?? null)),
    { since, until, person, state, reason },
  );
  if (!identity) return rows.map(({ id }) => byId.get(id)!);
  const named: Named[] = [];
  for (const { id, name } of rows) {
    const one = byId.get(id)!;
    const begun: Begun = one.person === identity.person.id ? await begunAs(join(site.home.recordings, id), identity) : { program: null, ticket: null };
    named.push({ ...one, name, ...begun });
  }
  return named;
}

/** Oldest first. Ids have the second only, and one without a start (a damaged header) has its id's. */
const byStart = (a: ListedRecording, b: ListedRecording): number => {
  const [one, other] = [a.start, b.start];
  if (one === '' || other === '' || one === other) return a.id < b.id ? -1 : 1;
  return one < other ? -1 : 1;
};

const stateText = ({ imported, recovered, state }: ListedRecording): string => {
  if (imported !== null) return `${state}, imported (${imported}), not witnessed`;
  return recovered ? 'interrupted, recovered' : state === 'live' ? 'live, its length until the last output' : state;
};

async function print(rows: readonly Named[], empty: string, named: boolean, options: ListOptions, io: CliIo): Promise<void> {
  if (options.json) return io.out(jsonText(rows));
  if (rows.length === 0) return io.talk(empty);
  const cells = rows.map((r) => [
    r.id,
    r.name ?? (r.person || '-'),
    r.start || '-',
    lengthText(r.lengthMs),
    String(r.size),
    stateText(r),
    r.reason ?? '-',
    r.review ? `${reviewWords[r.review.state]}, ${r.review.by}` : '-',
    ...(named ? [r.ticket ?? '-', r.program ?? '-'] : []),
  ]);
  return io.out(columns([['ID', 'PERSON', 'START', 'LENGTH', 'SIZE', 'STATE', 'REASON', 'REVIEW', ...(named ? ['TICKET', 'PROGRAM'] : [])], ...cells]));
}

/** What the ledger says against what is there: sentences. @returns the exit status of it */
async function tellLedger(
  site: OpenInstallation,
  view: LedgerView | undefined,
  known: ReadonlyMap<string, RecordingState>,
  recordings: readonly ListedRecording[],
  io: CliIo,
): Promise<number> {
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
  for (const id of strange) io.talk(`Recording ${id} is not in the ledger.`);
  const found = [
    [!view, exit.badLedger],
    [contradictions > 0, exit.contradiction],
    [gone.length > 0, exit.missingRecording],
    [strange.length > 0, exit.unknownRecording],
  ] as const;
  return found.find(([is]) => is)?.[1] ?? exit.done;
}

export const list: CliCommand = {
  name: 'list',
  needs: {
    list: 'evidence.read',
    '--recover': 'recording.recover',
    '--text': 'recording.replay.own',
    '--ticket': 'recording.replay.own',
    '--key --text': 'recording.replay.key',
    '--key --ticket': 'recording.replay.key',
  },
  summary: 'Lists recordings: id, person, start, length, size, state, reason, review; finds text in them.',
  description:
    'States: complete, live, interrupted (its writer died; what was whole is kept); with --state also contradicts (not what the ledger signed for) and unknown (not in the ledger). The app closes interrupted recordings when it starts, with what was signed for before; --recover does it now. What lies behind that is kept and not proven. With --recover and --person or --passphrase-fd your key opens it, and what only the recorder, you or an audit key can have written is signed for.\nBeside it stands why its session was opened, where that was asked, and what an auditor said of it last (wardmux review): to-review, in-review, fine, flagged, which --state takes too.\nWhat was imported is called so: who brought it stands as its person, when it was brought as its start, and its length is that of the file.\nA list needs no key. With --passphrase-fd, or --as, it has names for people who may see them, and program and ticket of what your key opens. --ticket takes those that were begun, or gone on with at an unlock, for such a ticket: tickets are sealed, so they are looked through with your key, and that you looked is entered.\n--text finds what was shown, in every recording that is chosen and sealed to you: also what was wrapped, overwritten or erased. Each hit has its time and a line of context; that you looked, and where, is entered in the ledger first. An auditor gives an audit key (--key): both look through everybody’s then.\nWhat is there is compared with the ledger at a glance: segments, headers, numbers of records. All content is compared by: wardmux ledger verify --deep',
  examples: [
    ['wardmux list', 'a table, oldest first'],
    ['wardmux list --json | jq -r ".[].id"', 'for scripts'],
    ['wardmux list --since 2026-11-01 --state interrupted', 'only these'],
    ['wardmux list --state flagged', 'those that an auditor has flagged'],
    ['wardmux list --ticket INC0012345 --passphrase-fd 3 3< FILE', 'what was recorded for that ticket'],
    ['wardmux list --text "connection reset" --passphrase-fd 3 3< FILE', 'where it was shown, newest recording first'],
    ['wardmux list --text "connection reset" --key audit-key.json', 'the same in everybody’s, with an audit key; --as adds names'],
    ['wardmux list --recover', 'closes interrupted recordings, without a key'],
    ['wardmux list --recover --passphrase-fd 3 3< FILE', 'has signed for what your key opens behind the last signed head'],
  ],
  declare: (command, io, done) => {
    personOptions(command)
      .option('--as <ID>', 'who you are, by id or name, where several people share this installation')
      .addOption(new Option('--since <DAY>', 'only those that began on this day (UTC) or later, or at this moment').argParser(beginning))
      .addOption(new Option('--until <DAY>', 'only those that began on this day (UTC) or earlier, or at this moment').argParser(moment))
      .addOption(new Option('--state <STATE>', 'only those of this state').choices([...recordingStates, ...reviewStates]))
      .addOption(new Option('--reason <REASON>', 'only those whose session was opened for this').choices(reasons.filter((reason) => reason !== 'none')))
      .option('--ticket <TICKET>', 'only those that were recorded for a ticket with this in it, in any case of letters')
      .option('--text <WORDS>', 'find where this was shown, in any case of letters')
      .option('--key <FILE>', 'with --text or --ticket: look into what is sealed to this audit key')
      .option('--json', 'print an array of recordings; with --text of hits')
      .addOption(
        new Option('--recover', 'first recover interrupted recordings; torn bytes are moved aside, never deleted').conflicts(['text', 'as', 'ticket', 'key']),
      )
      .action(async (options: ListOptions) => {
        const { recover: recovers, text, ticket, key } = options;
        if (key !== undefined && text === undefined && ticket === undefined)
          throw new CliError('usage', 'An audit key (--key) opens what is looked into: give it with --text or --ticket.');
        for (const [name, words] of Object.entries({ text, ticket }))
          if (words?.trim() === '') throw new CliError('usage', `Give --${name} something to look for.`);
        const site = await openInstallation(io);
        if (site.identity.state !== 'pinned' && site.installation.secretStore !== 'file')
          io.talk(`note: ${identitySentence(site.identity, site.installation.secretStore)}`);
        const status = recovers ? await recover(site, options, io) : exit.done;
        const { passphraseFd, as } = options;
        const asks = !recovers && ((key === undefined && (text !== undefined || ticket !== undefined)) || as !== undefined || passphraseFd !== undefined);
        const identity = asks
          ? await unlockPerson(site, { ...(as === undefined ? {} : { person: as }), ...(passphraseFd === undefined ? {} : { passphraseFd }) }, io).catch(
              (error: unknown) => {
                throw key === undefined && isNotPermitted(error) ? new Refusal('not-permitted', `${error.message} ${WITH_KEY}`, { cause: error }) : error;
              },
            )
          : undefined;
        const view = await openView(site, io);
        try {
          const opener = key === undefined ? identity : await AuditKeyOpener.fromFile(key);
          const looking = opener && { identity, opener };
          // The ledger first: a recording that is being written is never behind it.
          const known = new Map((await view?.recordings()) ?? []);
          const recordings = await listRecordings(site.home.recordings, known);
          const listed = await chosen(site, recordings.toSorted(byStart), options, identity);
          // What was deleted, and came back out of a copy, nobody looks into.
          const there = (some: readonly Named[]): readonly Named[] => some.filter(({ id }) => !known.get(id)?.deleted);
          const { rows, status: read } =
            ticket !== undefined && looking ? await forTicket(site, there(listed), ticket, looking, io) : { rows: listed, status: exit.done };
          const none =
            recordings.length === 0 ? 'There are no recordings yet. Make one: wardmux record -- bash' : `None of ${recordings.length} recordings is like that.`;
          const searched =
            text !== undefined && looking
              ? await search(site, there(rows), text, looking, options, io)
              : await print(rows, none, looking !== undefined, options, io);
          const told = await tellLedger(site, view, known, recordings, io);
          done([status, read, searched ?? exit.done, told].find((one) => one !== exit.done) ?? exit.done);
        } finally {
          identity?.destroy();
          view?.close();
        }
      });
  },
};
