/** A program of the same account writes into the data folder: it becomes no reader of a recording, and turns no lock off. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { policyDifferences } from '../../src/policy/difference.ts';
import type { Policy } from '../../src/policy/types.ts';
import { generateAuditKey } from '../../src/recording/wrap.ts';
import { readHeader } from '../../src/recording/reader.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { homePaths, openSigner, requireInstallation } from '../../src/storage/index.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { verifier } from './fixture.ts';
import { commandScript } from '../support/command.ts';
import { FileSecretStore } from '../../src/storage/secret-store.ts';
import { firstRun } from '../../src/services/installation/first-run.ts';
import { firstHome, firstWords as words, ownFolder } from '../support/first-home.ts';
import { forAudit } from '../support/disclosure.ts';

/** Each step is a process of its own, some with a key derivation: on a busy machine a test takes half a minute. */
vi.setConfig({ testTimeout: 120_000 });

let place: string;
let home: string;
let original: Policy;
const path = (): string => join(home, 'policy.json');

beforeEach(async () => {
  place = ownFolder();
  home = join(place, 'home');
  const { identity } = await firstHome(place);
  identity.destroy();
  original = JSON.parse(readFileSync(path(), 'utf8')) as Policy;
  writeFileSync(join(place, 'passphrase'), `${words}\n`);
  writeFileSync(join(place, 'wrong'), 'not the passphrase\n');
});

function wardmux(args: readonly string[], secret = 'passphrase'): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `exec "$@" 3< '${join(place, secret)}'`, 'wardmux', process.execPath, '--disable-sigusr1', commandScript, ...args],
    {
      env: { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home },
      encoding: 'utf8',
    },
  );
  return { status, out: stdout, err: stderr };
}
const accept = (secret?: string) => wardmux(['policy', 'accept', '--passphrase-fd', '3'], secret);
const events = (): { action: string; person?: string; detail: Record<string, unknown> }[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as never); // prettier-ignore

/** Records something. @returns the thumbprints that can open it, and the policy that its header names. */
async function recipients(): Promise<{ kids: string[]; policy: string }> {
  const before = readdirSync(join(home, 'recordings'));
  expect(wardmux(['record', '--', 'echo', 'patient']).status).toBe(0);
  const [id] = readdirSync(join(home, 'recordings')).filter((name) => !before.includes(name));
  const { header } = (await readHeader(join(home, 'recordings', id!), 0))!;
  return { kids: header.recipients.filter(({ role }) => role === 'audit').map(({ kid }) => kid), policy: header.policySha256 };
}

test('an audit key that is written into policy.json reads nothing until somebody who may has accepted it', async () => {
  const honest = await recipients();
  const stranger = generateAuditKey();
  writeFileSync(
    path(),
    JSON.stringify({ ...original, auditKeys: [...original.auditKeys, { kid: stranger.recipient.kid, label: 'Nobody', jwk: stranger.recipient.jwk }] }),
  );
  expect(await recipients()).toEqual(honest);
  const said = wardmux(['record', '--', 'true']);
  expect(said.err).toContain('is not in force');
  expect(said.err).toContain(`auditKeys.${stranger.recipient.kid}: nothing -> "Nobody"`);
  expect(
    events()
      .filter(({ action }) => action === 'policy.refused')
      .at(-1)?.detail,
  ).toMatchObject({ reason: 'changed' });
  // Who cannot open an identity accepts nothing.
  expect(accept('wrong')).toMatchObject({ status: 4 });
  expect(await recipients()).toEqual(honest);
  // A person who may: the difference is shown, and the ledger has both digests.
  const accepted = accept();
  expect(accepted).toMatchObject({
    status: 0,
    out: expect.stringMatching(new RegExp(`\\nweaker +auditKeys\\.${stranger.recipient.kid} +nothing +"Nobody"\\n$`)),
    err: expect.stringContaining('1 change makes this workstation weaker.'),
  });
  const change = events()
    .filter(({ action }) => action === 'policy.change')
    .at(-1)!;
  expect(change.detail).toMatchObject({ previousSha256: honest.policy, auditKeys: [...honest.kids, stranger.recipient.kid] });
  expect(change.person).toMatch(/^p-/);
  expect(await recipients()).toEqual({ kids: [...honest.kids, stranger.recipient.kid], policy: change.detail['sha256'] });
  expect(accept()).toMatchObject({ status: 0, err: expect.stringContaining('nothing to accept') });
});

