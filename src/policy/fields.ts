/**
 * What each field of policy.json is for, and which way of changing it is weaker: one row a field, and nobody else judges a
 * change. Descriptions of the schema, the marks of `wardmux policy diff`, and the page docs/policy.md come from here.
 */
import type { AnchorRow } from '../anchors/kinds.ts';
import type { SessionClass } from './types.ts';
import { policyDirections, policyFieldNames, type PolicyDirection, type PolicyFieldName } from '../types/words.ts';

/** What is weaker: a larger or a smaller number, what stands later in a list of words, or adding, removing or changing what is no number. */
type Weaker = 'larger' | 'smaller' | { readonly order: readonly unknown[] } | Readonly<Record<'added' | 'removed' | 'changed', PolicyDirection>>;

interface FieldRow {
  readonly help: string;
  readonly weaker: Weaker;
  /** What holds where the field is left out. */
  readonly absent?: unknown;
}

const neither = { added: 'neither', removed: 'neither', changed: 'neither' } as const;
/** Words for people who use it: that they were changed is no weakening, that they are gone is one. */
const words = { added: 'stronger', removed: 'weaker', changed: 'neither' } as const;

export const policyFields: Readonly<Record<PolicyFieldName, FieldRow>> = {
  $schema: { help: 'Where an editor finds the JSON Schema of this file. It decides nothing.', weaker: neither },
  format: { help: 'What this file is.', weaker: neither },
  version: { help: 'The version of this format. How often the policy was changed is counted in the ledger.', weaker: neither },
  'workstation.name': { help: 'The name of the workstation, as people know it. It stands on the lock page.', weaker: neither },
  'workstation.class': {
    help: 'What kind of place the workstation stands in. A preset of its class has the times that fit it; wardmux policy check tells where a file is weaker than that.',
    // As their times until the lock, shortest first.
    weaker: { order: ['shared-clinical', 'nursing', 'remote', 'it-office'] },
  },
  'workstation.help': {
    help: 'Whom somebody asks who cannot get in: a number or a place, one line of 200 characters at most. It stands at the lock, behind “I cannot get in”, for everybody alike.',
    weaker: neither,
  },
  'workstation.banner': { help: 'A line for everybody who sees the lock page. Nobody accepts it; see consent.', weaker: words },
  classes: {
    help: 'Classes of sessions: what each is called and looks like, where its text may go, and how its shells are kept to themselves. Where it is left out there are clinical and general, between which nothing goes, without a sandbox. Of a class, text that may go further, and a variable or a sandbox less, is weaker; the other way round is stronger. Another class, another label or look of one, and another first one are weaker.',
    weaker: { added: 'neither', removed: 'neither', changed: 'weaker' },
  },
  'consent.version': {
    help: 'The number of the text. Whoever has accepted another number, or another text, is asked again.',
    weaker: words,
  },
  'consent.text': {
    help: 'The text that each person accepts before their first pane. That they did is an event with the SHA-256 of the text.',
    weaker: words,
  },
  'lock.idleSeconds': { help: 'Seconds without a key, a click or a touch until the lock.', weaker: 'larger' },
  'lock.warnSeconds': { help: 'Seconds of warning before it.', weaker: neither },
  'lock.maxHours': {
    help: 'Hours after an unlock until its person is logged off, whatever is typed, unless they have locked and unlocked meanwhile. 24 where it is left out.',
    weaker: 'larger',
    absent: 24,
  },
  'lock.logoffMinutes': { help: 'Minutes after a lock until whoever was in is logged off. 60 where it is left out.', weaker: 'larger', absent: 60 },
  'lock.parkMinutes': {
    help: 'Minutes until somebody is logged off whose shells run on while somebody else has come in. 60 where it is left out.',
    weaker: 'larger',
    absent: 60,
  },
  'lock.holdShells': {
    help: 'Whether shells run on, recorded and seen by nobody, when their person is logged off. False where it is left out: they are ended.',
    weaker: { order: [false, true] },
    absent: false,
  },
  'lock.takeOver': {
    help: 'Whether whoever comes in logs off everybody else. False where it is left out: their shells run on, parked.',
    // One keeps nobody waiting, the other ends nobody’s work.
    weaker: neither,
    absent: false,
  },
  'lock.listParked': {
    help: 'Whether the lock page lists whose shells run on, with masked names and since when. False where it is left out: it says how many.',
    weaker: { order: [false, true] },
    absent: false,
  },
  'lock.clearClipboard': { help: 'Whether a lock empties the clipboard. True where it is left out.', weaker: { order: [true, false] }, absent: true },
  'unlock.factors': {
    help: 'How many factors whoever comes in shows. 1 where it is left out: a passphrase does. With 2 it takes a passkey, which asks its owner, or the passphrase together with a key that is touched. Whoever has no second factor yet comes in with the passphrase once more, and can do nothing but enrol one. An emergency (break-glass) takes one.',
    weaker: 'smaller',
    absent: 1,
  },
  'unlock.commands': {
    help: 'Whether the passphrase alone does at a terminal and in a command where two factors are asked for. False where it is left out: what opens recordings, shells or key slots is refused there. Commands that decide about people, the policy or evidence always take the passphrase: there is no other way to give them.',
    weaker: { order: [false, true] },
    absent: false,
  },
  'unlock.storedPasskeys': {
    help: 'Whether a passkey that holds no key itself (no PRF) may open: half of the key lies in the secret store of the account, the other half is what the passkey was given to keep. Weaker: neither was made to be a secret. False where it is left out: none is added, and one that is there opens nothing.',
    weaker: { order: [false, true] },
    absent: false,
  },
  'reason.ask': {
    help: 'When somebody says why, by a word of a list: unlock, whenever they have come in; session, when their session begins, and after it has ended again. Ledger, recordings and bundles have the word. Left out: nobody is asked.',
    weaker: { order: ['unlock', 'session', undefined] },
  },
  'reason.ticket': {
    help: 'The shape of a ticket that they give with it: # a digit, @ a letter, * at the end letters and digits, everything else itself; INC####### for example. It is sealed in the recordings of their session. Left out: none is asked for.',
    weaker: { added: 'stronger', removed: 'weaker', changed: 'neither' },
  },
  'revocation.file': {
    help: 'Where the signed list of who and what is revoked lies, an absolute path. Nobody comes in but by break-glass where no list stands.',
    weaker: { added: 'stronger', removed: 'weaker', changed: 'weaker' },
  },
  'revocation.keys': {
    help: 'Public SSH keys (Ed25519, or ECDSA on P-256) of those who may sign it, each as TYPE BASE64 without a comment. A second one that lies elsewhere keeps the loss of the first from closing this workstation.',
    // One more can let somebody back in; one less can be nobody who signs.
    weaker: { added: 'weaker', removed: 'weaker', changed: 'weaker' },
  },
  'revocation.maxAgeHours': {
    help: 'Hours after its issue from which on the list is too old. 72 fit most sites, 168 a ship or a place without a network for days.',
    weaker: 'larger',
    absent: Infinity,
  },
  'hosts.newKeys': {
    help: 'What becomes of a host whose key nobody has pinned: ask, whoever opens it sees its fingerprint and takes it or not; refuse, it is not opened. ask where it is left out. A key that differs from the pinned one is refused in any case.',
    weaker: { order: ['refuse', 'ask'] },
    absent: 'ask',
  },
  'hosts.passwords': {
    help: 'Whether a host may ask for a password. False where it is left out: only keys and security keys.',
    weaker: { order: [false, true] },
    absent: false,
  },
  'hosts.ciphers': {
    help: 'The ciphers that ssh may agree to, as ssh -Q cipher names them. Left out: its own choice. One that the installed ssh does not know opens nothing.',
    weaker: { added: 'weaker', removed: 'weaker', changed: 'weaker' },
  },
  'hosts.kexAlgorithms': {
    help: 'The ways in which ssh may agree on a key, as ssh -Q kex names them. Left out: its own choice.',
    weaker: { added: 'weaker', removed: 'weaker', changed: 'weaker' },
  },
  'hosts.macs': {
    help: 'The MACs that ssh may agree to, as ssh -Q mac names them. Left out: its own choice.',
    weaker: { added: 'weaker', removed: 'weaker', changed: 'weaker' },
  },
  'hosts.classes': {
    help: 'Of which class the panes of a host are, by its name or a pattern of names; the first row that fits. Of one that no row fits, the class in front.',
    // What a person takes a session for.
    weaker: { added: 'neither', removed: 'weaker', changed: 'weaker' },
  },
  'recording.input': { help: 'Keys are never recorded: what is typed where nothing is echoed would be in it.', weaker: neither },
  'recording.rotateMinutes': { help: 'Minutes after which a recording begins another segment.', weaker: neither },
  'recording.rotateMebibytes': { help: 'MiB after which a recording begins another segment.', weaker: neither },
  'recording.reserveMebibytes': {
    help: 'MiB of the disk that are kept free: no pane opens where less is free, and a flooding program waits.',
    weaker: 'smaller',
  },
  'recording.maskOwnReplays': {
    help: 'Whether one’s own recordings are shown in the window with what the recognisers know covered, until one asks otherwise, which is entered. Those of somebody else always are. False where it is left out.',
    weaker: { order: [true, false] },
    absent: false,
  },
  'retention.contentDays': {
    help: 'Days after its beginning from which on a recording may be deleted by one who may (wardmux retention run). Nothing is deleted by itself, and nothing that is under a hold. The ledger is kept for ever. Left out: recordings are kept for ever too.',
    // What is gone sooner is evidence that is gone.
    weaker: 'smaller',
    absent: Infinity,
  },
  auditKeys: {
    help: 'Who can open every recording that begins under this policy, beside its owner.',
    // One more can read everything, or one who audits can read no more: both are for somebody to think about.
    weaker: { added: 'weaker', removed: 'weaker', changed: 'neither' },
  },
  network: {
    help: 'Hosts, with or without a port, that the app may reach: anchors and sinks. Empty: none.',
    weaker: { added: 'weaker', removed: 'stronger', changed: 'weaker' },
  },
  anchors: {
    help: 'Where heads of the ledger are kept outside of this workstation. Of one that stays, a larger everySeconds is weaker, a smaller one stronger, and every other difference weaker.',
    // Heads that go elsewhere do not go where somebody looks for them.
    weaker: { added: 'stronger', removed: 'weaker', changed: 'weaker' },
  },
  sinks: {
    help: 'Where events of the ledger go as they are entered, and its alerts (mail, webhook): servers that network has to allow. Ids of people and no names, nothing of a session. Left out: nowhere.',
    // Events that go elsewhere do not go where somebody looks for them, and one more place has who was where, when.
    weaker: { added: 'weaker', removed: 'weaker', changed: 'weaker' },
  },
};

