/** `wardmux policy` as scripts use it: streams, exit statuses, and what the ledger has of it. */
import { closeSync, copyFileSync, cpSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { temporary } from '../../anchors/fixture.ts';
import { certifierOf, policyText } from '../../ledger/certificate.ts';
import type { Policy } from '../../policy/index.ts';
import { thumbprint } from '../../recording/wrap.ts';
import type { PublicJwk } from '../../types/keys.ts';
import { runHere } from '../../../test/support/run-here.ts';

// scrypt at its full size for each passphrase.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const words = 'kettle orbit willow prairie stamp';
let made: string;
let place: string;
let home: string;
let original: Policy;

const run = (args: readonly string[]) => runHere(args, { home, place });
const wardmux = (...args: string[]) => run(['policy', ...args]);

/** With the passphrase at a descriptor, which the command closes. */
async function opened(args: readonly string[], passphrase = words): Promise<{ status: number; out: string; err: string }> {
  writeFileSync(join(place, 'passphrase'), `${passphrase}\n`);
  const fd = openSync(join(place, 'passphrase'), 'r');
  const ran = await run([...args, '--passphrase-fd', String(fd)]);
  try {
    closeSync(fd);
  } catch {
    // The command closed it.
  }
  return ran;
}

/** Writes a policy that differs. @returns its path */
function file(name: string, change: (policy: Policy) => unknown): string {
  const path = join(place, name);
  writeFileSync(path, `${JSON.stringify(change(original), undefined, 2)}\n`);
  return path;
}
const idle = (seconds: number) => (policy: Policy) => ({ ...policy, lock: { ...policy.lock, idleSeconds: seconds } });
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const events = (): { seq: number; time: string; action: string; person?: string; detail: Record<string, unknown> }[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as never); // prettier-ignore
const changes = () => events().filter(({ action }) => action === 'policy.change');

beforeAll(async () => {
  made = place = temporary();
  home = join(made, 'home');
  expect(await opened(['init', '--name', 'Ada', '--preset', 'nursing', '--audit-key-out', join(made, 'audit.json')])).toMatchObject({ status: 0 });
});
beforeEach(() => {
  place = temporary();
  home = join(place, 'home');
  cpSync(join(made, 'home'), home, { recursive: true });
  original = JSON.parse(readFileSync(join(home, 'policy.json'), 'utf8')) as Policy;
});

test('check says everything that is wrong with a file, where, and what is allowed there, and needs no installation', async () => {
  home = join(place, 'none');
  const path = file('wrong.json', (policy) => ({
    ...policy,
    workstation: { ...policy.workstation, class: 'ward' },
    lock: { ...policy.lock, idleSeconds: 3600 },
    telemetry: true,
    anchors: [{ name: 'Share', kind: 'file', folder: '/mnt' }],
  }));
  const { status, out, err } = await wardmux('check', path);
  expect(status).toBe(1);
  const line = (words: string): number =>
    readFileSync(path, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes(words)) + 1;
  expect(out.split('\n')).toEqual(
    expect.arrayContaining([
      `line ${line('"class"')}: workstation.class must be one of "shared-clinical", "nursing", "it-office", "remote". Allowed: one of "shared-clinical", "nursing", "it-office", "remote".`,
      `line ${line('idleSeconds')}: lock.idleSeconds must be at most 900. Allowed: a whole number from 30 to 900.`,
      expect.stringMatching(/^line 1: the top level has what is not known here: "telemetry"\. Allowed: an object with \$schema, format, /),
      expect.stringMatching(new RegExp(`^line ${line('"Share"')}: anchors\\.0\\.name is not a name: .* Allowed: text`)),
    ]),
  );
  expect(err).toBe(`${path} is no policy: 4 things are wrong. Nothing was changed.\n`);
  const report = JSON.parse((await wardmux('check', path, '--json')).out) as { good: boolean; findings: { field: string; help: string | null }[] };
  expect(report).toMatchObject({ good: false });
  expect(report.findings.find(({ field }) => field === 'lock.idleSeconds')?.help).toContain('until the lock');
  writeFileSync(path, '{\n "lock": oops');
  expect(await wardmux('check', path)).toMatchObject({ status: 1, out: 'the file is not JSON: line 2, column 10 is wrong.\n' });
  expect(await wardmux('check', join(place, 'nothing'))).toMatchObject({ status: 1, err: expect.stringContaining('There is no file at') });
});

test('check of a good file tells where it is weaker than the preset of its class', async () => {
  const path = file('good.json', (policy) => ({ ...idle(900)(policy), $schema: './policy.schema.json' }));
  const good = await wardmux('check', path);
  expect(good).toMatchObject({ status: 0, out: `${path} is a policy that Wardmux takes.\n` });
  expect(good.err).toBe('note: weaker than the preset of the class nursing: lock.idleSeconds is 900, the preset has 300 (4.2, nursing: T_lock 5 min).\n');
  expect(await wardmux('check', join(home, 'policy.json'))).toMatchObject({ status: 0, err: '' });
});

test('diff marks each change, with both values', async () => {
  const path = file('next.json', (policy) => ({ ...idle(900)(policy), workstation: { ...policy.workstation, name: 'ward-9' }, recording: { ...policy.recording, reserveMebibytes: 1024 } })); // prettier-ignore
  const { status, out, err } = await wardmux('diff', path);
  expect(status).toBe(0);
  expect(out).toMatch(/^WHICH WAY +FIELD +BEFORE +AFTER\nneither +workstation\.name +"[^"]+" +"ward-9"\nweaker +lock\.idleSeconds +300 +900\nstronger +recording\.reserveMebibytes +512 +1024\n$/); // prettier-ignore
  expect(err).toBe('1 change makes this workstation weaker.\n');
  expect(JSON.parse((await wardmux('diff', path, '--json')).out)).toMatchObject({
    sha256: sha256(path),
    previousSha256: sha256(join(home, 'policy.json')),
    rollbackTo: null,
  });
  expect(await wardmux('diff', join(home, 'policy.json'))).toMatchObject({ status: 0, out: 'It is the policy in force.\n' });
  // Nothing of that has changed anything.
  expect(changes()).toHaveLength(1);
});

test('diff shows a long value to its end: who signs it has read all of it', async () => {
  const banner = `${'This workstation is recorded. '.repeat(14)}Nobody looks at what is recorded.`;
  const path = file('long.json', (policy) => ({ ...policy, workstation: { ...policy.workstation, banner } }));
  const { status, out } = await wardmux('diff', path);
  expect(status).toBe(0);
  expect(out).toMatch(/… \(\d+ characters\)\n/);
  expect(out.endsWith(`\nworkstation.banner, after:\n${JSON.stringify(banner)}\n`)).toBe(true);
  expect(JSON.parse((await wardmux('diff', path, '--json')).out).differences).toMatchObject([{ path: 'workstation.banner', after: JSON.stringify(banner) }]);
});

test('apply takes a file into force with a passphrase and no other way; show and history tell it from the ledger', async () => {
  const path = file('next.json', idle(900));
  const before = readFileSync(join(home, 'policy.json'));
  expect(await opened(['policy', 'apply', path], 'not the passphrase at all')).toMatchObject({ status: 4 });
  expect(changes()).toHaveLength(1);
  expect(readFileSync(join(home, 'policy.json'))).toEqual(before);
  const applied = await opened(['policy', 'apply', path]);
  expect(applied).toMatchObject({
    status: 0,
    out: expect.stringMatching(/weaker +lock\.idleSeconds +300 +900/),
    err: expect.stringContaining('1 change makes this workstation weaker.'),
  });
  expect(applied.err).toContain('The policy is in force: version 2.');
  expect(readFileSync(join(home, 'policy.json'))).toEqual(readFileSync(path));
  const [first, second] = changes() as [ReturnType<typeof changes>[number], ReturnType<typeof changes>[number]];
  expect(second.detail).toMatchObject({
    sha256: sha256(path),
    previousSha256: first.detail['sha256'],
    version: 2,
    changes: ['lock.idleSeconds weaker 300 900'],
  });
  expect(second.person).toMatch(/^p-/);
  const shown = JSON.parse((await wardmux('show', '--json')).out) as { version: number; by: string; from: string; to: null; policy: Policy };
  expect(shown).toMatchObject({ version: 2, by: second.person, from: second.time, to: null, policy: { lock: { idleSeconds: 900 } } });
  expect((await wardmux('show')).out).toMatch(/^policy +version 2\nsha256 .*\nin force from .*\nuntil +now\nby +p-[\s\S]*lock\.idleSeconds +900\n/);
  // Between the two the first one was in force, and before it none.
  const between = new Date(Date.parse(second.time) - 1).toISOString();
  expect(JSON.parse((await wardmux('show', '--at', between, '--json')).out)).toMatchObject({
    version: 1,
    by: second.person,
    to: second.time,
    policy: { lock: { idleSeconds: 300 } },
  });
  expect(JSON.parse((await wardmux('show', '--at', second.time, '--json')).out)).toMatchObject({ version: 2 });
  expect(await wardmux('show', '--at', '2001-01-01')).toMatchObject({
    status: 1,
    err: expect.stringContaining('No policy was in force at 2001-01-01T23:59:59.999Z'),
  });
  for (const wrong of ['yesterday', '2026-02-30', '2026-11-28T10:00'])
    expect(await wardmux('show', '--at', wrong)).toMatchObject({ status: 2, err: expect.stringContaining('It is a day as 2026-11-28') });
  expect((await wardmux('history')).out).toMatch(/^VERSION +FROM +BY +SHA-256 +KEPT +ROLL-BACK +CHANGES\n1 .* yes\n2 .* yes +lock\.idleSeconds weaker\n$/);
  expect(await opened(['policy', 'apply', path])).toMatchObject({ status: 0, err: expect.stringContaining('nothing to accept') });
});

test('an older policy that comes back is found and named, wherever it comes from', async () => {
  const [old, next] = [join(place, 'old.json'), file('next.json', idle(600))];
  copyFileSync(join(home, 'policy.json'), old);
  expect(await opened(['policy', 'apply', next])).toMatchObject({ status: 0 });
  expect((await wardmux('diff', old)).out).toContain('This is version 1, which was in force before: a roll-back.\n');
  // Put there by a program it is a wish, and named as what it is.
  copyFileSync(old, join(home, 'policy.json'));
  expect((await wardmux('show')).err).toContain(
    `${join(home, 'policy.json')} is version 1, which was in force before, and is not in force: lock.idleSeconds: 600 -> 300 (stronger).`,
  );
  // What it says to do about a change that nobody meant does that.
  const back = /To have the file back: cp '(.*)' '(.*)'/.exec((await wardmux('show')).err)!;
  copyFileSync(back[1]!, back[2]!);
  expect((await wardmux('show')).err).not.toContain('is not in force');
  copyFileSync(old, join(home, 'policy.json'));
  // Applying what is in force puts the file back.
  expect(await opened(['policy', 'apply', next])).toMatchObject({ status: 0, err: expect.stringContaining('stands in') });
  expect(readFileSync(join(home, 'policy.json'))).toEqual(readFileSync(next));
  expect(await opened(['policy', 'apply', old])).toMatchObject({ status: 0, out: expect.stringContaining('a roll-back') });
  expect(changes().at(-1)?.detail).toMatchObject({ version: 3, rollbackTo: 1, changes: ['lock.idleSeconds stronger 600 300'] });
  expect((await wardmux('history')).out).toMatch(/\n3 .* a roll-back to version 1 +lock\.idleSeconds stronger\n$/);
  expect((await wardmux('show')).out).toMatch(/^policy +version 3, the same as version 1: a roll-back\n/);
});

test('an old policy counts because the ledger has its digest: one that was changed or is gone is not shown', async () => {
  const first = changes()[0]!;
  expect(await opened(['policy', 'apply', file('next.json', idle(600))])).toMatchObject({ status: 0 });
  const kept = join(home, 'policies', `${String(first.detail['sha256'])}.json`);
  writeFileSync(kept, JSON.stringify(idle(30)(original)));
  const refused = { status: 1, err: expect.stringContaining(`The policy with the SHA-256 ${String(first.detail['sha256'])} was in force once`) };
  expect(await wardmux('show', '--at', first.time)).toMatchObject(refused);
  expect((await wardmux('history')).out).toMatch(/\n1 .* no\n2 .* yes /);
  rmSync(kept);
  expect(await wardmux('show', '--at', first.time)).toMatchObject(refused);
  // What is in force is shown all the same.
  expect(await wardmux('show')).toMatchObject({ status: 0 });
});

test('a malformed file is never applied, and nothing is asked for it', async () => {
  const path = file('wrong.json', idle(1));
  for (const command of ['diff', 'apply'])
    expect(await wardmux(command, path)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/is not valid at lock\.idleSeconds \(line \d+\): must be at least 30\./),
    });
  expect(changes()).toHaveLength(1);
  expect(readdirSync(join(home, 'policies'))).toHaveLength(1);
});

