/**
 * A store to look back in: an installation with very many recordings over two months, of eight people, with what an auditor is to find planted in it.
 *
 *   node test/bench/store.ts FOLDER [--recordings 10000] [--days 60]
 *
 * FOLDER must not exist. In it: `home`, a data folder for WARDMUX_HOME whose secrets are in files; `audit.json`, the private audit key; `words/NAME`, the
 * passphrase of each person; and `planted.json`, what is planted where. The same numbers give the same text; keys and ids are others each time.
 *
 * The clock of this process is set back for it, so that ledger and recordings agree on when everything was.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { noticeEntry } from '../../src/ledger/index.ts';
import type { AuditEntry } from '../../src/ledger/events.ts';
import type { OpenIdentity } from '../../src/people/identity.ts';
import { createPerson } from '../../src/people/person.ts';
import type { Person } from '../../src/people/types.ts';
import { policyInForce } from '../../src/policy/index.ts';
import { OPERATOR, ticketMark } from '../../src/recording/access.ts';
import { recordingOptions, type RecordingClock } from '../../src/recording/options.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { enrol } from '../../src/services/people/people.ts';
import { reviewRecording } from '../../src/services/recordings/review.ts';
import { recipientsOf, recordingRules } from '../../src/services/recordings/start.ts';
import { DAY_MS } from '../../src/types/units.ts';
import type { GivenReasonWord, Role } from '../../src/types/words.ts';
import { version } from '../../src/version.ts';
import { corpusOf, ordinary } from '../redaction-corpus/index.ts';
import { Chance } from '../redaction-corpus/random.ts';
import { firstHome, firstWords } from '../support/first-home.ts';

const COLS = 120;
const ROWS = 40;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { recordings: { type: 'string', default: '10000' }, days: { type: 'string', default: '60' } },
});
const [count, days] = [Number(values.recordings), Number(values.days)];
if (positionals.length !== 1 || !(count >= 100) || !(days >= 10)) {
  console.error('usage: node test/bench/store.ts FOLDER [--recordings 10000] [--days 60], of 100 and 10 or more');
  process.exit(2);
}
const folder = resolve(positionals[0]!);
mkdirSync(folder, { mode: 0o700 });
mkdirSync(join(folder, 'words'), { mode: 0o700 });

/** Milliseconds since 1970, as everything in this process has it. */
const clock = { ms: Date.now() - (days + 1) * DAY_MS };
const step = DAY_MS / Math.ceil(count / days);
const RealDate = globalThis.Date;
globalThis.Date = class extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(clock.ms);
    else super(...(given as [number]));
  }

  static override now(): number {
    return clock.ms;
  }
} as DateConstructor;

type Name = 'patient' | 'password' | 'wrapped' | 'addressed' | 'erased' | 'ticket' | 'laterTicket' | 'flagged' | 'interrupted';
/** What is planted: in how many recordings, of whom, and how it is to be found. */
interface Planted {
  readonly what: string;
  readonly look: string;
  readonly recordings: { readonly id: string; readonly person: string; readonly start: string }[];
}
const planted: Readonly<Record<Name, Planted>> = {
  patient: { what: 'a patient’s number and name in a line', look: '--text "whitfield, rosa"', recordings: [] },
  password: { what: 'a password in a command line', look: '--text "hunter2-kestrel"', recordings: [] },
  wrapped: { what: 'a word over the edge of the screen', look: '--text "purple-heron-71"', recordings: [] },
  addressed: { what: 'a sentence put together by moving the cursor', look: '--text "queue held for bed 12"', recordings: [] },
  erased: { what: 'a line that was erased at once', look: '--text "token-of-the-erased-line"', recordings: [] },
  ticket: { what: 'recorded for a ticket from its beginning on', look: '--ticket INC0012345', recordings: [] },
  laterTicket: { what: 'gone on with for a ticket at an unlock', look: '--ticket INC0099999', recordings: [] },
  flagged: { what: 'flagged by the auditor', look: '--state flagged', recordings: [] },
  interrupted: { what: 'its recorder died', look: '--state interrupted', recordings: [] },
};

