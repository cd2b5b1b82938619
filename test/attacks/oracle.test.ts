/** A vault host that was taken over asks main for signatures: it gets none but for the bundle that is being exported. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RECORDING, unlocked, type Rig } from '../../main/app.fixture.ts';
import { composeSums, ed25519SshKey, EXPORT_NAMESPACE, parseTrust, readVerifier, sshVerify, type BundleStatement } from '../../src/export/index.ts';
import { openHome, requireInstallation } from '../../src/storage/index.ts';
import { version } from '../../src/version.ts';
import type { Flat } from '../../src/process/flat.fixture.ts';
import type { VaultInput } from '../../src/vault/service.ts';
import { waitFor } from '../support/wait-for.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const events = (home: string): { action: string; detail: Record<string, unknown> }[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string; detail: Record<string, unknown> });

async function withPane(): Promise<Rig & { person: string }> {
  const made = await unlocked();
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  made.ask('workspace.size', { cols: 80, rows: 24 });
  await waitFor(() => expect(events(made.home).some(({ action }) => action === 'pane.open')).toBe(true));
  return { ...made, person: made.vaultHeard.find(({ type }) => type === 'unlockPassphrase')!['person'] as string };
}

const statement = (person: string): BundleStatement => ({
  recording: RECORDING,
  person,
  started: '2026-11-28T02:00:00.000Z',
  state: 'open',
  records: 3,
  root: digest('root'),
  proven: 3,
  outputBytes: 10,
  disclosed: 2,
  withheld: 0,
  reason: 'none',
  exported: '2026-11-28T02:01:00.000Z',
  evidence: digest('evidence'),
  ledger: digest('ledger'),
  cast: digest('cast'),
});

async function exporting(made: Rig): Promise<VaultInput<'export'> & { readonly id: number }> {
  const before = made.vaultHeard.length;
  const pane = events(made.home).find(({ action }) => action === 'pane.open')!.detail['pane'];
  const [ticket, posted] = [before, made.posted.length];
  made.ask('export.plan', { ticket, pane });
  await waitFor(() => expect(made.posted.slice(posted).some(({ output }) => (output as { clearBytes?: number } | undefined)?.clearBytes === 10)).toBe(true));
  made.ask('export.start', { ticket, form: 'evidence', path: '/nonexistent/bundle' });
  let asked: Flat | undefined;
  await waitFor(() => {
    asked = made.vaultHeard.slice(before).find(({ type }) => type === 'export');
    expect(asked).toBeDefined();
  });
  return asked as unknown as VaultInput<'export'> & { readonly id: number };
}

test('bytes, checkpoints and bundles that nobody asked for are not signed, and the attempt is in the ledger', async () => {
  const made = await withPane();
  made.vaultSays({ type: 'sign', request: 0, bytes: Buffer.from('wardmux.localhost/w-0/ledger\n99\n') });
  made.vaultSays({ type: 'attest', ticket: 99, statement: statement(made.person) });
  await waitFor(() => expect(made.signatures).toEqual(['']));
  await waitFor(() =>
    expect(events(made.home).filter(({ detail }) => detail?.['peer'] === 'vault-host' && detail['code'] === 'bad-message').length).toBeGreaterThanOrEqual(2),
  );
});

test('during an export: one signature, for that recording and that person, over what main has composed itself', async () => {
  const made = await withPane();
  for (const forged of [
    { ...statement(made.person), recording: '20261128-020000-ffffffff' },
    { ...statement(made.person), person: 'p-ffffffffffff' },
  ]) {
    const asked = await exporting(made);
    made.vaultSays({ type: 'attest', ticket: asked.ticket, statement: forged });
    await waitFor(() => expect(made.signatures.splice(0)).toEqual(['']));
    // The attempt has used up the one signature of this export.
    made.vaultSays({ type: 'attest', ticket: asked.ticket, statement: statement(made.person) });
    await waitFor(() => expect(made.signatures.splice(0)).toEqual(['']));
    made.vaultSays({ type: 'refused', id: asked.id, code: 'contradicted', sentence: 'No.' });
  }
  // Facts out of shape, such as a file more, are refused before anybody looks at them.
  const asked = await exporting(made);
  made.vaultSays({ type: 'attest', ticket: asked.ticket, statement: { ...statement(made.person), verifier: digest('a verifier that says good') } });
  made.vaultSays({ type: 'attest', ticket: asked.ticket, statement: statement(made.person) });
  await waitFor(() => expect(made.signatures.filter(Boolean)).toHaveLength(1));
  expect(made.signatures.shift()).toBe('');
  const installation = requireInstallation(openHome(made.home));
  const trust = parseTrust(asked.trust) as never;
  const own = { trust, checkpoint: asked.checkpoint, verifier: readVerifier(), by: made.person, version };
  const key = ed25519SshKey(Buffer.from(installation.publicKey, 'base64url'));
  // Its first half; where the runtime has ML-DSA a second one follows.
  const [first = ''] = made.signatures[0]!.split(/(?<=-----END SSH SIGNATURE-----\n)/);
  const good = (sums: Buffer): string => sshVerify(sums, first, key, EXPORT_NAMESPACE);
  expect(good(composeSums(statement(made.person), own))).toBe('good');
  // What the vault host could have wished for instead.
  expect(good(composeSums(statement(made.person), { ...own, verifier: Buffer.from('print("good")') }))).toBe('bad');
  expect(good(composeSums(statement(made.person), { ...own, checkpoint: { ...asked.checkpoint, note: 'another' } }))).toBe('bad');
  expect(good(composeSums(statement(made.person), { ...own, by: 'p-ffffffffffff' }))).toBe('bad');
  made.vaultSays({
    type: 'exported',
    id: asked.id,
    path: '/nonexistent/bundle',
    records: 3,
    sha256: digest('sums'),
    redaction: { folder: '/nonexistent/bundle-redaction', list: digest('list'), recognisers: '1.0.0', withheld: 0, released: 0 },
  });
  await waitFor(() =>
    expect(
      events(made.home)
        .filter(({ action }) => action === 'export')
        .map(({ detail }) => detail['code'] ?? 'done'),
    ).toEqual(['contradicted', 'contradicted', 'done']),
  );
});

test('after a lock nothing is signed, also not for an export that was under way', async () => {
  const made = await withPane();
  const asked = await exporting(made);
  const say = made.vaultSays;
  await made.app.lock('hotkey');
  say({ type: 'attest', ticket: asked.ticket, statement: statement(made.person) });
  await new Promise((resolve) => setImmediate(resolve));
  expect(made.signatures.filter(Boolean)).toEqual([]);
});
