/**
 * Who may do what: one row a permission, deny by default. Only operators exist in this version; a role that is not in a
 * row may not do it.
 */
export const permissions = {
  'session.open': { roles: ['operator'], help: 'Open a pane with a recorded shell.' },
  'recording.replay.own': { roles: ['operator'], help: 'Replay a recording that is wrapped for oneself.' },
  'recording.export.own': { roles: ['operator'], help: 'Export a recording that is wrapped for oneself.' },
  'vault.slot.add': { roles: ['operator'], help: 'Add a key slot to one’s own vault.' },
  'policy.accept': { roles: ['operator'], help: 'Take a changed policy into force.' },
  'ledger.verify': { roles: ['operator'], help: 'Verify the ledger and a recording.' },
} as const satisfies Readonly<Record<string, { readonly roles: readonly string[]; readonly help: string }>>;

export type Permission = keyof typeof permissions;

/** True where one of the person's roles is in the permission's row. */
export function isPermitted(roles: readonly string[], permission: Permission): boolean {
  const row: readonly string[] | undefined = Object.hasOwn(permissions, permission) ? permissions[permission].roles : undefined;
  return row?.some((role) => roles.includes(role)) ?? false;
}
