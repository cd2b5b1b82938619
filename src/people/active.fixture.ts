/** For tests: a record, as of an operator who can come in, and a door that no revocation list closes. */
import type { OutsideWord } from './attempt.ts';
import type { Person, PersonRecord } from './types.ts';

export const asOperator = (record: PersonRecord): Person => ({ ...record, roles: ['operator'], active: true });

export const noList: OutsideWord = { look: async () => undefined, barred: undefined, names: () => false };