test('a preset is shown with where each value comes from, and a first run begins with it', async () => {
  expect((await wardmux('show', '--preset', 'strict')).out).toMatch(
    /^strict: .*\nFIELD +VALUE +FROM \(requirements\)\n[\s\S]*lock\.idleSeconds +120 +4\.2, admin role in any class: T_lock 2 min\n/,
  );
  expect(JSON.parse((await wardmux('show', '--preset', 'remote', '--json')).out)).toMatchObject({ preset: 'remote' });
  expect(await wardmux('show', '--preset', 'home')).toMatchObject({ status: 2, err: expect.stringContaining('Allowed choices are') });
  home = join(place, 'strict');
  expect(await opened(['init', '--name', 'Ada', '--preset', 'strict', '--audit-key-out', join(place, 'audit.json')])).toMatchObject({ status: 0 });
  expect(JSON.parse((await wardmux('show', '--json')).out)).toMatchObject({
    version: 1,
    policy: {
      workstation: { class: 'shared-clinical' },
      lock: { idleSeconds: 120, warnSeconds: 15, maxHours: 8, clearClipboard: true },
      consent: { version: 1 },
      hosts: { newKeys: 'refuse', passwords: false },
    },
  });
});

test('the text of the policy is accepted once for each text, as an event with its digest', async () => {
  expect(await wardmux('consent')).toMatchObject({ status: 0, out: '', err: expect.stringContaining('no text') });
  const text = 'For patient care only.\nYou are recorded.';
  const asks = (version: number, words = text) =>
    file(`consent-${version}-${words.length}.json`, (policy) => ({ ...policy, consent: { version, text: words } }));
  expect(await opened(['policy', 'apply', asks(1)])).toMatchObject({ status: 0 });
  expect(await wardmux('consent')).toEqual({ status: 0, out: `${text}\n`, err: expect.stringContaining('wardmux policy consent --accept 1') });
  expect(await opened(['policy', 'consent', '--accept', '2'])).toMatchObject({ status: 2, err: expect.stringContaining('version 1') });
  for (let n = 0; n < 2; n++)
    expect(await opened(['policy', 'consent', '--accept', '1'])).toMatchObject({ status: 0, err: expect.stringContaining('has accepted version 1') });
  const accepted = () => events().filter(({ action }) => action === 'consent.accepted');
  expect(accepted().map(({ detail, person }) => [person?.slice(0, 2), detail])).toEqual([
    ['p-', { version: 1, sha256: createHash('sha256').update(text).digest('hex'), policySha256: sha256(join(home, 'policy.json')) }],
  ]);
  // Another number, and another text under the same number, are asked for again.
  for (const next of [asks(2), asks(2, 'Other words.')]) {
    expect(await opened(['policy', 'apply', next])).toMatchObject({ status: 0 });
    expect(await opened(['policy', 'consent', '--accept', '2'])).toMatchObject({ status: 0 });
  }
  expect(accepted()).toHaveLength(3);
});

