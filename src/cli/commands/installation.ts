/** `wardmux installation rotate-key`: another key takes over as that of the installation. */
import { join } from 'node:path';
import { holdFolder } from '../../control/hold.ts';
import { socketPath, terminalSockets } from '../../control/ask.ts';
import { RECORDING_ID } from '../../types/ids.ts';
import { liveState } from '../../recording/live.ts';
import { keyDigest, listFolder } from '../../storage/index.ts';
import { rotateKey } from '../../services/installation/rotate-key.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { openInstallation, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { type PersonOptions, unlockPerson } from '../person.ts';
import { jsonText, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';

/** Whoever writes the ledger has the old key open, and would end with the next event. @throws CliError */
function refuseWriters({ home }: OpenInstallation, io: CliIo): void {
  const live = listFolder(home.recordings, '').filter((id) => RECORDING_ID.test(id) && liveState(join(home.recordings, id)) === 'live');
  if (live.length > 0)
    throw new CliError('failed', `A recording is running (${live[0]}): end it first, or its ledger would be closed under it. Nothing was changed.`);
  if (terminalSockets(socketPath(home.folder, io.env)).length > 0)
    throw new CliError('failed', 'A terminal runs a shell of this installation: end it first. Nothing was changed.');
}

async function rotate(options: PersonOptions & { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const hold = await holdFolder(site.home.folder);
  if (!hold) throw new CliError('failed', 'Wardmux is running with this data folder: close it first. Nothing was changed.');
  try {
    refuseWriters(site, io);
    const identity = await unlockPerson(site, options, io);
    identity.destroy();
    const { home } = site;
    const taken = await withLedger(
      site,
      ({ ledger, signer }) => rotateKey({ home, installation: site.installation, ledger, signer, person: identity.person.id }),
      { identity },
    );
    const until = taken.formerKeys!.at(-1)!.until;
    const halves = taken.secondKey === undefined ? ['ed25519'] : ['ed25519', 'ml-dsa-44'];
    if (options.json)
      await io.out(jsonText({ installation: taken.id, key: keyDigest(taken), previous: keyDigest(site.installation), algorithms: halves, until }));
    else
      await io.out(
        `Another key signs for ${taken.id} now (${halves.join(' and ')}), certified by the one before, whose word counts up to event ${until}. The old private key is gone.\nAuditors need the new trust file: wardmux trust > trust.json\nWhat was signed before verifies with the old one and with the new one.\n`,
      );
    if (taken.secondKey === undefined) io.talk('note: This runtime has no ML-DSA-44, so the key has one half, Ed25519.');
  } finally {
    hold.release();
  }
  return exit.done;
}

export const installation: CliCommand = {
  name: 'installation',
  needs: { 'rotate-key': 'installation.rotate' },
  summary: 'Has another key take over as that of the installation, with your passphrase.',
  description:
    'The new key is certified by the old one and enters that in the ledger as its first word. Older evidence stays good. Close the app and end recordings first. Whatever a crash leaves, the installation works, with the one key or with the other.',
  examples: [
    ['wardmux installation rotate-key', 'asks for your passphrase'],
    ['wardmux installation rotate-key --passphrase-fd 3 3< FILE', 'for scripts; FILE holds the passphrase'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('rotate-key'))
      .description('Makes a new key, has the present one certify it, and puts it in its place.')
      .option('--json', 'print digests of both keys, algorithms and the last event of the old key as JSON')
      .action(async (options: PersonOptions & { json?: boolean }) => done(await rotate(options, io)));
  },
};
