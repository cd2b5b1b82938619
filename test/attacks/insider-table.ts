/** What an insider could make of a recording, one row each; both verifiers must give the code. */
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { ledgerOrigin, noteKey } from '../../src/ledger/note.ts';
import { INSTALLATION, PERSON, RECORDING } from '../vectors/example.ts';
import { otherEcdsa, smallOrderSignature, thumbprintOf } from '../vectors/second-writer.ts';
import {
  agreedTo,
  certifiedKeys,
  cut,
  detail,
  empty,
  end,
  event,
  fill,
  frameOf,
  header,
  line,
  nextCharacter,
  offTheCurve,
  ofOther,
  patch,
  piecesOf,
  recipients,
  recount,
  recovered,
  reorder,
  replacing,
  signedBy,
  spare,
  stranger,
  trustFromTheFirst,
  trustOfTwo,
  turnHeads,
  unknownHeads,
  withBuffers,
  withOrder,
  without,
  type InsiderRow,
} from './changes.ts';
import { headerFor, sshSignature, type ForgedEvent, type Forgery, type InsiderKeys } from './forge.ts';
import { reboundTableFor } from './rebound-table.ts';
import { rulesTableFor } from './rules-table.ts';

/** Both segments and the ledger say that it was opened so. */
function openedAs(f: Forgery, how: Readonly<Record<string, string>>): void {
  for (const segment of [0, 1]) header(f, segment, (value) => Object.assign(value, how));
  Object.assign(detail(f, 'recording.start'), how);
}

