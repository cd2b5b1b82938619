/**
 * Wardmux's own profiles of hosts: a file that anybody who has the account can write. So it says where a host is and nothing else: no option of ssh's has a
 * place in it, and a name that leads elsewhere than before meets another key than the one that is pinned under it.
 */
import { z } from 'zod';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { parseJson, toJson } from '../disk/json.ts';
import { HOST_ACCOUNT, HOST_ADDRESS, HOST_NAME } from '../types/hosts.ts';
import { SentenceError } from '../types/sentence.ts';

/** More nobody finds again. */
const MOST_PROFILES = 1000;

const profile = z.strictObject({
  name: z.string().regex(HOST_NAME, 'not a name of a host'),
  address: z.string().regex(HOST_ADDRESS, 'not an address'),
  account: z.string().regex(HOST_ACCOUNT, 'not an account').optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** Names of hosts on the way, the first one first. */
  jumps: z.array(z.string().regex(HOST_NAME, 'not a name of a host')).max(4).optional(),
});
export type HostProfile = z.infer<typeof profile>;

const schema = z.strictObject({
  format: z.literal('wardmux-hosts'),
  version: z.literal(1),
  hosts: z
    .array(profile)
    .max(MOST_PROFILES)
    .refine((hosts) => new Set(hosts.map(({ name }) => name.toLowerCase())).size === hosts.length, 'the same name stands here twice'),
});

/** @param path of hosts.json. @throws StorageFault */
export function readProfiles(path: string): readonly HostProfile[] {
  const bytes = readSmall(path);
  return bytes ? parseJson(schema, bytes, path, 'Correct it there, or take it away: it holds names and addresses only.').hosts : [];
}

function write(path: string, hosts: readonly HostProfile[]): void {
  writeAtomic(path, toJson({ format: 'wardmux-hosts', version: 1, hosts: [...hosts].sort((a, b) => (a.name < b.name ? -1 : 1)) }));
}

/** @throws SentenceError where one of that name is there, or something of it cannot be so; StorageFault */
export function addProfile(path: string, wanted: HostProfile): void {
  const read = profile.safeParse(wanted);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new SentenceError(
      `The ${issue?.path.join('.') || 'profile'} is not one that can be taken: ${issue?.message ?? 'it is malformed'}. Nothing was added.`,
    );
  }
  const hosts = readProfiles(path);
  if (hosts.some(({ name }) => name.toLowerCase() === wanted.name.toLowerCase()))
    throw new SentenceError(`There is a profile ${wanted.name} already. Take it away first: wardmux host remove ${wanted.name}`);
  if (hosts.length >= MOST_PROFILES) throw new SentenceError(`There are ${MOST_PROFILES} profiles already, and more are not kept.`);
  write(path, [...hosts, read.data]);
}

/** @throws SentenceError where there is none; StorageFault */
export function removeProfile(path: string, name: string): void {
  const hosts = readProfiles(path);
  // One host, however its letters are written.
  const isIt = (one: HostProfile): boolean => one.name.toLowerCase() === name.toLowerCase();
  if (!hosts.some(isIt)) throw new SentenceError(`There is no profile of that name in ${path}. What stands in ~/.ssh/config is taken out there.`);
  write(
    path,
    hosts.filter((one) => !isIt(one)),
  );
}

/** Lines that ssh reads before ~/.ssh/config, so that a profile of ours is the one that counts. */
export const profileLines = (hosts: readonly HostProfile[]): string =>
  hosts
    .map(({ name, address, account, port, jumps = [] }) =>
      [
        `Host "${name}"`,
        `  HostName "${address}"`,
        ...(account === undefined ? [] : [`  User "${account}"`]),
        ...(port === undefined ? [] : [`  Port ${port}`]),
        ...(jumps.length > 0 ? [`  ProxyJump ${jumps.join(',')}`] : ['  ProxyJump none']),
        '',
      ].join('\n'),
    )
    .join('');
