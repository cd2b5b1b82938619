/** A security admin, an auditor, an operator and another security admin, over a real ledger and real files, for tests of the end of recordings. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { newRecording, type Made } from './recording.ts';
import { certify, deedText } from '../../src/ledger/certificate.ts';
import { testLedgerOptions } from '../../src/ledger/fixture.ts';
import { Ledger, noticeEntry } from '../../src/ledger/index.ts';
import { readLedger } from '../../src/ledger/read.ts';
import type { LedgerEvent } from '../../src/ledger/types.ts';
import type { LoadedPolicy } from '../../src/policy/index.ts';
import { thumbprint } from '../../src/recording/wrap.ts';
import type { PublicJwk } from '../../src/types/keys.ts';
import type { Role } from '../../src/types/words.ts';
import type { Decider } from '../../src/services/deeds/decide.ts';

/** That the policy keeps recordings. */
export const DAYS = 30;
export const policy = { sha256: '1'.repeat(64), policy: { retention: { contentDays: DAYS } } } as unknown as LoadedPolicy;

export interface Somebody extends Decider {
  readonly jwk: PublicJwk;
  readonly key: KeyObject;
}

export function somebody(id: string): Somebody {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const jwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
  const signs = async (bytes: Uint8Array): Promise<Uint8Array> => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  return { id, jwk, key, certify: (installation, by, request) => certify(deedText(installation, by, request), jwk, signs) };
}

/** A security admin, an auditor, an operator, and another security admin, who comes last: from then on two would have to agree. */
export const people = ['a', 'b', 'c', 'd'].map((letter) => somebody(`p-00000000000${letter}`));
export const [sec, aud, op, sec2] = people as [Somebody, Somebody, Somebody, Somebody];
export const roles: readonly (readonly Role[])[] = [['security'], ['auditor'], ['operator'], ['security']];

export class Site {
  readonly options = testLedgerOptions();
  readonly recordings = join(dirname(this.options.folder), 'recordings');
  now = Date.UTC(2026, 0, 1);
  ledger!: Ledger;

  static async open(): Promise<Site> {
    const site = new Site();
    mkdirSync(site.recordings);
    site.ledger = await Ledger.open({ ...site.options, clock: () => site.now });
    const { ledger } = site;
    await ledger.append({ action: 'policy.change', detail: { sha256: policy.sha256, auditKeys: [] } });
    for (const [n, one] of people.entries()) {
      const facts = { encryptionKey: thumbprint(somebody(one.id).jwk), signingKey: thumbprint(one.jwk), record: 'a'.repeat(64), slots: 'b'.repeat(64) };
      const by = n === 0 ? {} : { by: sec.id, ...(await sec.certify(ledger.installation, sec.id, { deed: 'keys', person: one.id, after: null, ...facts })) };
      await ledger.append({ action: 'person.keys', person: one.id, detail: { ...facts, ...by } });
      const who =
        n === 0 ? {} : { by: sec.id, ...(await sec.certify(ledger.installation, sec.id, { deed: 'roles', person: one.id, roles: roles[n]!, after: null })) };
      await ledger.append({ action: 'person.roles', person: one.id, detail: { roles: [...roles[n]!], ...who } });
    }
    expect(people.map(({ id }) => ledger.facts.person(id)?.roles)).toEqual(roles);
    return site;
  }

  parts(admin: Somebody, second?: Somebody) {
    return { home: { recordings: this.recordings }, ledger: this.ledger, admin, second, asked: new Date(this.now).toISOString() };
  }

  /** @param use what happens in it; a line is printed unless given. */
  async record(owner: Somebody, hours: number, use?: (made: Made) => Promise<void>): Promise<string> {
    const made = await newRecording({ folder: this.recordings, installation: this.options.installation, person: owner.id });
    const { writer, clock, notices } = made;
    if (use) await use(made);
    else writer.output(Buffer.from('shown\r\n'));
    clock.step(hours * 3_600_000);
    await writer.end('closed');
    for (const notice of notices) await this.ledger.append(noticeEntry(notice));
    return writer.id;
  }

  events(): LedgerEvent[] {
    const events: LedgerEvent[] = [];
    readLedger(this.options.folder, this.options.key, { onEvent: (event) => void events.push(event) });
    return events;
  }

  tombstones(id: string): LedgerEvent[] {
    return this.events().filter(({ action, detail }) => action === 'recording.deleted' && detail?.['recording'] === id);
  }

  present(id: string): boolean {
    return existsSync(join(this.recordings, id, 'segment-000000.wmx'));
  }
}