const ESC = '\x1b';
/** Text of what is planted, by its name; nothing of the others. */
const shown: Partial<Record<Name, string>> = {
  patient:
    'ops@if-icu-01:~$ psql ehr -c "select name, mrn, ssn from patient limit 1"\r\n name            | mrn      | ssn\r\n-----------------+----------+-------------\r\n WHITFIELD, ROSA | 00482913 | 219-09-9431\r\n(1 row)\r\n\r\n',
  password: 'ops@if-icu-01:~$ mysql -u feed --password=Hunter2-Kestrel-42 -e "show processlist"\r\nEmpty set (0.00 sec)\r\n',
  wrapped: `ops@if-icu-01:~$ echo ${'.'.repeat(COLS - 30)}purple-heron-71${'.'.repeat(20)}\r\n`,
  addressed: `${ESC}[?1049h${ESC}[2J${ESC}[5;10Hqueue${ESC}[5;27H12${ESC}[5;16Hheld${ESC}[5;21Hfor${ESC}[5;25Hb${ESC}[5;25H${ESC}[1mbed 12${ESC}[0m${ESC}[40;1H${ESC}[?1049l`,
  erased: `token-of-the-erased-line${ESC}[2K\r`,
};

/** A session of somebody’s: prompts, what commands print, a full screen now and then, a page of a hospital's system. */
function* sessionText(n: number): Generator<string> {
  const chance = new Chance(n + 1);
  const lines = ordinary(n + 1, chance.from(40, 160)).split('\n');
  const commands = ['journalctl -u hl7d -n 40', 'kubectl get pods -A', 'git log -3', 'apt list --upgradable', 'ls -la /srv/feeds', 'ss -tnp', 'top -b -n1'];
  for (let at = 0; at < lines.length;) {
    const some = chance.from(5, 40);
    yield `ops@if-icu-01:~$ ${chance.pick(commands)}\r\n`;
    yield lines
      .slice(at, at + some)
      .map((line) => `${line}\r\n`)
      .join('');
    at += some;
  }
  if (n % 10 === 3)
    for (let frame = 0; frame < 5; frame++)
      yield `${ESC}[?1049h${ESC}[H${Array.from({ length: ROWS - 2 }, (_, i) => `${ESC}[${i + 1};1H${ESC}[3${i % 8}m${n + frame + i} process with some text in its row${ESC}[K`).join('')}${ESC}[0m${ESC}[?1049l`;
  if (n % 20 === 7) yield corpusOf(n, 1).map(({ text }) => text.replaceAll('\n', '\r\n'))[0]!;
}

const made = await firstHome(folder);
writeFileSync(join(folder, 'words', 'Ada Example'), `${firstWords}\n`, { mode: 0o600 });
const { ledger } = await openLedger(made.home, made.installation);
const people: Person[] = [];
let auditor: OpenIdentity | undefined;
const team: readonly (readonly [string, Role])[] = [
  ['Grace Hollis', 'auditor'],
  ...['Jo Varga', 'Samir Patel', 'Lena Fischer', 'Tom Okafor', 'Mira Chen', 'Nils Berg'].map((name) => [name, 'operator'] as const),
];
for (const [name, role] of team) {
  const words = `${name.toLowerCase()} violin harbour gravel sunset`;
  clock.ms += 60_000;
  const { record, identity } = await createPerson({
    name,
    passphrase: Buffer.from(words),
    now: new Date().toISOString(),
    roles: [],
    kdf: newScryptParameters(),
  });
  await enrol({ home: made.home, installation: made.installation, ledger, admin: deciderOf(made.identity) }, record, [role]);
  writeFileSync(join(folder, 'words', name), `${words}\n`, { mode: 0o600 });
  if (role === 'auditor') auditor = identity;
  else {
    people.push(identity.person);
    identity.destroy();
  }
}
const policy = policyInForce(made.home, ledger.facts);
const rules = recordingRules(policy);
clock.ms += DAY_MS / 2;
const begun = clock.ms;

/** Which recordings have which: spread, and never two in one that could be taken for each other. */
const places: readonly (readonly [Name, (n: number) => boolean])[] = [
  ['patient', (n) => [0.21, 0.5, 0.87].some((share) => n === Math.floor(count * share))],
  ['password', (n) => n === Math.floor(count * 0.37) + 1],
  ['wrapped', (n) => n === Math.floor(count * 0.62) + 2],
  ['addressed', (n) => n === Math.floor(count * 0.74) + 3],
  ['erased', (n) => n === Math.floor(count * 0.11) + 4],
  ['ticket', (n) => n % Math.ceil(count / 7) === 5],
  ['laterTicket', (n) => n === Math.floor(count * 0.44) + 6],
  ['flagged', (n) => n === Math.floor(count * 0.5)],
  ['interrupted', (n) => n % 97 === 50],
];
const reasonsGiven: readonly GivenReasonWord[] = ['maintenance', 'system-down', 'treatment'];

let waiting: AuditEntry[] = [];
let outputBytes = 0;
const enter = async (): Promise<void> => {
  await Promise.all(waiting.splice(0).map((entry) => ledger.append(entry)));
};
for (let n = 0; n < count; n++) {
  clock.ms = begun + Math.round(n * step);
  const has = new Set(places.filter(([, is]) => is(n)).map(([name]) => name));
  const person = people[n % people.length]!;
  const opened = {
    ...OPERATOR,
    reason: has.has('ticket') ? ('maintenance' as const) : n % 3 === 0 ? reasonsGiven[n % reasonsGiven.length]! : ('none' as const),
  };
  const at = { ns: 1_000_000_000n };
  const own: RecordingClock = { monoNs: () => at.ns, wallMs: () => clock.ms };
  const writer = await RecordingWriter.create({
    ...recordingOptions({
      place: { recordingsFolder: made.home.recordings, installation: made.installation.id, version },
      rules,
      owner: { person: person.id, recipients: recipientsOf(person, policy) },
      opened,
      ...(n % 4 === 0 ? { sessionClass: n % 8 === 0 ? 'clinical' : 'admin' } : {}),
      start: { command: n % 5 === 0 ? ['ssh', `ops@if-icu-0${1 + (n % 4)}`] : ['bash'], cwd: '/srv/feeds', cols: COLS, rows: ROWS, term: 'xterm-256color' },
      notice: (notice) => void waiting.push(noticeEntry(notice)),
    }),
    clock: own,
  });
  const wait = (ms: number): void => {
    at.ns += BigInt(ms) * 1_000_000n;
    clock.ms += ms;
  };
  const say = (text: string): void => {
    wait(700);
    const bytes = Buffer.from(text);
    outputBytes += bytes.length;
    writer.output(bytes);
    writer.flush();
  };
  if (has.has('ticket')) writer.event('m', ticketMark('INC0012345'));
  let part = 0;
  for (const text of sessionText(n)) {
    say(text);
    if (part++ !== 1) continue;
    for (const name of has) if (shown[name] !== undefined) say(shown[name]);
    if (has.has('laterTicket')) writer.event('m', ticketMark('INC0099999'));
  }
  const start = new Date(begun + Math.round(n * step)).toISOString();
  for (const name of has) planted[name].recordings.push({ id: writer.id, person: person.name, start });
  if (has.has('interrupted')) {
    await writer.sync();
    waiting.push(noticeEntry({ kind: 'heads', heads: [{ recording: writer.id, head: writer.head() }] }));
  } else await writer.end('exit', { code: n % 11 === 0 ? 1 : 0, signal: 0 });
  await enter();
  if (has.has('flagged')) {
    const { certify } = deciderOf(auditor!);
    const by = auditor!.person.id;
    await reviewRecording({ ledger, by, certify: (request) => certify(ledger.installation, by, request) }, writer.id, 'flagged');
  }
  if (n % 500 === 499) console.error(`${n + 1} of ${count}, ${(outputBytes / 1e6).toFixed(0)} MB of output`);
}
auditor?.destroy();
made.identity.destroy();
await ledger.close();
writeFileSync(join(folder, 'planted.json'), `${JSON.stringify(planted, null, 2)}\n`);
console.error(`${count} recordings, ${(outputBytes / 1e6).toFixed(1)} MB of output, in ${folder}: WARDMUX_HOME=${made.home.folder}`);
// Those that were cut off are held by this process until it ends.
process.exit(0);
