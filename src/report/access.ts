/** Who could do what at a moment: people, their roles, and what the table of permissions lets each role do. */
import { permissionNames, permissions, type Permission } from '../access/index.ts';
import type { PermissionRow } from '../access/permissions.ts';
import { roles as allRoles, type PersonState, type Role } from '../types/words.ts';
import type { Page } from './document.ts';
import { headOf, jsonHeadOf, NOT_KEPT, recordAt, type ReportSite } from './site.ts';

const rowOf = (name: Permission): PermissionRow => permissions[name];
const permitted = (held: readonly string[]): Permission[] =>
  permissionNames.filter((name) => {
    const { roles } = rowOf(name);
    return roles !== 'anyone' && roles.some((role) => held.includes(role));
  });
const anybody = (): Permission[] => permissionNames.filter((name) => rowOf(name).roles === 'anyone');
const ofRole = (role: Role): Permission[] => permitted([role]);

export interface AccessReport extends ReturnType<typeof jsonHeadOf> {
  readonly kind: 'access';
  readonly people: readonly {
    readonly id: string;
    readonly name: string | null;
    /** `disabled` and `deleted` cannot come in. */
    readonly state: PersonState;
    readonly roles: readonly Role[];
    /** Of their roles; none of somebody who cannot come in. */
    readonly permissions: readonly Permission[];
  }[];
  /** By role. */
  readonly roles: Readonly<Record<string, readonly Permission[]>>;
  readonly anybody: readonly Permission[];
}

export function accessReport(site: ReportSite): AccessReport {
  const people = site.past.facts.people().map((id) => {
    const { record } = recordAt(site, id);
    const { roles, state } = site.past.facts.person(id)!;
    return { id, name: record?.name ?? null, state, roles, permissions: state === 'active' ? permitted(roles) : [] };
  });
  return {
    kind: 'access',
    ...jsonHeadOf(site),
    people,
    roles: Object.fromEntries(allRoles.map((role) => [role, ofRole(role)])),
    anybody: anybody(),
  };
}

export function accessPage(site: ReportSite): Page {
  const { people, roles, anybody: everybody } = accessReport(site);
  const helpOf = (names: readonly Permission[]): string => names.map((name) => rowOf(name).help).join(' ') || 'Nothing.';
  return {
    title: 'Who could do what',
    facts: headOf(site),
    sections: [
      {
        heading: 'People',
        paragraphs: [
          '45 CFR 164.308(a)(4)(ii)(B) and (C): who was given which rights. A name stands in the person’s record; roles and state are the ledger’s.',
        ],
        table: {
          head: ['Person', 'Name', 'State', 'Roles', 'Permissions'],
          rows: people.map(({ id, name, state, roles: held, permissions: may }) => [
            id,
            name ?? NOT_KEPT,
            state,
            held.join(', ') || 'none',
            may.join(', ') || 'none',
          ]),
        },
      },
      {
        heading: 'Roles',
        paragraphs: [`As Wardmux ${site.software} enforces them at every door; an earlier version may have had others. Nobody may do what is not listed.`],
        table: { head: ['Role', 'May'], rows: Object.entries(roles).map(([role, may]) => [role, helpOf(may)]) },
      },
      { heading: 'Whoever stands at the workstation, or has its account', list: everybody.map((name) => rowOf(name).help) },
    ],
    sign: ['Reviewed by, date'],
  };
}
