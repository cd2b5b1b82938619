/** For tests: a record, as of an operator who can come in. */
import type { Person, PersonRecord } from './types.ts';

export const asOperator = (record: PersonRecord): Person => ({ ...record, roles: ['operator'], active: true });
