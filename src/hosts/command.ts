/**
 * The command line that opens a host: the system's ssh, without any file of configuration, with every option said. Nothing that lies on the disk can weaken
 * it. The host's key is on the line itself (KnownHostsCommand), because whoever can write a file of known hosts would be believed. Jumps are ssh's own, built
 * into ProxyCommand: what -J starts would take none of these options. Pure.
 */
import type { NewHostKeys } from '../types/hosts.ts';
import { algorithmsOf, type HostKey } from './key.ts';
import type { Hop } from './route.ts';

/** By its place, and never looked for in a PATH. */
export const SSH = '/usr/bin/ssh';
/** Prints the host's key for ssh. */
const ECHO = '/bin/echo';

/** What the policy in force says of hosts. */
export interface HostRules {
  readonly newKeys: NewHostKeys;
  readonly passwords: boolean;
  readonly ciphers: readonly string[] | undefined;
  readonly kexAlgorithms: readonly string[] | undefined;
  readonly macs: readonly string[] | undefined;
}

/** A hop whose key is known. */
export interface KnownHop {
  readonly hop: Hop;
  readonly key: HostKey;
}

/** In single quotes for sh. */
const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
/** ssh replaces %h and its kin in a command. */
const withoutTokens = (text: string): string => text.replaceAll('%', '%%');
const list = (name: string, words: readonly string[] | undefined): string[] => (words ? [`${name}=${words.join(',')}`] : []);

/** What holds for every connection, whoever configured what. */
function enforced({ ciphers, kexAlgorithms, macs }: HostRules): string[] {
  return [
    'ForwardAgent=no',
    'ForwardX11=no',
    'ForwardX11Trusted=no',
    'ClearAllForwardings=yes',
    'Tunnel=no',
    'ControlMaster=no',
    'ControlPath=none',
    'PermitLocalCommand=no',
    // ~C would open a line on which forwards are asked for.
    'EscapeChar=none',
    'GSSAPIAuthentication=no',
    'HostbasedAuthentication=no',
    'AddKeysToAgent=no',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    'CheckHostIP=no',
    'HashKnownHosts=no',
    'GlobalKnownHostsFile=/dev/null',
    'ConnectTimeout=15',
    'ServerAliveInterval=30',
    'ServerAliveCountMax=4',
    ...list('Ciphers', ciphers),
    ...list('KexAlgorithms', kexAlgorithms),
    ...list('MACs', macs),
  ];
}

const where = ({ id, address, port, account }: Hop): string[] => [`HostKeyAlias=${id}`, `HostName=${address}`, `Port=${port}`, `User=${account}`];

const known = ({ hop: { id }, key: { type, base64 } }: KnownHop): string[] => [
  'StrictHostKeyChecking=yes',
  'UserKnownHostsFile=/dev/null',
  `KnownHostsCommand=${ECHO} ${id} ${type} ${base64}`,
  `HostKeyAlgorithms=${algorithmsOf(type)}`,
];

function ownKeys({ identities, certificates, identitiesOnly }: Hop, passwords: boolean): string[] {
  return [
    'PubkeyAuthentication=yes',
    `PasswordAuthentication=${passwords ? 'yes' : 'no'}`,
    `KbdInteractiveAuthentication=${passwords ? 'yes' : 'no'}`,
    `PreferredAuthentications=publickey${passwords ? ',keyboard-interactive,password' : ''}`,
    `IdentitiesOnly=${identitiesOnly ? 'yes' : 'no'}`,
    ...identities.map((file) => `IdentityFile="${file}"`),
    ...certificates.map((file) => `CertificateFile="${file}"`),
  ];
}

const line = (options: readonly string[], ...rest: readonly string[]): string[] => [SSH, '-F', 'none', ...options.flatMap((one) => ['-o', one]), ...rest];

/** By way of those in front; empty where there is nobody. @param batch nobody is there to be asked for a passphrase */
function through(before: readonly KnownHop[], to: Hop, rules: HostRules, batch: boolean): string[] {
  const last = before.at(-1);
  if (!last) return ['ProxyCommand=none', 'ProxyJump=none'];
  const options = [
    ...enforced(rules),
    ...where(last.hop),
    ...known(last),
    ...ownKeys(last.hop, rules.passwords && !batch),
    // A banner of a jump host is nobody's word here.
    'LogLevel=ERROR',
    `BatchMode=${batch ? 'yes' : 'no'}`,
    ...through(before.slice(0, -1), last.hop, rules, batch),
  ];
  return [`ProxyCommand=${withoutTokens(line(options, '-W', `[${to.address}]:${to.port}`, '--', last.hop.id).map(shellWord).join(' '))}`];
}

/**
 * With nothing of the environment but what is named here: SSH_ASKPASS and its kin run programs. ProxyCommand is run by $SHELL, and its words are quoted for
 * sh. The values stay where they are, in the environment of the pane, which may have none of an agent.
 */
const CLEAN =
  'exec /usr/bin/env -i PATH=/usr/bin:/bin SHELL=/bin/sh LANG="${LANG-C.UTF-8}" HOME="$HOME" ${USER:+USER="$USER"} ${LOGNAME:+LOGNAME="$LOGNAME"} ${TERM:+TERM="$TERM"} ${SSH_AUTH_SOCK:+SSH_AUTH_SOCK="$SSH_AUTH_SOCK"} "$@"';
const cleaned = (argv: readonly string[]): string[] => ['/bin/sh', '-c', CLEAN, 'sh', ...argv];

/** What a pane runs. @param way the first jump first; not empty */
export function openCommand(way: readonly KnownHop[], rules: HostRules): string[] {
  const last = way.at(-1)!;
  const before = way.slice(0, -1);
  const options = [
    ...enforced(rules),
    ...where(last.hop),
    ...known(last),
    ...ownKeys(last.hop, rules.passwords),
    'LogLevel=INFO',
    ...through(before, last.hop, rules, false),
  ];
  return cleaned(line(options, '--', last.hop.id));
}

/** OpenSSH 10 names an account before it asks its agent: a host whose key nobody has compared yet hears of nobody's. Its log says what this was. */
const LOOK_ACCOUNT = 'host-key-look';

/**
 * What looks at a host's key: the whole exchange, in which the server proves that it has the key, and nothing after it (agent.ts). ssh-keyscan would take a
 * key from whoever names one, and knows no jumps. Every key is gone on with: which one it is, is asked afterwards, and nothing is sent to it.
 * @param agent the socket of an agent, where ssh says to which key it is bound
 * @param type the kind that is pinned; undefined: any
 */
export function lookCommand(before: readonly KnownHop[], hop: Hop, rules: HostRules, agent: string, type: HostKey['type'] | undefined): string[] {
  const options = [
    ...enforced(rules),
    ...where({ ...hop, account: LOOK_ACCOUNT }),
    'StrictHostKeyChecking=accept-new',
    'UserKnownHostsFile=/dev/null',
    `HostKeyAlgorithms=${algorithmsOf(type)}`,
    'BatchMode=yes',
    `IdentityAgent="${agent}"`,
    'IdentityFile=none',
    'PubkeyAuthentication=yes',
    'PreferredAuthentications=publickey',
    'PasswordAuthentication=no',
    'KbdInteractiveAuthentication=no',
    'LogLevel=DEBUG1',
    ...through(before, hop, rules, true),
  ];
  return cleaned(line(options, '-T', '--', hop.id, 'true'));
}