test('a policy that is replaced in the middle of the first run is a wish like any other', async () => {
  const stranger = generateAuditKey();
  const folder = join(place, 'raced');
  const parameters = newScryptParameters();
  let raced = false;
  const { identity, auditKid, policySha256 } = await firstRun({
    home: folder,
    name: 'Ada Example',
    passphrase: Buffer.from(words),
    auditKeyPath: join(place, 'raced-audit.json'),
    chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
    // Asked for when the policy is written and the person is not: the attacker has half a second there.
    get kdf() {
      const written = join(folder, 'policy.json');
      if (!raced && existsSync(written)) {
        const wish = JSON.parse(readFileSync(written, 'utf8')) as Policy;
        writeFileSync(
          written,
          JSON.stringify({ ...wish, auditKeys: [...wish.auditKeys, { kid: stranger.recipient.kid, label: '', jwk: stranger.recipient.jwk }] }),
        );
        raced = true;
      }
      return parameters;
    },
  });
  identity.destroy();
  expect(raced).toBe(true);
  home = folder;
  expect(await recipients()).toEqual({ kids: [auditKid], policy: policySha256 });
  expect(wardmux(['record', '--', 'true']).err).toContain(`auditKeys.${stranger.recipient.kid}: nothing -> ""`);
});

test('an event that gives other audit keys than the policy that it names is no policy', async () => {
  const stranger = generateAuditKey();
  const bytes = readFileSync(path());
  const ledger = await Ledger.open({
    folder: join(home, 'ledger'),
    installation: requireInstallation(homePaths(home)).id,
    signer: await openSigner(homePaths(home)),
  });
  const person = ledger.facts.active()[0]!;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await ledger.append({ action: 'policy.change', person, detail: { sha256, auditKeys: [stranger.recipient.kid], changes: [] } });
  await ledger.close();
  const words = `with the audit keys ${stranger.recipient.kid}, and that policy names ${original.auditKeys[0]!.kid}`;
  expect(wardmux(['record', '--', 'true'])).toMatchObject({ status: 125, err: expect.stringContaining(words) });
  expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 7, out: expect.stringContaining(words) });
  expect(accept()).toMatchObject({ status: 1, err: expect.stringContaining(words) });
  expect(readdirSync(join(home, 'recordings'))).toEqual([]);
});

test('an event in nobody’s name takes no policy into force, and is found', async () => {
  const ledger = await Ledger.open({
    folder: join(home, 'ledger'),
    installation: requireInstallation(homePaths(home)).id,
    signer: await openSigner(homePaths(home)),
  });
  const person = ledger.facts.active()[0]!;
  await ledger.append({ action: 'policy.change', detail: { sha256: 'ab'.repeat(32), auditKeys: [generateAuditKey().recipient.kid], changes: [] } });
  const { encryptionKey, signingKey, record } = ledger.facts.person(person)!;
  await ledger.append({ action: 'person.keys', person, detail: { encryptionKey, signingKey, record, slots: 'ab'.repeat(32) } });
  await ledger.close();
  expect((await recipients()).kids).toEqual(original.auditKeys.map(({ kid }) => kid));
  expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 7, out: expect.stringContaining('policy.change') });
  // It was never in force, so nothing that lists or proves what was has it: also where the next one has come.
  const versions = (): { sha256: string; previousSha256: string | null }[] => JSON.parse(wardmux(['policy', 'history', '--json']).out) as never;
  const exported = (): unknown[] => {
    const id = readdirSync(join(home, 'recordings')).toSorted().at(-1)!;
    const bundle = join(place, `bundle-${id}`);
    expect(wardmux(['export', id, '--output', bundle, ...forAudit, '--passphrase-fd', '3'])).toMatchObject({ status: 0 });
    const trust = join(place, 'trust.json');
    writeFileSync(trust, wardmux(['trust']).out);
    const [ours, theirs] = [
      wardmux(['verify', bundle, '--trust', trust, '--json']),
      spawnSync('python3', ['-B', verifier, bundle, '--trust', trust, '--json']),
    ];
    expect(JSON.parse(ours.out)).toEqual(JSON.parse(theirs.stdout.toString()));
    expect(JSON.parse(ours.out)).toMatchObject({ good: true, facts: { policyReplaced: false } });
    return readFileSync(join(bundle, 'ledger.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse((JSON.parse(line) as { event: string }).event) as { action: string }).action); // prettier-ignore
  };
  expect(versions()).toHaveLength(1);
  expect(exported().filter((action) => action === 'policy.change' || action === 'person.keys')).toEqual(['person.keys', 'policy.change']);
  writeFileSync(path(), JSON.stringify({ ...original, lock: { ...original.lock, idleSeconds: 60 } }));
  expect(accept()).toMatchObject({ status: 0 });
  await recipients();
  expect(exported().filter((action) => action === 'policy.change')).toHaveLength(2);
  expect(versions()).toMatchObject([{}, { previousSha256: versions()[0]!.sha256 }]);
});

