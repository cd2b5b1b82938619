/** What every export by the command line says: what for, and to whom. */
export const forAudit = ['--purpose', 'yearly audit', '--recipient', 'Example Audits'] as const;
