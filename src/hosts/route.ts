/** By which hosts one comes to another: what `ssh -G` says, read strictly. Pure. */
import { HOST_ACCOUNT, HOST_ADDRESS, HOST_ID, HOST_NAME } from '../types/hosts.ts';
import { SentenceError } from '../types/sentence.ts';
import { UNSAFE } from './unsafe.ts';

/** A host on the way, or the last one. */
export interface Hop {
  /** Under what its key is pinned. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly account: string;
  /** Files of keys, as ssh names them. */
  readonly identities: readonly string[];
  readonly certificates: readonly string[];
  readonly identitiesOnly: boolean;
}

/** What a jump is called, and what it says of itself. */
export interface Jump {
  readonly name: string;
  readonly account?: string;
  readonly port?: number;
}

/** A hop, and the jumps that its configuration names in front of it. */
interface Resolved {
  readonly hop: Hop;
  readonly jumps: readonly Jump[];
}

/** More is a mistake, or a circle. */
const MOST_HOPS = 5;

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

/** @throws SentenceError */
export function requireName(name: string): string {
  if (HOST_NAME.test(name)) return name;
  throw new SentenceError(
    'This is no name of a host: it has letters, digits, dots, dashes and underscores, begins with a letter or digit, and has 100 characters at most.',
  );
}

/** `[ACCOUNT@]HOST[:PORT]`, as ssh has it behind -J. @throws SentenceError */
export function jumpOf(text: string): Jump {
  const [, account, name = '', port] = /^(?:ssh:\/\/)?(?:([^@]+)@)?([^:@/]+)(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  if (!HOST_NAME.test(name) || (account !== undefined && !HOST_ACCOUNT.test(account)) || (port !== undefined && !isPort(Number(port))))
    throw new SentenceError(`A jump host is not named as ACCOUNT@HOST:PORT, with or without account and port, in plain characters.`);
  return { name, ...(account === undefined ? {} : { account }), ...(port === undefined ? {} : { port: Number(port) }) };
}

/** What `ssh -G` printed. @param jump how the host was named. @throws SentenceError where something stands there that goes on no command line */
export function readResolved(printed: string, jump: Jump): Resolved {
  const values = new Map<string, string[]>();
  for (const line of printed.split('\n')) {
    const at = line.indexOf(' ');
    if (at > 0) values.set(line.slice(0, at), [...(values.get(line.slice(0, at)) ?? []), line.slice(at + 1)]);
  }
  const one = (name: string): string => values.get(name)?.[0] ?? '';
  const files = (name: string): string[] => (values.get(name) ?? []).filter((file) => file !== 'none');
  const wrong = (what: string): never => {
    throw new SentenceError(
      `The ${what} of ${jump.name} is not one that Wardmux puts on a command line: plain characters only. Correct it where it is configured.`,
    );
  };
  const [address, account, port] = [one('hostname'), jump.account ?? one('user'), jump.port ?? Number(one('port'))];
  if (!HOST_ADDRESS.test(address)) wrong('address');
  if (!HOST_ACCOUNT.test(account)) wrong('account');
  if (!isPort(port)) wrong('port');
  const [identities, certificates] = [files('identityfile'), files('certificatefile')];
  if ([...identities, ...certificates].some((file) => UNSAFE.test(file) || file.length > 1000)) wrong('file of keys');
  // ssh tells Lab from lab where it reads a configuration; a key is pinned for both.
  const name = jump.name.toLowerCase();
  const id = jump.port === undefined ? name : `${name}:${jump.port}`;
  if (!HOST_ID.test(id)) wrong('name');
  const before = one('proxyjump');
  return {
    hop: { id, address, port, account, identities, certificates, identitiesOnly: one('identitiesonly') === 'yes' },
    jumps: before === '' || before === 'none' ? [] : before.split(',').map(jumpOf),
  };
}

/**
 * The whole way, the first jump first.
 * @param resolve asks ssh of one host
 * @throws SentenceError where it is longer than MOST_HOPS, or goes in a circle
 */
export async function routeTo(name: string, resolve: (jump: Jump) => Promise<Resolved>): Promise<Hop[]> {
  // Each that is asked is a hop of the way: their number is known before anybody is asked.
  let left = MOST_HOPS;
  const wayTo = async (jump: Jump, seen: readonly string[]): Promise<Hop[]> => {
    if (seen.includes(jump.name)) throw new SentenceError(`The jump hosts of ${name} go in a circle, by way of ${jump.name}. Correct ProxyJump.`);
    left -= 1;
    const { hop, jumps } = await resolve(jump);
    if (jumps.length > left) throw new SentenceError(`${name} is behind more than ${MOST_HOPS - 1} jump hosts.`);
    const way: Hop[] = [];
    for (const [at, one] of jumps.entries()) {
      const from = [...seen, jump.name];
      // As ssh does: what stands behind the first jump is reached from it, whatever its own configuration says.
      if (at === 0) {
        left -= jumps.length - 1;
        way.push(...(await wayTo(one, from)));
      } else way.push((await resolve(one)).hop);
    }
    return [...way, hop];
  };
  return wayTo({ name: requireName(name) }, []);
}
