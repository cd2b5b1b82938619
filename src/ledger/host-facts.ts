/**
 * Which keys of hosts are pinned, as the ledger's events say. Pure. No file has a say in it: whoever can write a file of known hosts would be believed. A key
 * is taken by whoever may open a session, and a name has one; it is taken back by a security admin, so that nobody goes on past a changed key alone.
 */
import { permissions, type Permission } from '../access/index.ts';
import { HOST_ID, hostKeyTypes, type HostKeyType } from '../types/hosts.ts';
import type { KnownPerson } from './person-facts.ts';
import type { LedgerEvent } from './types.ts';

export interface PinnedHost {
  readonly host: string;
  readonly type: HostKeyType;
  /** Of the key, lower-case hex. */
  readonly sha256: string;
  readonly by: string;
  /** Number and time of the event. */
  readonly seq: number;
  readonly time: string;
}

/** A snapshot has all of them. */
export const MOST_PINNED = 1000;

interface People {
  readonly person: (id: string) => KnownPerson | undefined;
}

function may(people: People, id: string, needs: Permission): boolean {
  const known = people.person(id);
  const roles: readonly string[] | 'anyone' = permissions[needs].roles;
  return known?.state === 'active' && (roles === 'anyone' || known.roles.some((role) => roles.includes(role)));
}

/** @returns the same for events of other things; a sentence where the event does not count, to stand behind "event N ". */
export function nextHosts(before: readonly PinnedHost[], event: LedgerEvent, people: People): readonly PinnedHost[] | string {
  if (event.action !== 'host.key') return before;
  const { person: by = '', detail = {}, seq, time } = event;
  const { key: sha256, change } = detail;
  // Lab and lab are one host.
  const host = typeof detail['host'] === 'string' ? detail['host'].toLowerCase() : undefined;
  const type = hostKeyTypes.find((word) => word === detail['type']);
  if (host === undefined || !HOST_ID.test(host) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || !type)
    return 'does not say which key of which host that was';
  const known = before.find((one) => one.host === host);
  if (change === 'forgotten') {
    if (!may(people, by, 'host.forget')) return 'takes back the key of a host in the name of somebody who may not';
    return known?.sha256 === sha256 ? before.filter((one) => one !== known) : `takes back a key of ${host} that is not pinned`;
  }
  if (change !== 'pinned') return 'does not say what became of the key of a host';
  if (!may(people, by, 'session.open')) return 'pins the key of a host in the name of somebody who may not';
  if (known) return `pins a key of ${host}, which has one`;
  if (before.length >= MOST_PINNED) return `pins more than ${MOST_PINNED} keys of hosts`;
  return [...before, { host, type, sha256, by, seq, time }];
}