export const insiderTableFor = (keys: InsiderKeys): readonly InsiderRow[] => [
  [
    'nothing',
    'good',
    () => undefined,
    undefined,
    {
      recording: RECORDING,
      installation: INSTALLATION,
      person: PERSON,
      exportedBy: PERSON,
      access: { role: 'operator', class: 'nursing', reason: 'none', breakGlass: null },
      state: 'complete',
      records: 18,
      proven: 18,
      unproven: 0,
      signedAfterCrash: 0,
      recoveredBy: [],
      damaged: 0,
      outputBytes: 90,
      disclosed: 19,
      withheld: 1,
      withheldOutputBytes: 0,
      policyReplaced: false,
      sealedToOwner: true,
      ownVerifier: true,
      ownGuide: true,
      ownSigners: true,
      replacedKey: false,
      unknownAlgorithms: [],
    },
  ],

  ['a header with an unknown field', 'bad-header', (f) => header(f, 0, (value) => (value['note'] = 'x'))],
  ['a header without recipients', 'bad-header', (f) => header(f, 0, (value) => (value['recipients'] = []))],
  ['a header with an unknown role of a recipient', 'bad-header', (f) => header(f, 0, (value) => (recipients(value)[0]!['role'] = 'friend'))],
  ['a header with two owners', 'bad-header', (f) => header(f, 0, (value) => (recipients(value)[1]!['role'] = 'owner'))],
  ['a header with a recipient twice', 'bad-header', (f) => header(f, 0, (value) => recipients(value).push(recipients(value)[1]!))],
  ['a header whose start is no time', 'bad-header', (f) => header(f, 0, (value) => (value['started'] = 'yesterday'))],
  ['a header whose start never was', 'bad-header', (f) => header(f, 0, (value) => (value['started'] = '2026-02-29T00:00:00.000Z'))],
  ['a header of a role that is none', 'bad-header', (f) => header(f, 0, (value) => (value['role'] = 'king'))],
  ['a header of a class that is none', 'bad-header', (f) => header(f, 0, (value) => (value['class'] = 'castle'))],
  ['a header with a number that is not whole', 'bad-header', (f) => header(f, 0, (value) => (value['outputOffset'] = 0.5))],
  [
    'a header with its fields in another order',
    'bad-header',
    (f) => header(f, 0, (value) => Object.assign(value, { format: undefined }, { format: 'wardmux-segment' }, reorder(value))),
  ],
  ['a header with a space in it', 'bad-header', (f) => (f.frames[0]!.header = f.frames[0]!.header!.replace(':', ': '))],
  ['a header with a field twice', 'bad-header', (f) => (f.frames[0]!.header = f.frames[0]!.header!.replace('"segment":0', '"segment":0,"segment":0'))],
  ['a header whose jwe is for another key', 'bad-header', (f) => header(f, 0, (value) => (recipients(value)[0]!['jwe'] = recipients(value)[1]!['jwe']))],
  ['a header whose jwe is none', 'bad-header', (f) => header(f, 0, (value) => (recipients(value)[0]!['jwe'] = 'x'))],
  ['a header of a version to come', 'newer-version', (f) => header(f, 0, (value) => (value['version'] = 2))],
  ['a second segment of another person', 'bad-header', (f) => header(f, 1, (value) => (value['person'] = 'p-00000000000b'))],
  ['a record before the first header', 'bad-header', (f) => f.frames.unshift(...f.frames.splice(1, 1))],
  ['a second segment of another start', 'bad-header', (f) => header(f, 1, (value) => (value['started'] = '2026-03-04T05:06:07.090Z'))],
  ['a header of another segment', 'bad-header', (f) => header(f, 1, (value) => (value['segment'] = 2))],
  ['a header at another place', 'bad-header', (f) => header(f, 1, (value) => (value['firstSeq'] = Number(value['firstSeq']) + 1))],
  ['a header of another installation', 'bad-header', (f) => header(f, 1, (value) => (value['installation'] = 'w-00000000000f'))],
  ['a header of another recording', 'bad-header', (f) => header(f, 1, (value) => (value['recording'] = '20260304-050607-0a1b2c3e'))],
  [
    'a header with a jwe whose base64url has spare bits',
    'bad-header',
    (f) => header(f, 0, (value) => (recipients(value)[0]!['jwe'] = String(recipients(value)[0]!['jwe']).replace(/.(?=\.\.)/, (last) => nextCharacter(last)))),
  ],
  ['a header whose body has another digest', 'bad-commitment', (f) => (f.files = (files) => patch(files, BUNDLE.evidence, /"body":"../, '"body":"00'))],
  ['a header with a count of 2^53', 'bad-header', (f) => header(f, 1, (value) => (value['outputOffset'] = 2 ** 53))],
  ['a header whose C is another', 'bad-commitment', (f) => (f.files = (files) => patch(files, BUNDLE.evidence, /^(\{"head":".{118})../, '$100'))],
  ['a header whose epk is no point of the curve, which only who opens it sees', 'good', (f) => header(f, 0, (value) => offTheCurve(recipients(value)[0]!))],
  [
    'a start that is not the time of the id',
    'good',
    (f) => {
      for (const segment of [0, 1]) header(f, segment, (value) => (value['started'] = '2026-03-04T05:06:08.000Z'));
      f.files = (files) => patch(files, BUNDLE.summary, /"started": ".*"/, '"started": "2026-03-04T05:06:08.000Z"');
    },
  ],
  [
    'a header of a version to come with a space in it',
    'bad-header',
    (f) => (f.frames[0]!.header = f.frames[0]!.header!.replace('"version":1', '"version": 2')),
  ],

  ['a person who is not the one that began it', 'contradiction', (f) => (event(f, 'recording.start').person = 'p-00000000000b')],
  ['another role than at the start', 'contradiction', (f) => (detail(f, 'recording.start')['role'] = 'emergency')],
  ['another emergency than at the start', 'contradiction', (f) => (detail(f, 'recording.start')['breakGlass'] = 'b-000000000001')],
  ['an emergency, alike everywhere', 'good', (f) => openedAs(f, { role: 'emergency', reason: 'system-down', breakGlass: 'b-000000000001' })],
  ['the role of emergencies outside of one', 'contradiction', (f) => openedAs(f, { role: 'emergency' })],
  ['an emergency in another role', 'contradiction', (f) => openedAs(f, { reason: 'system-down', breakGlass: 'b-000000000001' })],
  ['an emergency for no reason of its own', 'contradiction', (f) => openedAs(f, { role: 'emergency', breakGlass: 'b-000000000001' })],
  ['a second start in the ledger', 'contradiction', (f) => f.events.splice(4, 0, structuredClone(event(f, 'recording.start')))],
  ['a head before the start', 'contradiction', (f) => f.events.splice(3, 0, ...f.events.splice(4, 1))],
  ['a head after the end', 'contradiction', (f) => f.events.push(structuredClone(event(f, 'recording.heads')))],
  ['an end after the end', 'contradiction', (f) => f.events.push(structuredClone(event(f, 'recording.end')))],
  [
    'a recovery after the end',
    'contradiction',
    (f) => f.events.push({ action: 'recording.recovered', person: PERSON, detail: { recording: RECORDING, size: f.frames.length, tornBytes: 0 } }),
  ],
  ['a recovery after a recovery that has fewer records', 'good', (f) => recovered(f, { size: f.frames.length - 1 }, { size: f.frames.length })],
  ['a recovery after a recovery that has more records', 'contradiction', (f) => recovered(f, { size: f.frames.length }, { size: f.frames.length - 1 })],
  ['a recording of somebody whom nobody knows, sealed to the audit key alone', 'unknown-person', (f) => ofOther(f, 'p-0000000000ff')],
  ['a recording that is sealed to the audit key alone, which is told', 'good', (f) => ofOther(f, PERSON)],
  [
    'a recovery by nobody',
    'bad-ledger',
    (f) => {
      recovered(f, { size: f.frames.length });
      delete event(f, 'recording.recovered').person;
    },
  ],
  [
    'a recovery by who is no person',
    'bad-ledger',
    (f) => {
      recovered(f, { size: f.frames.length });
      event(f, 'recording.recovered').person = 'Ada';
    },
  ],
  [
    'a finding of damage, which is told',
    'good',
    (f) => f.events.push({ action: 'recording.damaged', detail: { recording: RECORDING } }),
    undefined,
    { damaged: 1 },
  ],
  ['records behind a recovery', 'good', (f) => recovered(f, { size: f.frames.length - 1 })],
  [
    'a head after a recovery',
    'contradiction',
    (f) => {
      recovered(f, { size: f.frames.length });
      f.events.push({ action: 'recording.heads', detail: { recording: RECORDING, size: f.frames.length } });
    },
  ],
  [
    'a head that is smaller than one before',
    'contradiction',
    (f) => f.events.splice(5, 0, { action: 'recording.heads', detail: { recording: RECORDING, size: 3 } }),
  ],
  [
    'two heads of one size',
    'contradiction',
    (f) => f.events.splice(5, 0, { action: 'recording.heads', detail: { recording: RECORDING, size: 4, root: '11'.repeat(32) } }),
  ],
  [
    'a head of nothing with a root',
    'contradiction',
    (f) => f.events.splice(4, 0, { action: 'recording.heads', detail: { recording: RECORDING, size: 0, root: '11'.repeat(32) } }),
  ],
  ['a head of nothing', 'good', (f) => f.events.splice(4, 0, { action: 'recording.heads', detail: { recording: RECORDING, size: 0 } })],
  ['a head that another salt opens', 'bad-ledger', (f) => (event(f, 'recording.heads').head = { salt: '00'.repeat(32), size: 4, root: '11'.repeat(32) })],
  ['heads, and none opened', 'bad-ledger', (f) => (event(f, 'recording.heads').head = null)],
  ['a head opened beside another event', 'bad-ledger', (f) => (event(f, 'play').head = { salt: '00'.repeat(32), size: 4, root: '11'.repeat(32) })],
  ['an opening with another member', 'bad-ledger', (f) => (f.files = (files) => patch(files, BUNDLE.ledger, '"head":{', '"head":{"recording":"x",'))],
  ['an opening whose size is no count', 'bad-ledger', (f) => (detail(f, 'recording.heads')['size'] = 4.5)],
  ['heads that are not in the order of their digests', 'bad-ledger', (f) => turnHeads(keys, f, (heads) => heads.reverse())],
  ['a head twice in one event', 'bad-ledger', (f) => turnHeads(keys, f, (heads) => [...heads, heads.at(-1)!])],
  ['257 heads in one event', 'bad-ledger', (f) => turnHeads(keys, f, (heads) => [...heads, ...unknownHeads(255)].sort())],
  ['256 heads in one event', 'good', (f) => turnHeads(keys, f, (heads) => [...heads, ...unknownHeads(254)].sort())],
  [
    'an event of heads with the other heads opened too',
    'bad-ledger',
    (f) => (event(f, 'recording.heads').line = line(keys, f, 'recording.heads').replace(/}$/, ',"opened":{}}')),
  ],
  ['the head of another recording', 'bad-ledger', (f) => (detail(f, 'recording.heads')['recording'] = '20260304-050607-0a1b2c3e')],
  ['an event without its monotonic time', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace(/"monoUs":\d+,/, ''))],
  ['an event whose monotonic time nobody knows', 'good', (f) => (event(f, 'play').monoUs = null)],
  ['an event whose monotonic time is no count', 'bad-ledger', (f) => (event(f, 'play').monoUs = -1)],
  ['an event on whom no unlock stands', 'good', (f) => Object.assign(event(f, 'play'), { aal: null, credential: null })],
  ['an event with an assurance that is none', 'bad-ledger', (f) => (event(f, 'play').aal = 4)],
  ['an event with an assurance in words', 'bad-ledger', (f) => (event(f, 'play').aal = '2')],
  ['an event with a credential that is none', 'bad-ledger', (f) => (event(f, 'play').credential = 'a b')],
  ['an event without its credential', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"credential":"c0ffee00",', ''))],
  ['an end without its length', 'bad-ledger', (f) => delete detail(f, 'recording.end')['durationMs']],
  ['a segment that begins elsewhere', 'contradiction', (f) => Object.assign(detail(f, 'recording.segment'), { firstSeq: 5, size: 6 })],
  ['a segment that is not there', 'contradiction', (f) => (detail(f, 'recording.segment')['segment'] = 7)],
  ['another reason for the end', 'contradiction', (f) => (detail(f, 'recording.end')['reason'] = 'closed')],
  ['an end before the end', 'contradiction', (f) => (detail(f, 'recording.end')['size'] = f.frames.length - 1)],
  ['an end in the ledger, and none in the recording', 'contradiction', (f) => (f.frames.pop(), recount(f))],
  ['a start without its fields', 'bad-ledger', (f) => delete detail(f, 'recording.start')['class']],
  ['a start whose emergency is null', 'bad-ledger', (f) => (detail(f, 'recording.start')['breakGlass'] = null)],
  ['an event with half a character', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"owner"', '"\\ud800"'))],
  ['an event with a deep value', 'bad-ledger', (f) => (detail(f, 'play')['deep'] = JSON.parse('['.repeat(60) + ']'.repeat(60)))],
  ['an event with a name that is a number', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"key"', '"b":1,"1":2,"key"'))],
  ['an event at a time that never was', 'bad-ledger', (f) => (event(f, 'play').time = '2026-03-04T24:00:00.000Z')],
  ['an event of another installation', 'bad-ledger', (f) => (event(f, 'play').installation = 'w-00000000000f')],
  ['an event that has nothing to do with it', 'bad-ledger', (f) => delete event(f, 'lock').hidden],
  [
    'a segment named twice',
    'contradiction',
    (f) => {
      const { firstSeq, size } = detail(f, 'recording.segment') as { firstSeq: number; size: number };
      f.events.splice(7, 0, { action: 'recording.segment', detail: { recording: RECORDING, segment: 1, firstSeq, size: size + 1 } });
    },
  ],
  ['the first segment named as one that began later', 'contradiction', (f) => Object.assign(detail(f, 'recording.segment'), { segment: 0, firstSeq: 0 })],
  ['heads and no start', 'contradiction', (f) => (event(f, 'recording.start').hidden = true)],
  ['an end without its count', 'bad-ledger', (f) => delete detail(f, 'recording.end')['outputBytes']],
  ['a head that is none', 'bad-ledger', (f) => (detail(f, 'recording.heads')['root'] = 'AB'.repeat(32))],
  ['a segment that begins behind its head', 'contradiction', (f) => (detail(f, 'recording.segment')['size'] = detail(f, 'recording.segment')['firstSeq'])],
  ['an event whose seq is not its index', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"seq":8', '"seq":9'))],
  ['an outcome that is no word', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"success"', '5'))],
  ['a person who is no word', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace(/"person":"[^"]*"/, '"person":5'))],
  ['a count before a crash that is none', 'bad-ledger', (f) => (detail(f, 'recording.end')['signedBefore'] = 'x')],
  ['a space in a line of the ledger', 'bad-ledger', (f) => (f.files = (files) => patch(files, BUNDLE.ledger, ':', ': '))],
  ['two lines of the ledger swapped', 'bad-ledger', (f) => (f.files = (files) => patch(files, BUNDLE.ledger, /^(.*\n)(.*\n)/, '$2$1'))],
  ['a line of the ledger twice', 'bad-ledger', (f) => (f.files = (files) => patch(files, BUNDLE.ledger, /^(.*\n)/, '$1$1'))],
  ['an index of 2^53', 'bad-ledger', (f) => (f.files = (files) => patch(files, BUNDLE.ledger, '"index":0', '"index":9007199254740992'))],
  [
    'an index behind the checkpoint',
    'short-proof',
    (f) => {
      event(f, 'play').line = line(keys, f, 'play').replace('"seq":8', '"seq":99');
      f.files = (files) => patch(files, BUNDLE.ledger, '"index":8', '"index":99');
    },
  ],
  [
    'a wrong proof in the line before one that is none',
    'bad-proof',
    (f) => (f.files = (files) => patch(files, BUNDLE.ledger, /^(.*"path":\[").{8}(.*\n)\{/, '$100000000$2[')),
  ],
  ['a line of the ledger as long as may be', 'good', (f) => fill(keys, f, 65_536)],
  ['a line of the ledger that is a byte longer', 'bad-ledger', (f) => fill(keys, f, 65_537)],
  ['an event eight deep, with a number in it', 'good', (f) => (detail(f, 'play')['deep'] = [[[[[[1]]]]]])],
  ['an event nine deep', 'bad-ledger', (f) => (detail(f, 'play')['deep'] = [[[[[[[]]]]]]])],
  ['an action that nobody knows yet', 'good', (f) => f.events.push({ action: 'Recording praised!', outcome: 'warmly', detail: { recording: RECORDING } })],
  ['a field of another type, where no rule asks for it', 'good', (f) => (detail(f, 'play')['key'] = 1.5)],
  ['a policy that says nothing', 'bad-ledger', (f) => (event(f, 'policy.change').detail = {})],
  [
    'the members of an event in another order',
    'bad-ledger',
    (f) => (event(f, 'play').line = line(keys, f, 'play').replace(/"seq":(\d+),("time":"[^"]*")/, '$2,"seq":$1')),
  ],
  ['an event with another member', 'bad-ledger', (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"person"', '"mood":"good","person"'))],
  [
    'an event that was entered later',
    'good',
    (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"monoUs"', '"entered":"2026-03-04T06:00:00.000Z","monoUs"')),
  ],
  ...['"yesterday"', '""', 'null', '[]', '5'].map(
    (entered) =>
      [
        `an event that was entered at ${entered}`,
        'bad-ledger',
        (f: Forgery): void => void (event(f, 'play').line = line(keys, f, 'play').replace('"monoUs"', `"entered":${entered},"monoUs"`)),
      ] as const,
  ),
  [
    'an event that was entered at a time that never was',
    'bad-ledger',
    (f) => (event(f, 'play').line = line(keys, f, 'play').replace('"monoUs"', '"entered":"2026-02-30T06:00:00.000Z","monoUs"')),
  ],

  ['mono_ns going back', 'bad-time', (f) => (f.frames[3]!.monoNs = 1n)],
  ['an event that is older than the one before it', 'bad-time', (f) => (f.frames[4]!.pieces[0]!.timeUs = 5)],
  ['an event that is younger than its record', 'bad-time', (f) => (end(f).pieces[0]!.timeUs += 1)],
  ['an event that was typed before it was sealed', 'good', (f) => (end(f).monoNs += 5_000_000n)],
  ['a clock that was set back', 'good', (f) => (end(f).wallMs -= 100_000)],
  ['mono_ns as large as it can be', 'good', (f) => (end(f).monoNs = 2n ** 64n - 1n)],
  ['a seq of 2^53', 'bad-evidence', (f) => (end(f).seq = 2 ** 53)],
  ['a wall_ms of 2^53', 'bad-evidence', (f) => (end(f).wallMs = 2 ** 53)],
  ['a wall_ms below 2^53', 'good', (f) => (end(f).wallMs = 2 ** 53 - 1)],
  ['an event at 2^53 microseconds', 'bad-evidence', (f) => Object.assign(end(f), { monoNs: 2n ** 64n - 1n }) && (end(f).pieces[0]!.timeUs = 2 ** 53)],
  ['an event that is older, and not what its kind is', 'bad-time', (f) => Object.assign(end(f).pieces[0]!, { timeUs: 5, data: Buffer.from('{}') })],
  ['an event that may not stand there, and is older', 'bad-events', (f) => frameOf(f, 'x').pieces.push({ code: 'o', timeUs: 5, data: Buffer.from('late') })],

  ['no start', 'bad-events', (f) => (f.frames.splice(1, 1), recount(f))],
  ['a second start', 'bad-events', (f) => f.frames[4]!.pieces.push({ ...piecesOf(f, 's')[0]!, timeUs: f.frames[4]!.pieces.at(-1)!.timeUs })],
  ['no size after a rotation', 'bad-events', (f) => (f.frames.splice(f.frames.findLastIndex((frame) => frame.header !== undefined) + 1, 1), recount(f))],
  ['output after the exit', 'bad-events', (f) => frameOf(f, 'x').pieces.push({ code: 'o', timeUs: 4_000_000, data: Buffer.from('late') })],
  ['output after the end', 'bad-events', (f) => end(f).pieces.push({ code: 'o', timeUs: 4_000_000, data: Buffer.from('late') })],
  ['a record after the end', 'bad-events', (f) => (f.frames.push(structuredClone(end(f))), withBuffers(f), recount(f))],
  ['a second end', 'bad-events', (f) => end(f).pieces.push({ ...end(f).pieces[0]! })],
  ['a segment with nothing in it', 'bad-events', (f) => f.frames.splice(1, f.frames.length - 2, ...empty(f))],
  ['junk in a resize', 'bad-events', (f) => (piecesOf(f, 'r')[0]!.data = Buffer.from('132x43; rm -rf'))],
  ['a size that no terminal has', 'bad-events', (f) => (piecesOf(f, 'r')[0]!.data = Buffer.from('2001x43'))],
  ['a size with a zero in front', 'bad-events', (f) => (piecesOf(f, 'r')[0]!.data = Buffer.from('0132x43'))],
  ['a size in other digits', 'bad-events', (f) => (piecesOf(f, 'r')[0]!.data = Buffer.from('١٣٢x43'))],
  ['a marker that is not UTF-8', 'bad-events', (f) => (piecesOf(f, 'm')[0]!.data = Buffer.from([0xff]))],
  ['an empty output', 'bad-events', (f) => frameOf(f, 'o').pieces.push({ code: 'o', timeUs: 12_345, data: Buffer.alloc(0) })],
  ['a start with another field', 'bad-events', (f) => (piecesOf(f, 's')[0]!.data = Buffer.from(piecesOf(f, 's')[0]!.data.toString().replace('{', '{"x":1,')))],
  [
    'a start in a terminal without columns',
    'bad-events',
    (f) => (piecesOf(f, 's')[0]!.data = Buffer.from(piecesOf(f, 's')[0]!.data.toString().replace('80', '0'))),
  ],
  [
    'a start whose command is half a character',
    'bad-events',
    (f) => (piecesOf(f, 's')[0]!.data = Buffer.from(piecesOf(f, 's')[0]!.data.toString().replace('"-l"', '"\\ud83d"'))),
  ],
  ['an unlock by nobody', 'bad-events', (f) => (piecesOf(f, 'u')[0]!.data = Buffer.from('{"method":"passkey"}'))],
  ['a lock that is not JSON', 'bad-events', (f) => (piecesOf(f, 'l')[0]!.data = Buffer.from('idle'))],
  ['an exit with a fraction', 'bad-events', (f) => (piecesOf(f, 'x')[0]!.data = Buffer.from('{"code":0.5,"signal":0}'))],
  ['an exit with 2^53', 'bad-events', (f) => (piecesOf(f, 'x')[0]!.data = Buffer.from('{"code":9007199254740992,"signal":0}'))],

  ['a disclosed snapshot', 'bad-evidence', (f) => delete piecesOf(f, 'n')[0]!.withheld],
  ['output withheld under the name of a snapshot', 'bad-evidence', (f) => (piecesOf(f, 'o')[0]!.withheld = 'snapshot')],
  ['output withheld as a snapshot', 'bad-commitment', (f) => Object.assign(piecesOf(f, 'o')[0]!, { withheld: 'snapshot', shown: 'n' })],
  ['an end withheld', 'bad-evidence', (f) => (end(f).pieces[0]!.withheld = 'secret')],
  ['base64 with half a character', 'bad-evidence', (f) => (f.files = (files) => patch(files, BUNDLE.evidence, '"bytes":"', '"bytes":"\\ud800'))],
  ['a piece withheld for no reason', 'bad-evidence', (f) => (piecesOf(f, 'o')[0]!.withheld = 'because')],
  ['output withheld for a reason', 'good', (f) => (piecesOf(f, 'o')[0]!.withheld = 'patient-data')],
  ['the start withheld', 'good', (f) => (piecesOf(f, 's')[0]!.withheld = 'patient-data')],
  ['output in full that session.cast has', 'bad-evidence', (f) => (piecesOf(f, 'o')[0]!.form = 'bytes')],
  ['a marker as the text of an output', 'bad-cast', (f) => (piecesOf(f, 'm')[0]!.form = 'text')],
  ['an output that the segments do not count', 'bad-output', (f) => header(f, 1, (value) => (value['outputOffset'] = 61))],
  ['a first segment that begins behind output', 'bad-output', (f) => header(f, 0, (value) => (value['outputOffset'] = 5))],
  ['an output that the end does not count', 'bad-output', (f) => (detail(f, 'recording.end')['outputBytes'] = 7)],
  ['a space in a line of the evidence', 'bad-evidence', (f) => (f.files = (files) => patch(files, BUNDLE.evidence, ':', ': '))],
  ['no record at all', 'bad-evidence', (f) => (f.files = (files) => files.set(BUNDLE.evidence, Buffer.alloc(0)))],
  ['text while a character is cut', 'good', (f) => (cut(f).data = Buffer.from('x\n'))],
  ['text while a character is cut, that only session.cast has', 'bad-cast', (f) => Object.assign(cut(f), { data: Buffer.from('x\n'), form: 'text' })],
  ['a line behind the end of session.cast', 'bad-cast', (f) => (f.files = (files) => patch(files, BUNDLE.cast, /$/, '[9.000000, "o", "x"]\n'))],
  ['half a line behind the end of session.cast', 'bad-cast', (f) => (f.files = (files) => patch(files, BUNDLE.cast, /$/, '[9.000000'))],
  [
    'a line of session.cast and a salt of the same record changed',
    'bad-cast',
    (f) =>
      (f.files = (files) => {
        patch(files, BUNDLE.cast, 'a marker', 'a barker');
        // The record of the marker: its event begins with m and a zero, so its base64 with bQ.
        patch(files, BUNDLE.evidence, /"salt":"[0-9a-f]{8}([0-9a-f]{56}","bytes":"bQ)/, '"salt":"00000000$1');
      }),
  ],
  [
    'an event whose bytes are no base64, and a record missing',
    'missing-record',
    (f) =>
      (f.files = (files) => {
        patch(files, BUNDLE.evidence, '"bytes":"', '"bytes":"!');
        patch(files, BUNDLE.evidence, /^((?:.*\n){5}).*\n/, '$1');
      }),
  ],
  [
    'an event whose bytes are no base64, and a salt of the same record changed',
    'bad-evidence',
    (f) =>
      (f.files = (files) => {
        patch(files, BUNDLE.evidence, '"bytes":"', '"bytes":"!');
        patch(files, BUNDLE.evidence, /"salt":"[0-9a-f]{8}/, '"salt":"00000000');
      }),
  ],
  [
    'line 1 of session.cast and a salt of the first record changed',
    'bad-cast',
    (f) =>
      (f.files = (files) => {
        patch(files, BUNDLE.cast, '"width":80', '"width":81');
        patch(files, BUNDLE.evidence, /"salt":"[0-9a-f]{8}/, '"salt":"00000000');
      }),
  ],
  [
    'line 1 of session.cast and the commitment of the first header changed',
    'bad-commitment',
    (f) =>
      (f.files = (files) => {
        patch(files, BUNDLE.cast, '"width":80', '"width":81');
        patch(files, BUNDLE.evidence, /^(\{"head":".{118})../, '$100');
      }),
  ],

  ['a segment that a stranger can open', 'bad-recipients', (f) => stranger(keys, f, 1, ['owner', 'audit', 'stranger'])],
  ['a stranger instead of the audit key', 'bad-recipients', (f) => stranger(keys, f, 1, ['owner', 'stranger'])],
  ['no audit key', 'bad-recipients', (f) => stranger(keys, f, 1, ['owner'])],
  [
    'an owner who is somebody else',
    'bad-recipients',
    (f) =>
      header(
        f,
        1,
        (value) => (value['recipients'] = [{ ...recipients(JSON.parse(headerFor(keys, 1, 0, 0, 'stranger')))[0]!, role: 'owner' }, recipients(value)[1]!]),
      ),
  ],
  [
    'a stranger whom policy and ledger name',
    'bad-recipients',
    (f) => {
      for (const segment of [0, 1]) stranger(keys, f, segment, ['owner', 'audit', 'stranger']);
      detail(f, 'policy.change')['auditKeys'] = [keys.audit, keys.stranger].map(thumbprintOf);
      detail(f, 'recording.start')['recipients'] = [keys.owner, keys.audit, keys.stranger].map(thumbprintOf);
    },
  ],
  ['other recipients than the ledger has', 'bad-recipients', (f) => (detail(f, 'recording.start')['recipients'] = [thumbprintOf(keys.audit)])],
  ['a policy that never was in force', 'bad-policy', (f) => header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)))],
  ['another policy than at the start', 'bad-policy', (f) => (detail(f, 'recording.start')['policySha256'] = 'cd'.repeat(32))],
  [
    'a policy that was in force no more, and is said',
    'good',
    (f) => f.events.splice(2, 0, { action: 'policy.change', detail: { sha256: 'cd'.repeat(32), auditKeys: [thumbprintOf(keys.audit)] } }),
  ],
  ['a policy that was replaced a minute before, and is said', 'good', (f) => f.events.splice(2, 0, replacing(keys, 4 - 60))],
  ['a policy that was replaced more than a minute before', 'bad-policy', (f) => f.events.splice(2, 0, replacing(keys, 4 - 60.001))],
  ['a policy that two took into force', 'good', (f) => f.events.splice(2, 0, agreedTo(keys, f)), trustOfTwo(keys)],
  ['fifteen minutes after it was asked for', 'good', (f) => f.events.splice(2, 0, agreedTo(keys, f, { passed: 900_000 })), trustOfTwo(keys)],
  ['later than that', 'contradiction', (f) => f.events.splice(2, 0, agreedTo(keys, f, { passed: 900_001 })), trustOfTwo(keys)],
  ['before it was asked for', 'contradiction', (f) => f.events.splice(2, 0, agreedTo(keys, f, { passed: -1 })), trustOfTwo(keys)],
  ['agreed to by somebody whom the trust file does not name', 'contradiction', (f) => f.events.splice(2, 0, agreedTo(keys, f))],
  ['agreed to in the name of a second one by who asked', 'contradiction', (f) => f.events.splice(2, 0, agreedTo(keys, f, { forged: true })), trustOfTwo(keys)],
  ['agreed to by who asked', 'contradiction', (f) => f.events.splice(2, 0, agreedTo(keys, f, { second: PERSON })), trustOfTwo(keys)],
  ['signed for another policy', 'contradiction', (f) => f.events.splice(2, 0, agreedTo(keys, f, { changed: { sha256: 'ef'.repeat(32) } })), trustOfTwo(keys)],
  [
    'agreed to without a signature',
    'bad-ledger',
    (f) => f.events.splice(2, 0, agreedTo(keys, f, { changed: { secondSignature: undefined } })),
    trustOfTwo(keys),
  ],
  [
    'agreed to at no moment',
    'bad-ledger',
    (f) => f.events.splice(2, 0, agreedTo(keys, f, { changed: { asked: '2026-02-30T00:00:00.000Z' } })),
    trustOfTwo(keys),
  ],
  ['an owner whom the ledger does not know', 'contradiction', (f) => (event(f, 'person.keys').hidden = true)],
  ['an owner with another key in the ledger', 'bad-recipients', (f) => (detail(f, 'person.keys')['encryptionKey'] = thumbprintOf(keys.stranger))],
  ['an exporter with another key in the ledger', 'contradiction', (f) => (detail(f, 'person.keys')['signingKey'] = thumbprintOf(keys.stranger))],
  ['a first person without the digest of their record', 'bad-ledger', (f) => delete detail(f, 'person.keys')['record']],
  ['a first person whose slots have no digest', 'bad-ledger', (f) => (detail(f, 'person.keys')['slots'] = 'x')],
  ['keys of somebody else', 'bad-ledger', (f) => f.events.splice(2, 0, { action: 'person.keys', person: 'p-00000000000b', detail: detail(f, 'person.keys') })],
  [
    'other keys later, as the person certified it',
    'good',
    (f) => f.events.splice(2, 0, certifiedKeys(keys, f, { encryptionKey: thumbprintOf(keys.stranger) })),
  ],
  ['other slots later, as the person certified it', 'good', (f) => f.events.splice(2, 0, certifiedKeys(keys, f, {}))],
  ['other slots twice', 'good', (f) => f.events.splice(1, 0, certifiedKeys(keys, f, {}), certifiedKeys(keys, f, { slots: '44'.repeat(32) }, { after: 1 }))],
  ['other slots later, certified by nobody', 'contradiction', (f) => f.events.splice(2, 0, { ...event(f, 'person.keys') })],
  ['slots that were certified as another change', 'contradiction', (f) => f.events.splice(2, 0, certifiedKeys(keys, f, {}, { after: 1 }))],
  ['the same certificate twice', 'contradiction', (f) => f.events.splice(1, 0, certifiedKeys(keys, f, {}), certifiedKeys(keys, f, {}))],
  ['slots that a stranger certified', 'contradiction', (f) => f.events.splice(2, 0, certifiedKeys(keys, f, {}, { signer: keys.stranger }))],
  [
    'slots that somebody certified whom nobody knows',
    'contradiction',
    (f) => f.events.splice(2, 0, certifiedKeys(keys, f, {}, { by: 'p-00000000000b', signer: keys.stranger })),
  ],
  [
    'another person’s name over the same certificate',
    'contradiction',
    (f) => {
      const change = certifiedKeys(keys, f, {});
      f.events.splice(2, 0, { ...change, detail: { ...change.detail, by: 'p-00000000000b' } });
    },
  ],
  ['the first person, certified by themselves', 'contradiction', (f) => (f.events[0] = certifiedKeys(keys, f, {}, { after: null }))],
  ['a certificate without its key', 'bad-ledger', (f) => without(f.events, certifiedKeys(keys, f, {}), 'byKey')],
  ['a certificate without its signature', 'bad-ledger', (f) => without(f.events, certifiedKeys(keys, f, {}), 'signature')],
  ['a certificate without who', 'bad-ledger', (f) => without(f.events, certifiedKeys(keys, f, {}), 'by')],
  [
    'a certificate of the same bytes in another text',
    'bad-ledger',
    (f) => {
      const change = certifiedKeys(keys, f, {});
      const text = String(change.detail!['signature']);
      f.events.splice(2, 0, { ...change, detail: { ...change.detail, signature: text.slice(0, -1) + { A: 'B', Q: 'R', g: 'h', w: 'x' }[text.at(-1)!] } });
    },
  ],
  [
    'a certificate with a key that is no point',
    'contradiction',
    (f) => {
      const change = certifiedKeys(keys, f, {});
      f.events.splice(2, 0, { ...change, detail: { ...change.detail, byKey: 'A'.repeat(86) } });
    },
  ],
  ['an owner whom the ledger came to know later', 'bad-recipients', (f) => f.events.splice(3, 0, f.events.shift()!), trustFromTheFirst(keys)],
  [
    'a later segment under an earlier policy',
    'bad-policy',
    (f) => {
      f.events.splice(1, 0, { action: 'policy.change', detail: { sha256: 'cd'.repeat(32), auditKeys: [thumbprintOf(keys.audit)] } });
      header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)));
    },
  ],
  ['a policy that replaced one that is not shown', 'bad-policy', (f) => void (detail(f, 'policy.change')['previousSha256'] = 'cd'.repeat(32))],
  ['a policy that replaced what is none', 'bad-policy', (f) => void (detail(f, 'policy.change')['previousSha256'] = 'zz')],
  ['a policy that replaced null', 'bad-policy', (f) => void (detail(f, 'policy.change')['previousSha256'] = null)],
  [
    'a policy between two others, left out',
    'bad-policy',
    (f) => {
      const changed = (sha256: string, previousSha256: string, hidden: boolean): ForgedEvent => ({
        action: 'policy.change',
        detail: { sha256, previousSha256, auditKeys: [thumbprintOf(keys.audit)] },
        ...(hidden ? { hidden } : {}),
      });
      const first = detail(f, 'policy.change')['sha256'] as string;
      const last = f.events.length - 1;
      f.events.splice(last, 0, changed('cd'.repeat(32), first, true), changed('ef'.repeat(32), 'cd'.repeat(32), false));
    },
  ],
  ['no policy at all', 'bad-policy', (f) => (event(f, 'policy.change').hidden = true)],
  [
    'a later segment under a later policy',
    'good',
    (f) => {
      f.events.splice(5, 0, { action: 'policy.change', detail: { sha256: 'cd'.repeat(32), auditKeys: [thumbprintOf(keys.audit)] } });
      header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)));
    },
  ],
  [
    'a later segment under a policy that came after it',
    'bad-policy',
    (f) => {
      f.events.splice(7, 0, replacing(keys, 7));
      header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)));
    },
  ],

  ['another SSHSIG hash', 'bad-installation-signature', (f) => (f.sshHash = 'sha256')],
  [
    'another SSHSIG hash of the person only',
    'bad-person-signature',
    (f) => (f.late = (files) => files.set(BUNDLE.personSignature, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, keys.person, { hash: 'sha256' })))),
  ],
  [
    'another namespace',
    'bad-installation-signature',
    (f) =>
      (f.late = (files) =>
        files.set(BUNDLE.installationSignature, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, keys.installation, { namespace: 'file' })))),
  ],
  [
    'other lines in a signature',
    'bad-installation-signature',
    (f) => (f.late = (files) => files.set(BUNDLE.installationSignature, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, keys.installation, { width: 76 })))),
  ],
  ['an empty line in the checkpoint', 'bad-checkpoint', (f) => (f.note = (text) => `${text}\nmore\n`)],
  ['a checkpoint of another origin', 'bad-checkpoint', (f) => (f.note = (text) => text.replace('/ledger', '/larder'))],
  ['another line in the checkpoint', 'good', (f) => (f.note = (text) => `${text}more\n`)],
  ['a signature of somebody else beside ours', 'good', (f) => (f.noteTail = `— witness.example ${'A'.repeat(92)}\n`)],
  ['a signature of nobody beside ours', 'bad-checkpoint', (f) => (f.noteTail = '— witness example AAAA\n')],
  ['a signature of one byte beside ours', 'good', (f) => (f.noteTail = '— witness.example AA==\n')],
  [
    'a signature beside ours under our name and key id, of a byte less',
    'good',
    (f) => {
      const key = noteKey(ledgerOrigin(INSTALLATION), keys.installation.publicKey.raw);
      f.noteTail = `— ${key.name} ${Buffer.concat([key.id, Buffer.alloc(63)]).toString('base64')}\n`;
    },
  ],
  ['a signature by a name that is not ASCII', 'bad-checkpoint', (f) => (f.noteTail = '— witness\ufeff.example AAAA\n')],
  ['a summary of a version to come', 'newer-version', (f) => (f.files = (files) => patch(files, BUNDLE.summary, '"version": 1', '"version": 2'))],
  [
    'a summary with a field twice',
    'bad-summary',
    (f) => (f.files = (files) => patch(files, BUNDLE.summary, '  "version": 1,\n', '  "version": 1,\n  "version": 1,\n')),
  ],
  ['an export for no reason that is one', 'bad-summary', (f) => (f.exported['reason'] = 'curiosity')],
  ['an export at a time that never was', 'bad-summary', (f) => (f.exported['time'] = '2026-13-01T00:00:00.000Z')],
  ['another count of proven records in the summary', 'bad-summary', (f) => (f.files = (files) => patch(files, BUNDLE.summary, /"proven": \d+/, '"proven": 4'))],
  [
    'another start in the summary',
    'bad-summary',
    (f) => (f.files = (files) => patch(files, BUNDLE.summary, /"started": ".*"/, '"started": "2026-03-04T05:06:07.000Z"')),
  ],
  [
    'a summary of a version to come with a field that nobody knows yet',
    'newer-version',
    (f) => (f.files = (files) => patch(files, BUNDLE.summary, '"version": 1,', '"version": 2,\n  "mood": "good",')),
  ],
  [
    'a summary of a version to come that is not written out',
    'bad-summary',
    (f) => (f.files = (files) => patch(files, BUNDLE.summary, '"version": 1,', '"version":  2,')),
  ],
  ...(
    [
      ['another owner', /"person": ".*"/, '"person": "p-00000000000b"'],
      ['another root', /"root": "\w{2}/, '"root": "00'],
      ['another count of records', /"records": \d+/, '"records": 5'],
      ['another count of output', /"outputBytes": \d+/, '"outputBytes": 5'],
      ['another count of pieces', /"withheld": \d+/, '"withheld": 5'],
    ] as const
  ).map(
    ([name, from, to]) => [`${name} in the summary`, 'bad-summary', (f: Forgery) => (f.files = (files) => patch(files, BUNDLE.summary, from, to))] as const,
  ),
  ['a checkpoint without a time', 'good', (f) => (f.note = (text) => text.replace(/time .*\n/, ''))],
  ['a checkpoint with a size of 16 digits', 'bad-checkpoint', (f) => (f.note = (text) => text.replace(/\n\d+\n/, '\n1000000000000000\n'))],
  ['a checkpoint without a signature', 'bad-checkpoint', (f) => (f.files = (files) => patch(files, BUNDLE.checkpoint, /(?:— .*\n)+$/, ''))],
  ['spare bits in the signature of the checkpoint', 'bad-checkpoint', (f) => (f.files = (files) => patch(files, BUNDLE.checkpoint, /.=\n$/, spare))],
  ['spare bits in the signature of somebody else', 'bad-checkpoint', (f) => (f.noteTail = '— witness.example AAB=\n')],
  ['a checkpoint of more than 65,536 bytes', 'bad-checkpoint', (f) => (f.noteTail = `— witness.example ${'A'.repeat(92)}\n`.repeat(600))],
  [
    'a checkpoint whose signature has an R of small order',
    'bad-checkpoint',
    (f) => (f.sign = (bytes) => smallOrderSignature(bytes, { seed: keys.seed, publicKey: keys.installation.publicKey.raw })),
  ],
  [
    'a signature of the installation with an R of small order',
    'bad-installation-signature',
    (f) =>
      signedBy(
        f,
        BUNDLE.installationSignature,
        keys.installation,
        () => (bytes) => smallOrderSignature(bytes, { seed: keys.seed, publicKey: keys.installation.publicKey.raw }),
      ),
  ],
  [
    'a signature of the installation whose S is not below the order',
    'bad-installation-signature',
    (f) => signedBy(f, BUNDLE.installationSignature, keys.installation, (sign) => (bytes) => withOrder(sign(bytes))),
  ],
  [
    'a signature of the person whose numbers have zeros in front',
    'bad-person-signature',
    (f) => (f.late = (files) => files.set(BUNDLE.personSignature, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, keys.person, { zeros: 1 })))),
  ],
  ['the other s of the signature of the person', 'good', (f) => signedBy(f, BUNDLE.personSignature, keys.person, (sign) => (bytes) => otherEcdsa(sign(bytes)))],
  ['a control character written in another way', 'bad-cast', (f) => (f.files = (files) => patch(files, BUNDLE.cast, '\\u001b', '\\u001B'))],
  ['a line end written by its number', 'bad-cast', (f) => (f.files = (files) => patch(files, BUNDLE.cast, /\\n"\]/, '\\u000a"]'))],
  ['a letter written by its number', 'bad-cast', (f) => (f.files = (files) => patch(files, BUNDLE.cast, 'printed', '\\u0070rinted'))],
  ...rulesTableFor(keys),
  ...reboundTableFor(keys),
];