/** Of an anchor that stays: what differs in it is for somebody to think about. */
const anything = { added: 'weaker', removed: 'weaker', changed: 'weaker' } as const;
type AnchorField = AnchorRow extends infer Row ? (Row extends unknown ? keyof Row : never) : never;

/** Which way a field goes of an anchor that was there and stays. One that comes or goes as a whole goes by the row `anchors`. */
export const anchorFields: Readonly<Record<AnchorField, Weaker>> = {
  name: anything,
  kind: anything,
  folder: anything,
  host: anything,
  port: anything,
  ca: anything,
  fingerprint: anything,
  certificate: anything,
  key: anything,
  url: anything,
  tlsCa: anything,
  // Between two heads the end of the ledger can be cut, and nobody sees it.
  everySeconds: 'larger',
};

/** Of a class that comes, too: each has a look. */
const taken = { added: 'weaker', removed: 'neither', changed: 'weaker' } as const;
type ClassField = Exclude<keyof SessionClass, 'sandbox'> | 'sandbox.kind' | 'sandbox.network';

/** Which way a field of a class goes, by its path in the row; each word of a list is one. A class that comes or goes as a whole is what its fields are. */
const classFields: Readonly<Record<ClassField, Weaker>> = {
  name: neither,
  // What a person takes a session for, and where they are without having chosen: another class, without a sandbox, may stand there under the same word.
  label: taken,
  look: taken,
  first: taken,
  to: { added: 'weaker', removed: 'stronger', changed: 'weaker' },
  withhold: words,
  'sandbox.kind': words,
  // Without a sandbox there is the network, and everything else.
  'sandbox.network': { order: [false, true, undefined] },
};

