/** What a security admin does by a command while the app runs, without the command: it would cost a second of deriving. */
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../src/people/person.ts';
import { readPinned } from '../../src/people/pinned.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { enrol, prepareEnrolment, type PeopleParts } from '../../src/services/people/people.ts';
import { homePaths, requireInstallation } from '../../src/storage/index.ts';
import type { Role } from '../../src/types/words.ts';
import type { Running } from './support.ts';

/**
 * @param where the data folder, or the app that runs on it: that has read what was entered when this is over, though its clock stands still.
 * @param who their place among the people of the ledger, the first one is 0.
 * @param second who agrees, where that takes two: their place and words.
 */
export async function asAdmin(
  where: string | Pick<Running, 'home' | 'app'>,
  who: number,
  words: string,
  deed: (parts: PeopleParts) => Promise<unknown>,
  second?: readonly [who: number, words: string],
): Promise<void> {
  const paths = homePaths(typeof where === 'string' ? where : where.home);
  const installation = requireInstallation(paths);
  const { ledger } = await openLedger(paths, installation);
  const open = (place: number, typed: string): ReturnType<typeof unlockWithPassphrase> =>
    unlockWithPassphrase(readPinned(paths, ledger.facts, ledger.facts.people()[place]!), Buffer.from(typed), NOTHING_MORE);
  const admin = await open(who, words);
  const other = second && (await open(...second));
  try {
    await deed({ home: paths, installation, ledger, admin: deciderOf(admin), second: other && deciderOf(other) });
  } finally {
    admin.destroy();
    other?.destroy();
    await ledger.close();
  }
  if (typeof where !== 'string') await where.app.tick();
}

/** Enrols somebody with a passphrase of their own. @returns their id */
export async function enrolOther(parts: PeopleParts, name: string, words: string, roles: readonly Role[]): Promise<string> {
  const record = await prepareEnrolment({ name, passphrase: Buffer.from(words), kdf: newScryptParameters() });
  await enrol(parts, record, [...roles]);
  return record.id;
}
