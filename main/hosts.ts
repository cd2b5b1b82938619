/** Hosts that are opened by SSH, for the page's requests: what there is, the question about a key that nobody has pinned, and the pane. */
import type { Output } from '../src/bridge/schema.ts';
import { askForHost, classOfHost, listHosts, type AcceptedKey } from '../src/services/hosts/hosts.ts';
import { Refusal } from '../src/types/refusal.ts';
import { fingerprintText } from '../src/types/hosts.ts';
import type { Environment } from '../src/native/environment.ts';
import { EMERGENCY_CLASS } from '../src/types/classes.ts';
import { denials } from '../src/access/index.ts';
import { sentenceOf } from '../src/types/sentence.ts';
import type { Home } from '../src/storage/index.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Workspaces } from './workspace/workspaces.ts';

interface HostsParts {
  readonly home: Pick<Home, 'hosts'>;
  readonly env: Environment;
  readonly gate: Pick<Gate, 'session'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly workspace: Pick<Workspaces, 'openHost' | 'view'>;
  /** Looks which policy is in force by now. */
  readonly look: () => Promise<unknown>;
}

export interface Hosts {
  readonly list: () => Promise<Output<'hosts.list'>>;
  readonly open: (name: string, accepted: AcceptedKey | undefined) => Promise<Output<'hosts.open'>>;
}

export const hostsOf = (parts: HostsParts): Hosts => ({ list: () => list(parts), open: (name, accepted) => open(parts, name, accepted) });

/** What goes wrong is a sentence for whoever asked. */
function told(error: unknown): never {
  throw error instanceof Refusal ? error : new Refusal('host', sentenceOf(error));
}

async function list({ home, env, installed }: HostsParts): Promise<Output<'hosts.list'>> {
  const { ledger, policy } = installed.require();
  try {
    const { hosts, leftOut } = await listHosts(home.hosts, ledger.facts, env);
    return {
      hosts: hosts.map((host) => ({ ...host, sessionClass: classOfHost(policy.policy, host.name) ?? null })),
      leftOut: leftOut.length,
    };
  } catch (error) {
    return told(error);
  }
}

async function open(parts: HostsParts, name: string, accepted: AcceptedKey | undefined): Promise<Output<'hosts.open'>> {
  const { home, env, gate, installed, workspace } = parts;
  const { session } = gate;
  if (!session) throw new Refusal('locked', denials.locked);
  const person = session.person.id;
  try {
    await parts.look();
    const { ledger, policy } = installed.require();
    const asked = await askForHost(name, accepted, {
      profiles: home.hosts,
      env,
      policy: policy.policy,
      person,
      facts: () => ledger.facts,
      enter: (entry) => ledger.append(entry),
    });
    // It took a while: whoever asked may be out by now, and nobody else gets their pane.
    if (gate.session !== session) throw new Refusal('locked', denials.locked);
    if (asked.state === 'new') return asked;
    if (asked.state === 'changed') {
      const { pinned, ...rest } = asked;
      return { ...rest, pinned: { type: pinned.type, fingerprint: fingerprintText(pinned.sha256), time: pinned.time } };
    }
    const wanted = workspace.view?.class === EMERGENCY_CLASS ? undefined : classOfHost(policy.policy, name);
    const { host } = asked.detail;
    workspace.openHost({
      name: host,
      command: asked.command,
      class: wanted,
      begun: (recording) => ({ action: 'host.open', person, detail: { recording, ...asked.detail } }),
      ended: (recording, code, signal) => ({ action: 'host.close', person, detail: { recording, host, code, signal } }),
    });
    return { state: 'opened' };
  } catch (error) {
    return told(error);
  }
}
