/** The first run. */
import { version } from '../../src/version.ts';
import { defaultAuditKeyPath, secretStoreFacts } from '../setup-facts.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function setupRequests(parts: RequestParts): HandlersOf<'setup'> {
  const { home, host, env, gate, vaults, unlock, status, installed, journal, openInstalled } = parts;
  return {
    'setup.facts': async () => ({
      workstation: status.workstation(),
      home: home.folder,
      auditKeyPath: defaultAuditKeyPath(env),
      secretStore: await secretStoreFacts(home),
      passkeyLimit: host.passkeyLimit ?? null,
    }),
    'setup.create': async ({ name, auditKeyPath }) => {
      const vault = vaults.require();
      const created = await vault.ask({ type: 'createPerson', name, auditKeyPath }, 'created');
      gate.created(vault);
      await openInstalled();
      const policySha256 = installed.require().policy.sha256;
      journal.log({ action: 'first-run', person: created.person, detail: { auditKeys: [created.auditKid], policySha256 } });
      journal.log({ action: 'app.start', detail: { version, host: host.name } });
      return { person: created.person, auditKeyPath: created.auditKeyPath, auditKid: created.auditKid };
    },
    'setup.passkeyOptions': async () => (await vaults.require().ask({ type: 'enrolOptions' }, 'options')).options,
    'setup.passkeyVerify': async ({ response }) => (await vaults.require().ask({ type: 'enrolVerify', response }, 'options')).options,
    'setup.passkeyProve': async ({ response, label }) => {
      const { slot } = await vaults.require().ask({ type: 'enrolProve', response, label }, 'enrolled');
      const person = unlock.people()[0];
      if (person) journal.log({ action: 'passkey.enrolled', person: person.id, detail: { slot } });
      return { slot };
    },
    'setup.finish': async () => {
      unlock.finishFirstRun();
      return {};
    },
  };
}