test('a policy that was accepted once and put back from a backup is a wish again', async () => {
  copyFileSync(path(), join(place, 'old.json'));
  writeFileSync(path(), JSON.stringify({ ...original, lock: { idleSeconds: 60, warnSeconds: 10 } }));
  expect(accept()).toMatchObject({ status: 0, out: expect.stringMatching(/\nstronger +lock\.idleSeconds +300 +60\nneither +lock\.warnSeconds +30 +10\n/) });
  const now = await recipients();
  copyFileSync(join(place, 'old.json'), path());
  expect(await recipients()).toEqual(now);
  // Nor does it help to write into the copy that is kept: its name is its digest.
  for (const name of readdirSync(join(home, 'policies'))) copyFileSync(join(place, 'old.json'), join(home, 'policies', name));
  expect(wardmux(['record', '--', 'true'])).toMatchObject({ status: 125, err: expect.stringContaining('Restore one of them from a backup') });
});

test('a ledger that was set back is not good when the policy that names its anchor is taken away: who has no policy in force cannot look', () => {
  const drop = join(place, 'drop');
  mkdirSync(drop);
  expect(wardmux(['anchor', 'add', 'share', '--file', drop]).status).toBe(0);
  expect(accept().status).toBe(0);
  const old = join(place, 'old-home');
  cpSync(home, old, { recursive: true });
  expect(wardmux(['record', '--', 'true']).status).toBe(0);
  expect(wardmux(['anchor', 'test']).status).toBe(0);
  expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 0 });
  rmSync(home, { recursive: true });
  cpSync(old, home, { recursive: true });
  expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 51 });
  const [inForce] = events().filter(({ action }) => action === 'policy.change').slice(-1); // prettier-ignore
  const forged: Record<string, () => void> = {
    'all are gone': () => (rmSync(path()), rmSync(join(home, 'policies'), { recursive: true })),
    'an older one stands there': () => {
      rmSync(join(home, 'policies', `${String(inForce!.detail['sha256'])}.json`));
      writeFileSync(path(), `${JSON.stringify(original, undefined, 2)}\n`);
    },
  };
  for (const [what, write] of Object.entries(forged)) {
    rmSync(home, { recursive: true });
    cpSync(old, home, { recursive: true });
    write();
    const said = wardmux(['ledger', 'verify']);
    expect(said, what).toMatchObject({ status: 7, out: expect.stringMatching(/^bad-policy: The policy in force has the SHA-256 /) });
  }
});

test('after another audit key took its place the trust file names both, each with its time, and evidence of both times is good', () => {
  const bundle = (name: string): string => {
    const known = readdirSync(join(home, 'recordings'));
    expect(wardmux(['record', '--', 'echo', name]).status).toBe(0);
    const id = readdirSync(join(home, 'recordings')).find((each) => !known.includes(each))!;
    expect(wardmux(['export', id, '--output', join(place, name), ...forAudit, '--passphrase-fd', '3'])).toMatchObject({ status: 0 });
    return join(place, name);
  };
  const judge = (folder: string, trust: unknown): string => {
    writeFileSync(join(place, 'trust.json'), typeof trust === 'string' ? trust : `${JSON.stringify(trust, undefined, 2)}\n`);
    const here = wardmux(['verify', folder, '--trust', join(place, 'trust.json'), '--json']);
    const there = spawnSync('python3', [verifier, folder, '--trust', join(place, 'trust.json'), '--json'], { encoding: 'utf8' });
    expect(there.stdout).toBe(here.out);
    expect(there.status).toBe(here.status);
    return (JSON.parse(here.out) as { code?: string }).code ?? 'good';
  };
  const [first, second] = [original.auditKeys[0]!, generateAuditKey().recipient];
  const earlier = bundle('earlier');
  const stale = wardmux(['trust']).out;
  writeFileSync(path(), JSON.stringify({ ...original, auditKeys: [{ kid: second.kid, label: 'The next one', jwk: second.jwk }] }));
  expect(accept().status).toBe(0);
  const later = bundle('later');
  const changes = events().flatMap(({ action }, seq) => (action === 'policy.change' ? [seq] : []));
  expect(changes).toHaveLength(2);
  const [put, replaced] = changes as [number, number];
  const { out } = wardmux(['trust']);
  const trust = JSON.parse(out) as { auditKeys: { kid: string; inForce: { from: number; to: number | null }[] }[] };
  expect(trust.auditKeys.map(({ kid, inForce }) => ({ kid, inForce }))).toEqual([
    { kid: first.kid, inForce: [{ from: put, to: replaced }] },
    { kid: second.kid, inForce: [{ from: replaced, to: null }] },
  ]);
  expect(judge(earlier, out)).toBe('good');
  expect(judge(later, out)).toBe('good');
  // An auditor who has the file from before cannot know the later key.
  expect(judge(earlier, stale)).toBe('good');
  expect(judge(later, stale)).toBe('bad-recipients');
  const [one, two] = trust.auditKeys as [(typeof trust.auditKeys)[number], (typeof trust.auditKeys)[number]];
  const said = (...auditKeys: unknown[]): unknown => ({ ...trust, auditKeys });
  expect(judge(earlier, said({ ...one, inForce: [{ from: put, to: put + 1 }] }, two))).toBe('bad-recipients');
  expect(judge(earlier, said({ ...one, inForce: [{ from: put + 1, to: replaced }] }, two))).toBe('bad-recipients');
  expect(judge(later, said(one, { ...two, inForce: [{ from: replaced + 1, to: null }] }))).toBe('bad-recipients');
  expect(judge(earlier, said(two))).toBe('bad-recipients');
  // A key that a file wishes for, or that lies among the kept policies, was never in force.
  const wish = JSON.stringify({ ...original, auditKeys: [{ ...second, label: 'x' }, first].map(({ kid, label, jwk }) => ({ kid, label, jwk })) });
  writeFileSync(path(), wish);
  writeFileSync(join(home, 'policies', `${createHash('sha256').update(wish).digest('hex')}.json`), wish);
  expect(wardmux(['trust']).out).toBe(out);
  // Without the policy of then nobody can say which key it was.
  const before = events()[put]!.detail['sha256'] as string;
  rmSync(join(home, 'policies', `${before}.json`));
  expect(wardmux(['trust'])).toMatchObject({ status: 1, err: expect.stringContaining(`The policy with the SHA-256 ${before} was in force once`) });
});

