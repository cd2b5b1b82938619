/** The first run. */
import { version } from '../../src/version.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function setupRequests(parts: RequestParts): HandlersOf<'setup'> {
  const { home, host, setup, gate, vaults, slots, unlock, status, journal, openInstalled } = parts;
  return {
    'setup.facts': async () => {
      const { path, sentence } = setup.auditKey();
      return {
        workstation: status.workstation(),
        home: home.folder,
        auditKeyPath: path,
        auditKeySentence: sentence,
        secretStore: await setup.secretStore(),
        passkeyLimit: host.passkeyLimit ?? null,
      };
    },
    'setup.create': async ({ name, workstationClass, auditKeyPath, replaceInstallation = false }) => {
      const vault = vaults.require();
      const created = await vault.ask('createPerson', { name, workstationClass, auditKeyPath, replaceInstallation });
      gate.hold(vault, created.person);
      await openInstalled();
      journal.log({ action: 'app.start', detail: { version, host: host.name } });
      return {
        person: created.person,
        auditKeyPath: created.auditKeyPath,
        auditKid: created.auditKid,
        auditKeyAway: setup.medium(created.auditKeyPath) === 'removable',
      };
    },
    'setup.passkeyOptions': async () => (await vaults.require().ask('enrolOptions', {})).options,
    'setup.passkeyVerify': async ({ response }) => (await vaults.require().ask('enrolVerify', { response })).options,
    'setup.passkeyProve': async ({ response, label }) => ({ slot: await slots.addPasskey({ response }, label) }),
    'setup.finish': async () => {
      await unlock.finishFirstRun();
      return {};
    },
  };
}
