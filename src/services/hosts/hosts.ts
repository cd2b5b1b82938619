/**
 * Hosts of this account, and what it takes to open one: the way there, the key of each host on it as it is now, and the pin that the ledger has of each. What
 * is handed out is a command line that holds all of that; nothing is opened here.
 */
import { homedir } from 'node:os';
import {
  findRoute,
  fitsWildcard,
  gatherConfig,
  lookAtKey,
  openCommand,
  pictureOf,
  readProfiles,
  requireName,
  type HostRules,
  type KnownHop,
} from '../../hosts/index.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { MOST_PINNED, type PinnedHost } from '../../ledger/host-facts.ts';
import type { Environment } from '../../native/environment.ts';
import type { Policy } from '../../policy/index.ts';
import { fingerprintText, type HostKeyType } from '../../types/hosts.ts';
import { SentenceError } from '../../types/sentence.ts';

interface ListedHost {
  readonly name: string;
  /** Where it is written. */
  readonly from: 'wardmux' | 'config';
  /** Of ~/.ssh/config and what it includes; null of a profile of ours. */
  readonly file: string | null;
  readonly line: number | null;
  /** Its pinned key; null where none is. */
  readonly fingerprint: string | null;
  readonly pinned: string | null;
}

interface HostList {
  readonly hosts: readonly ListedHost[];
  /** Lines of a configuration that are not followed. */
  readonly leftOut: readonly { readonly file: string; readonly line: number; readonly keyword: string; readonly why?: string }[];
}

const homeOf = (env: Environment): string => env['HOME'] || homedir();

/** Profiles of ours first, then the names that ~/.ssh/config has. @param profiles the path of hosts.json. @throws StorageFault, SentenceError */
export async function listHosts(profiles: string, facts: Pick<LedgerFacts, 'hosts'>, env: Environment): Promise<HostList> {
  const own = readProfiles(profiles);
  const { names, leftOut } = await gatherConfig(homeOf(env));
  const pinOf = (name: string): Pick<ListedHost, 'fingerprint' | 'pinned'> => {
    const pin = facts.hosts.find(({ host }) => host === name.toLowerCase());
    return { fingerprint: pin ? fingerprintText(pin.sha256) : null, pinned: pin?.time ?? null };
  };
  const ours = own.map(({ name }): ListedHost => ({ name, from: 'wardmux', file: null, line: null, ...pinOf(name) }));
  const others = names
    .filter(({ name }) => !own.some((one) => one.name === name))
    .map(({ name, file, line }): ListedHost => ({ name, from: 'config', file, line, ...pinOf(name) }));
  return { hosts: [...ours, ...others], leftOut };
}

/** What the policy says of hosts. Where it is silent a new key is asked about, there are no passwords, and ssh agrees to what it would agree to by itself. */
function hostRules({ hosts = {} }: Pick<Policy, 'hosts'>): HostRules {
  const { newKeys = 'ask', passwords = false, ciphers, kexAlgorithms, macs } = hosts;
  return { newKeys, passwords, ciphers, kexAlgorithms, macs };
}

/** The class of a host's panes; undefined where no row fits. */
export function classOfHost({ hosts = {} }: Pick<Policy, 'hosts'>, name: string): string | undefined {
  return hosts.classes?.find((row) => fitsWildcard(row.name.toLowerCase(), name.toLowerCase()))?.class;
}

/** A key that somebody was shown, and takes. */
export interface AcceptedKey {
  readonly host: string;
  readonly sha256: string;
}

/** A key as people compare it. */
export interface ShownKey {
  readonly type: HostKeyType;
  readonly sha256: string;
  readonly fingerprint: string;
  /** Lines of the picture that ssh-keygen draws. */
  readonly picture: readonly string[];
}

/** What came of asking for a host. */
export type AskedHost =
  | {
      readonly state: 'ready';
      readonly command: readonly string[];
      /** Of what is entered once its recording has begun. */
      readonly detail: Omit<Extract<AuditEntry, { readonly action: 'host.open' }>['detail'], 'recording'>;
    }
  /** Nobody has pinned a key of this host, be it the one that was asked for or one on the way there. */
  | {
      readonly state: 'new';
      readonly host: string;
      readonly address: string;
      readonly port: number;
      /** On the way to it, which were logged in to for this look. */
      readonly jumps: readonly string[];
      readonly key: ShownKey;
    }
  /** It shows another key than the pinned one, or none of its kind: there is no going on. */
  | {
      readonly state: 'changed';
      readonly host: string;
      readonly address: string;
      readonly port: number;
      readonly jumps: readonly string[];
      readonly pinned: PinnedHost;
      readonly key: ShownKey | null;
    };