test('the schema is printed for editors', async () => {
  expect(JSON.parse((await wardmux('schema')).out)).toMatchObject({
    title: 'Wardmux policy',
    properties: { lock: { properties: { idleSeconds: { maximum: 900 } } } },
  });
});

test('where more than one person may, a weakening takes two of them, who sign the same request; anything else takes one', async () => {
  const bobs = 'walrus lantern copper meadow vivid';
  /** A passphrase at a descriptor of its own. */
  const at = (words: string): number => {
    const path = join(place, `passphrase-${words.length}-${Math.random()}`);
    writeFileSync(path, `${words}\n`);
    return openSync(path, 'r');
  };
  const added = await run([
    'person',
    'add',
    '--name',
    'Bob',
    '--role',
    'security',
    '--passphrase-fd',
    String(at(words)),
    '--new-passphrase-fd',
    String(at(bobs)),
  ]);
  expect(added).toMatchObject({ status: 0 });
  const [ada, bob] = ['Ada', 'Bob'].map((name) => {
    const people = readdirSync(join(home, 'people')).filter((each) => each.endsWith('.json'));
    return people
      .map((each) => JSON.parse(readFileSync(join(home, 'people', each), 'utf8')) as { id: string; name: string; signingKey: PublicJwk })
      .find((each) => each.name === name)!;
  }) as unknown as readonly [{ id: string; signingKey: PublicJwk }, { id: string; signingKey: PublicJwk }];
  const weaker = file('weaker.json', idle(900));
  const apply = (path: string, ...fds: [string, number][]) => run(['policy', 'apply', path, ...fds.flatMap(([option, fd]) => [option, String(fd)])]);
  const alone = await apply(weaker, ['--passphrase-fd', at(words)]);
  expect(alone).toMatchObject({ status: 1, err: expect.stringContaining('2 people may decide that') });
  expect(await apply(weaker, ['--passphrase-fd', at(words)], ['--second-passphrase-fd', at(words)])).toMatchObject({
    status: 1,
    err: expect.stringContaining(`somebody else: ${bob.id}`),
  });
  expect(await apply(weaker, ['--passphrase-fd', at(words)], ['--second-passphrase-fd', at('nobody has this passphrase')])).toMatchObject({ status: 4 });
  expect(changes()).toHaveLength(1);
  const done = await apply(weaker, ['--passphrase-fd', at(words)], ['--second-passphrase-fd', at(bobs)]);
  expect(done).toMatchObject({ status: 0, err: expect.stringMatching(/Both sign the request [0-9a-f]{64}\./) });
  const { person, detail } = changes().at(-1)!;
  expect([person, detail['second']]).toEqual([ada.id, bob.id]);
  const { installation } = JSON.parse(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').split('\n')[0]!) as { installation: string };
  const [was, is] = changes().map((each) => String(each.detail['sha256']));
  const asked = String(detail['asked']);
  const request = (by: string): Buffer => policyText({ installation, previousSha256: was!, sha256: is!, by, asked });
  const signer = (text: Buffer, key: string, signature: string): string | undefined =>
    certifierOf(text, { byKey: String(detail[key]), signature: String(detail[signature]) });
  expect(signer(request(ada.id), 'byKey', 'signature')).toBe(thumbprint(ada.signingKey));
  expect(signer(request(ada.id), 'secondKey', 'secondSignature')).toBe(thumbprint(bob.signingKey));
  expect(signer(request(bob.id), 'secondKey', 'secondSignature')).toBeUndefined();
  expect((await wardmux('history')).out).toContain(`${ada.id} and ${bob.id}`);
  // Back to what is stronger, one is enough, and either of them.
  expect(await apply(file('stronger.json', idle(60)), ['--passphrase-fd', at(bobs)])).toMatchObject({ status: 0 });
  expect(changes().at(-1)).toMatchObject({ person: bob.id, detail: expect.not.objectContaining({ second: expect.anything() }) });
});
