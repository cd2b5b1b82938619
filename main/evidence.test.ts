/** Somebody else's recording, planned and made as an export: who may, what is entered and when, and what is refused before the vault is asked. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testLedgerOptions } from '../src/ledger/fixture.ts';
import { Ledger, noticeEntry } from '../src/ledger/index.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { standardKinds } from '../src/redaction/index.ts';
import { homePaths } from '../src/storage/home.ts';
import { Refusal } from '../src/types/refusal.ts';
import { ownFolder } from '../test/support/first-home.ts';
import { newRecording, removeFolders } from '../test/support/recording.ts';
import { Evidences, type EvidenceParts } from './evidence.ts';

const ADA = 'p-0000000000ad';
const KIM = 'p-0000000000cc';

let ledger: Ledger;
let evidence: Evidences;
let own: string;
let others: string;
let session: { readonly person: { readonly id: string } } | undefined;
let entered: AuditEntry[];
let asked: { readonly request: string; readonly input: Record<string, unknown>; readonly behind: number }[];
let takes: boolean;
let answers: Record<string, unknown>;

const sizes = { clearPieces: 2, clearBytes: 10, withheld: 1, notRequested: 0, aboutBytes: 200, recognisers: '1.3.0' };
const wanted = { ticket: 5, reason: 'audit', keyFile: '/media/key/audit-key.json' } as const;

beforeEach(async () => {
  const home = homePaths(ownFolder());
  mkdirSync(home.recordings, { recursive: true });
  const options = testLedgerOptions();
  ledger = await Ledger.open(options);
  const record = async (person: string): Promise<string> => {
    const { writer, notices } = await newRecording({ folder: home.recordings, installation: options.installation, person });
    writer.output(Buffer.from('something\r\n'));
    await writer.end('exit');
    for (const notice of notices) await ledger.append(noticeEntry(notice));
    return writer.id;
  };
  own = await record(ADA);
  others = await record(KIM);
  session = { person: { id: ADA } };
  [entered, asked, takes] = [[], [], true];
  answers = { exportPlan: sizes, exportPlanOther: sizes };
  const enter = async (entry: AuditEntry): Promise<boolean> => {
    entered.push(entry);
    return takes;
  };
  evidence = new Evidences({
    home,
    gate: {
      requireSession: () => {
        if (!session) throw new Error('locked');
        return session;
      },
      get session() {
        return session;
      },
    },
    vaults: {
      require: () => ({
        ask: async (request: string, input: Record<string, unknown>) => {
          asked.push({ request, input, behind: entered.length });
          const answer = answers[request];
          if (answer instanceof Error) throw answer;
          return answer;
        },
      }),
    },
    installed: { require: () => ({ ledger, installation: {}, policy: { policy: {} } }) },
    journal: { enter, log: (entry: AuditEntry) => void enter(entry) },
    pty: { checkpoint: async () => undefined },
    workspace: { recording: () => undefined },
  } as unknown as EvidenceParts);
});
afterEach(async () => {
  await ledger.close();
  removeFolders();
});

const look = (outcome: 'success' | 'failure'): AuditEntry => ({
  action: 'play',
  person: ADA,
  outcome,
  detail: { recording: others, key: 'audit', how: 'text', masked: true, reason: 'audit' },
});

test('why it is opened is entered before the vault looks through it with the key', async () => {
  expect(await evidence.planOther({ ...wanted, recording: others, fromUs: 1 })).toEqual({ recording: others, ...sizes });
  expect(entered).toEqual([look('success')]);
  expect(asked).toEqual([{ request: 'exportPlanOther', input: { ...wanted, recording: others, live: false, fromUs: 1 }, behind: 1 }]);
});

test('where nothing comes of it, that is entered too, and nothing is planned', async () => {
  answers['exportPlanOther'] = new Refusal('bad-key-file', 'That is no audit key.');
  await expect(evidence.planOther({ ...wanted, recording: others })).rejects.toThrow('no audit key');
  expect(entered).toEqual([look('success'), look('failure')]);
  await expect(evidence.make({ ticket: 5, form: 'evidence' }, '/nowhere')).rejects.toMatchObject({ code: 'no-plan' });
});

test.each([
  ['one’s own', () => ({ recording: own }), { code: 'yours' }],
  ['what the ledger does not know', () => ({ recording: '20260101-000000-00000000' }), { code: 'no-recording' }],
  ['fewer recognisers than the default ones', () => ({ recording: others, kinds: [...standardKinds.slice(1)] }), { code: 'too-little-withheld' }],
  ['a span that ends before it begins', () => ({ recording: others, fromUs: 2, toUs: 1 }), { code: 'bad-span' }],
] as const)('%s is refused: nothing is entered, and the vault is not asked', async (_what, of, refused) => {
  await expect(evidence.planOther({ ...wanted, ...of() })).rejects.toMatchObject(refused);
  expect([entered, asked]).toEqual([[], []]);
});

test('a ledger that does not take it: the vault is not asked', async () => {
  takes = false;
  await expect(evidence.planOther({ ...wanted, recording: others })).rejects.toMatchObject({ code: 'not-entered' });
  expect(asked).toEqual([]);
});

test('by the way for one’s own nobody else’s is planned', async () => {
  await expect(evidence.plan({ ticket: 5, recording: others })).rejects.toMatchObject({ code: 'not-yours' });
  expect([entered, asked]).toEqual([[], []]);
});

test('who has come in since has nothing that is planned', async () => {
  await evidence.planOther({ ...wanted, recording: others });
  session = { person: { id: ADA } };
  await expect(evidence.make({ ticket: 5, form: 'evidence' }, '/nowhere')).rejects.toMatchObject({ code: 'no-plan' });
  expect(asked.map(({ request }) => request)).toEqual(['exportPlanOther']);
});