export interface HostContext {
  /** The path of hosts.json. */
  readonly profiles: string;
  readonly env: Environment;
  readonly policy: Pick<Policy, 'hosts'>;
  readonly person: string;
  /** Asked again at each look: somebody may pin meanwhile. */
  readonly facts: () => Pick<LedgerFacts, 'hosts'>;
  /** Whether what it enters counts it says itself: the facts are read again. Resolves when it is in the ledger. */
  readonly enter: (entry: AuditEntry) => Promise<unknown>;
}

/** All that is asked before a host is opened. Milliseconds. */
const OPEN_MS = 120_000;

/**
 * Asks for a host: its way, and each key on it. Keys that were taken are entered before anything is opened with them.
 * @throws SentenceError, StorageFault where it is not found, does not answer, or the policy lets nobody pin its key
 */
export async function askForHost(name: string, accepted: AcceptedKey | undefined, context: HostContext): Promise<AskedHost> {
  const { env, person, facts, enter } = context;
  const rules = hostRules(context.policy);
  // However long its way is: whoever asked has gone by then.
  const signal = AbortSignal.timeout(OPEN_MS);
  const way = await findRoute(requireName(name), readProfiles(context.profiles), homeOf(env), env, signal);
  const known: KnownHop[] = [];
  let cipher = '';
  for (const hop of way) {
    const { id: host, address, port } = hop;
    const jumps = known.map((one) => one.hop.id);
    const pinOf = (): PinnedHost | undefined => facts().hosts.find((one) => one.host === host);
    const pinned = pinOf();
    const looked = await lookAtKey(known, hop, rules, pinned?.type, env, signal);
    // Of another kind than the pinned one: which, people are told.
    const seen = looked ?? (pinned && (await lookAtKey(known, hop, rules, undefined, env, signal)));
    const shown = async (): Promise<ShownKey | null> =>
      seen
        ? { type: seen.key.type, sha256: seen.key.sha256, fingerprint: fingerprintText(seen.key.sha256), picture: await pictureOf(seen.key, env, signal) }
        : null;
    if (pinned && seen?.key.sha256 !== pinned.sha256) {
      const offered = seen ? { offered: seen.key.sha256, offeredType: seen.key.type } : {};
      await enter({ action: 'host.changed', person, detail: { host, type: pinned.type, key: pinned.sha256, ...offered } });
      return { state: 'changed', host, address, port, jumps, pinned, key: await shown() };
    }
    if (!seen) throw new SentenceError(`${host} has no host key of a kind that is taken. Nothing was opened.`);
    if (!pinned) {
      const { type, sha256 } = seen.key;
      if (rules.newKeys === 'refuse') {
        await enter({ action: 'host.unpinned', person, detail: { host, type, key: sha256 } });
        throw new SentenceError(
          `Nobody has pinned the key of ${host}, and the policy in force lets nobody pin one (hosts.newKeys). Its key is ${fingerprintText(sha256)}. Nothing was opened.`,
        );
      }
      if (accepted?.host !== host || accepted.sha256 !== sha256) return { state: 'new', host, address, port, jumps, key: (await shown())! };
      await enter({ action: 'host.key', person, detail: { host, type, key: sha256, change: 'pinned' } });
      if (pinOf()?.sha256 !== sha256)
        throw new SentenceError(
          `The key of ${host} could not be pinned: another one was pinned meanwhile, or ${MOST_PINNED} hosts have one. Nothing was opened.`,
        );
    }
    ({ cipher } = seen);
    known.push({ hop, key: seen.key });
  }
  const { hop, key } = known.at(-1)!;
  const jumps = known.slice(0, -1).map((one) => one.hop.id);
  return {
    state: 'ready',
    command: openCommand(known, rules),
    detail: {
      host: hop.id,
      address: hop.address,
      port: hop.port,
      account: hop.account,
      type: key.type,
      key: key.sha256,
      ...(jumps.length > 0 ? { jumps } : {}),
      ...(cipher === '' ? {} : { cipher }),
    },
  };
}

/** Takes a pinned key back. @throws SentenceError where none is pinned */
export async function forgetHost(ledger: Pick<Ledger, 'facts' | 'append'>, person: string, host: string): Promise<void> {
  const pinned = ledger.facts.hosts.find((one) => one.host === host.toLowerCase());
  if (!pinned) throw new SentenceError('No key is pinned under that name: wardmux host list shows those that are.');
  await ledger.append({ action: 'host.key', person, detail: { host: pinned.host, type: pinned.type, key: pinned.sha256, change: 'forgotten' } });
}