test('what cannot be read is not accepted, and malformed bytes never reach the ledger', () => {
  for (const content of ['', 'not json', '{"format":"wardmux-policy"}', JSON.stringify({ ...original, auditKeys: [] })]) {
    writeFileSync(path(), content);
    const before = events().length;
    expect(accept()).toMatchObject({ status: 1, err: expect.stringContaining('stays the one before') });
    expect(events()).toHaveLength(before);
    expect(existsSync(path())).toBe(true);
  }
});

test('every change of a policy is a difference, and nothing else is', () => {
  const policy = fc.record({
    workstation: fc.record({ name: fc.string(), banner: fc.string() }),
    lock: fc.record({ idleSeconds: fc.nat(5), clearClipboard: fc.option(fc.boolean(), { nil: undefined }) }),
    auditKeys: fc.uniqueArray(fc.record({ kid: fc.constantFrom('a', 'b', 'c'), label: fc.constantFrom('x', 'y') }), { selector: ({ kid }) => kid }),
    network: fc.uniqueArray(fc.constantFrom('h', 'i', 'j'), { maxLength: 3 }),
    anchors: fc.option(fc.uniqueArray(fc.record({ name: fc.constantFrom('p', 'q'), folder: fc.constantFrom('/x', '/y') }), { selector: ({ name }) => name }), {
      nil: undefined,
    }),
  });
  /** Order of named rows and of hosts says nothing; everything else does. */
  const meaning = (value: object): string => {
    const { auditKeys = [], anchors, network = [], ...rest } = value as { auditKeys?: { kid: string }[]; anchors?: { name: string }[]; network?: string[] };
    const byName = (rows: readonly object[] | undefined): unknown => rows && [...rows].map((row) => JSON.stringify(row)).sort();
    return JSON.stringify([rest, byName(auditKeys), byName(anchors), [...network].sort()]);
  };
  fc.assert(
    fc.property(policy, policy, (one, two) => {
      const found = policyDifferences(one as never, two as never);
      expect(found.length === 0).toBe(meaning(one) === meaning(two));
      expect(policyDifferences(one as never, one as never)).toEqual([]);
      for (const { before, after } of found) expect(before).not.toBe(after);
    }),
    { numRuns: 500 },
  );
});

test('a policy.json that is gone or malformed: the sentence says where and what to do, and doing it is enough', () => {
  const before = readFileSync(path());
  writeFileSync(path(), '{\n  "format": oops\n}');
  expect(wardmux(['record', '--', 'true']).err).toContain('is not JSON: line 2, column 13 is wrong. It is left as it is. Correct it there');
  rmSync(path());
  const { err } = wardmux(['record', '--', 'true']);
  const copy = /To have the file back: (cp '.*' '.*')/.exec(err)?.[1];
  expect(spawnSync('bash', ['-c', copy ?? 'exit 9']).status, err).toBe(0);
  expect(readFileSync(path())).toEqual(before);
  expect(wardmux(['record', '--', 'true']).err).toBe('');
});
