/** People by the command line, in real processes: who may, who may not, whose passphrase opens what, and what a file that was changed is good for. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventsOf, firstPerson, runCommand, type Event, type Ran } from './commands.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const words = { ada: 'kettle orbit willow prairie stamp', jo: 'marble canyon drizzle hammock violet', ed: 'ribbon falcon cobalt meadow trumpet' };
let place: string;
let home: string;

/** @param three what descriptor 3 gives, @param four what 4 gives. */
const wardmux = (args: readonly string[], three: string, four = ''): Ran => runCommand(place, home, args, three, four);
const three = ['--passphrase-fd', '3'];
const list = (): {
  readonly id: string;
  readonly name: string | null;
  readonly roles: string[];
  readonly state: string;
  readonly fault: string | null;
  readonly slots: unknown[];
}[] => JSON.parse(wardmux(['person', 'list', '--json'], '').out) as ReturnType<typeof list>;
const idOf = (name: string): string => list().find((one) => one.name === name)!.id;
const events = (): Event[] => eventsOf(home);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-people-'));
  home = await firstPerson(place, words.ada);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('a security admin enrols an operator and an auditor, each with a passphrase of their own', () => {
  const jo = wardmux(['person', 'add', '--name', 'Jo Varga', '--role', 'operator', ...three, '--new-passphrase-fd', '4', '--json'], words.ada, words.jo);
  expect(jo).toMatchObject({ status: 0 });
  expect(JSON.parse(jo.out)).toMatchObject({ name: 'Jo Varga', roles: ['operator'] });
  expect(wardmux(['person', 'add', '--name', 'Ed Moss', '--role', 'auditor', ...three, '--new-passphrase-fd', '4'], words.ada, words.ed).status).toBe(0);
  expect(list()).toMatchObject([
    { name: 'Ada Example', roles: ['operator', 'security'], state: 'active' },
    { name: 'Jo Varga', roles: ['operator'], state: 'active', slots: [{ type: 'passphrase' }] },
    { name: 'Ed Moss', roles: ['auditor'], state: 'active' },
  ]);
  const ada = idOf('Ada Example');
  for (const { person, detail } of events().filter(({ action, detail: { by } }) => action.startsWith('person.') && by !== undefined)) {
    expect(person).not.toBe(ada);
    expect(detail['by']).toBe(ada);
  }
});

test('whoever is no security admin enrols, grants, disables and deletes nobody, and it is an event', () => {
  const before = list();
  const deeds = [
    ['person', 'add', '--name', 'Eve', '--role', 'security', '--new-passphrase-fd', '4'],
    ['person', 'roles', 'Jo Varga', '--role', 'security'],
    ['person', 'disable', 'Ada Example'],
    ['person', 'delete', 'Ada Example'],
  ];
  for (const [n, deed] of deeds.entries()) {
    const who = n % 2 === 0 ? 'jo' : 'ed';
    const { status, err } = wardmux([...deed, ...three], words[who], words.ed);
    expect([status, err.includes('Your roles do not permit this.')], `${who} ${deed.join(' ')} ${err}`).toEqual([1, true]);
    expect(events().at(-1)).toMatchObject({ action: 'access.denied', person: idOf(who === 'jo' ? 'Jo Varga' : 'Ed Moss') });
  }
  expect(list()).toEqual(before);
});

test('nobody changes themselves, and nobody becomes security admin and auditor', () => {
  const before = list();
  for (const [args, sentence] of [
    [['person', 'roles', 'Ada Example', '--role', 'operator', '--role', 'security', '--role', 'auditor'], 'Nobody is security admin and auditor'],
    [['person', 'roles', 'Ada Example', '--role', 'operator'], 'another security admin does'],
    [['person', 'disable', 'p-ffffffffffff'], 'There is no person'],
  ] as const) {
    const { status, err } = wardmux([...args, ...three], words.ada);
    expect(status, args.join(' ')).toBe(1);
    expect(err).toContain(sentence);
  }
  expect(list()).toEqual(before);
});

test('whose passphrase it is comes in without an id; a recording opens for its person and for nobody else here', () => {
  const jo = idOf('Jo Varga');
  const ran = wardmux(['record', '--json', '--person', 'jo varga', '--', 'echo', 'patient 4711'], '');
  expect(ran).toMatchObject({ status: 0 });
  const { recording } = JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string };
  expect(wardmux(['play', recording, '--raw', ...three], words.jo)).toMatchObject({ status: 0, out: 'patient 4711\r\n' });
  expect(events().findLast(({ action }) => action === 'unlock')).toMatchObject({ person: jo, outcome: 'success', detail: { crowd: 0 } });
  for (const who of ['ada', 'ed'] as const) {
    const { status, out } = wardmux(['play', recording, '--raw', ...three], words[who]);
    expect([status === 0, out], who).toEqual([false, '']);
  }
  // By somebody else's passphrase nobody comes in under her name.
  expect(wardmux(['play', recording, '--raw', '--person', jo, ...three], words.ada)).toMatchObject({ status: 4, out: '' });
});

