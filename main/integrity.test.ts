import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ownFolder, firstHome } from '../test/support/first-home.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { findingsOf, lookAtIntegrity, type Findings } from '../src/services/integrity/check.ts';
import { openLedger } from '../src/services/installation/open-ledger.ts';
import { enterFindings, type IntegrityParts } from './integrity.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** An installation whose program was changed since it was signed for, and main's end. */
async function setup() {
  const place = ownFolder();
  const folder = join(place, 'program');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{}');
  const { home, installation, identity } = await firstHome(place, { program: folder });
  identity.destroy();
  appendFileSync(join(folder, 'package.json'), ' ');
  const { ledger } = await openLedger(home, installation);
  ends.push(() => ledger.close());
  const entered: AuditEntry[] = [];
  let takes = true;
  const enter = enterFindings({
    installed: { require: () => ({ ledger }) } as unknown as IntegrityParts['installed'],
    journal: {
      enter: async (entry) => {
        if (takes) await ledger.append(entry);
        return takes && entered.push(entry) > 0;
      },
    },
  });
  const look = async () => findingsOf(await lookAtIntegrity({ home, facts: ledger.facts, folder }), ledger.facts.integrity, Date.now());
  return { enter, entered, look, refuse: () => (takes = false) };
}

test('what was found is entered, the check behind it, and is no news then', async () => {
  const { enter, entered, look } = await setup();
  await enter((await look())!);
  expect(entered.map(({ action }) => action)).toEqual(['integrity.differs', 'integrity.check']);
  expect(entered[0]).toMatchObject({ detail: { part: 'program', how: 'changed', file: 'package.json' } });
  expect(await look()).toBeUndefined();
});

test('what is said of other files than those that were signed for is entered by nobody, nor what the ledger does not take', async () => {
  const { enter, entered, look, refuse } = await setup();
  const found = (await look())!;
  const other: Findings = { ...found, check: { ...found.check, sha256: 'ab'.repeat(32) } };
  await expect(enter(other)).rejects.toMatchObject({ code: 'other-list' });
  refuse();
  await expect(enter(found)).rejects.toMatchObject({ code: 'not-entered' });
  expect(entered).toEqual([]);
});