/** The description of a field, for the schema. */
export const helpOf = (field: PolicyFieldName): string => policyFields[field].help;

/** Whether a value is none: an empty text or list says nothing. */
const isNothing = (value: unknown): boolean => value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** Which way a change goes. @param before, after undefined where there is nothing. */
export function directionOf(field: PolicyFieldName, before: unknown, after: unknown): PolicyDirection {
  const { weaker, absent } = policyFields[field];
  const [was, is] = [before, after].map((value) => (isNothing(value) ? absent : value));
  return goes(weaker, was, is);
}

/** Which way a change goes in an anchor that stays. @param before, after with what its kind has where it was left out. */
export const anchorDirection = (field: string, before: unknown, after: unknown): PolicyDirection =>
  goes(Object.hasOwn(anchorFields, field) ? anchorFields[field as AnchorField] : anything, before, after);

/** Which way a change goes in a class. @param field path in its row */
export function classDirection(field: string, before: unknown, after: unknown): PolicyDirection {
  const known = Object.keys(classFields).find((each) => field === each || field.startsWith(`${each}.`)) as ClassField | undefined;
  const [was, is] = [before, after].map((value) => (isNothing(value) ? undefined : value));
  return goes(known === undefined ? anything : classFields[known], was, is);
}

function goes(weaker: Weaker, was: unknown, is: unknown): PolicyDirection {
  if (was === is) return 'neither';
  if (weaker === 'larger' || weaker === 'smaller') return Number(is) > Number(was) === (weaker === 'larger') ? 'weaker' : 'stronger';
  if ('order' in weaker) return weaker.order.indexOf(is) > weaker.order.indexOf(was) ? 'weaker' : 'stronger';
  return weaker[was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'];
}

/** The field that a path is in: `anchors.share.folder` is in `anchors`. @throws Error for what no row has. */
export function fieldOf(path: string): PolicyFieldName {
  const found = policyFieldNames.find((name) => path === name || path.startsWith(`${name}.`));
  if (!found) throw new Error(`no row of the policy's fields has ${path}`);
  return found;
}

/** The worst of several. */
export const worstDirection = (directions: readonly PolicyDirection[]): PolicyDirection =>
  policyDirections.find((each) => directions.includes(each)) ?? 'neither';

/** What is weaker in words, for the page. */
export function weakerText(field: PolicyFieldName): string {
  const { weaker } = policyFields[field];
  if (typeof weaker === 'string') return `a ${weaker} number`;
  if ('order' in weaker) return `later in: ${weaker.order.join(', ')}`;
  const ways = (['added', 'removed', 'changed'] as const).filter((way) => weaker[way] === 'weaker');
  return ways.join(' or ') || 'nothing';
}