test('tries without an id are charged to everybody on whom they were tried, and whoever comes in next is told of them', () => {
  const wrong = 'ribbon falcon cobalt meadow nothing';
  const recording = events().findLast(({ action }) => action === 'recording.start')!.detail['recording'] as string;
  // One was given by her name, in the test before.
  for (let n = 0; n < 3; n++) expect(wardmux(['play', recording, ...three], wrong).err).toContain('That did not open it');
  const ran = wardmux(['play', recording, '--raw', '--person', 'Jo Varga', ...three], words.jo);
  expect(ran).toMatchObject({ status: 0, out: 'patient 4711\r\n' });
  expect(ran.err).toContain('4 failed tries since the last unlock');
});

test('a damaged record of one person keeps nobody else out who gives no id, and is an event', () => {
  const jo = idOf('Jo Varga');
  const file = join(home, 'people', `${jo}.json`);
  const whole = readFileSync(file);
  writeFileSync(file, '{');
  const { err } = wardmux(['person', 'disable', 'p-ffffffffffff', ...three], words.ada);
  writeFileSync(file, whole);
  // Ada was let in.
  expect(err).toContain('There is no person');
  expect(events().findLast(({ action }) => action === 'person.refused')).toMatchObject({ person: jo, detail: { reason: 'damaged' } });
});

test('a record with another’s keys in it is named by whatever says how the workstation stands, and a try by name is what one by id is', () => {
  const jo = idOf('Jo Varga');
  const ed = idOf('Ed Moss');
  const file = join(home, 'people', `${jo}.json`);
  const whole = readFileSync(file);
  const refused = (): Event[] => events().filter(({ action }) => action === 'person.refused');
  writeFileSync(
    file,
    readFileSync(join(home, 'people', `${ed}.json`), 'utf8')
      .replaceAll(ed, jo)
      .replaceAll('Ed Moss', 'Jo Varga'),
  );
  try {
    const before = refused().length;
    expect(wardmux(['person', 'list'], '')).toMatchObject({ status: 59, err: expect.stringContaining(`${jo}.json holds other keys`) as string });
    expect(wardmux(['ledger', 'verify'], '')).toMatchObject({
      status: 59,
      out: expect.stringMatching(/^changed-person: [^]*Restore it from a backup/) as string,
    });
    expect(wardmux(['selftest'], '')).toMatchObject({ status: 57, out: expect.stringContaining(`${jo}.json holds other keys`) as string });
    expect(wardmux(['posture'], '').out).toContain(`not so: ${jo}`);
    expect(refused()).toHaveLength(before);
    for (const who of [jo, 'jo varga']) {
      const { status, err } = wardmux(['record', '--person', who, '--', 'echo', 'never'], '');
      expect([status, err.includes('Restore it from a backup')], who).toEqual([125, true]);
    }
    expect(
      refused()
        .slice(before)
        .map(({ person, detail }) => [person, detail['reason']]),
    ).toEqual([
      [jo, 'keys'],
      [jo, 'keys'],
    ]);
    // Another name in it takes nobody's away: whose record is the ledger's comes first.
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Jo Varga', 'Ed Moss'));
    expect(wardmux(['play', 'none', '--person', 'Ed Moss', ...three], words.ed).err).not.toContain('as the ledger has it');
  } finally {
    writeFileSync(file, whole);
  }
  expect(wardmux(['person', 'list'], '').status).toBe(0);
  expect(wardmux(['ledger', 'verify'], '').status).toBe(0);
});

test('a disabled person opens nothing, and a deleted one never again, whatever record is put in their place', () => {
  const jo = idOf('Jo Varga');
  const file = join(home, 'people', `${jo}.json`);
  const recording = events().findLast(({ action }) => action === 'recording.start')!.detail['recording'] as string;
  const admin = ['--person', 'Ada Example', ...three];
  expect(wardmux(['person', 'disable', jo, ...admin], words.ada)).toMatchObject({ status: 0 });
  expect(wardmux(['play', recording, '--person', jo, ...three], words.jo)).toMatchObject({ status: 2, out: '' });
  expect(wardmux(['record', '--person', jo, '--', 'echo', 'never'], '').status).not.toBe(0);
  expect(wardmux(['person', 'enable', jo, ...admin], words.ada)).toMatchObject({ status: 0 });
  const whole = readFileSync(file);
  expect(wardmux(['person', 'delete', jo, ...admin], words.ada)).toMatchObject({ status: 0 });
  expect(readFileSync(file, 'utf8')).not.toContain('ciphertext');
  expect(wardmux(['person', 'enable', jo, ...admin], words.ada).err).toContain('for ever');
  writeFileSync(file, whole);
  const { status, err } = wardmux(['play', recording, '--person', jo, ...three], words.jo);
  expect([status, err.includes('as the ledger has it')]).toEqual([4, true]);
  expect(list().find(({ id }) => id === jo)).toMatchObject({ state: 'deleted', fault: 'record', name: null });
  // The audit key opens what she recorded.
  expect(wardmux(['play', recording, '--raw', '--key', join(place, 'audit-key.json')], '')).toMatchObject({ status: 0, out: 'patient 4711\r\n' });
  expect(wardmux(['ledger', 'verify'], '').status).toBe(0);
});
