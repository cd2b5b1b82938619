/** For the tests of the table and of the doors: every standing that somebody can have. */
import { roles } from '../types/words.ts';
import { phases, type Grant, type Standing } from './index.ts';

/** Milliseconds since the epoch. */
export const NOW = 1_800_000_000_000;

/** Every set of roles, and words that are none. */
export const roleSets: readonly (readonly string[])[] = [
  ...Array.from({ length: 2 ** roles.length }, (_, bits) => roles.filter((_role, n) => (bits >> n) % 2 === 1)),
  ['guest'],
  ['Operator'],
  ['constructor', 'toString'],
];

export const grant = (held: readonly string[], more: Partial<Grant> = {}): Grant => ({
  person: 'p-0123456789ab',
  roles: held,
  method: 'passphrase',
  reason: 'none',
  until: undefined,
  breakGlass: null,
  ...more,
});

/** Every state with every set of roles; without anybody where nobody need be there; inside also with one factor where two are asked for. */
export const standings: readonly Standing[] = phases.flatMap((phase): Standing[] => {
  const known = roleSets.map((held) => ({ phase, grant: grant(held) }));
  return phase === 'open' ? [...known, ...roleSets.map((held): Standing => ({ phase, grant: grant(held, { enrols: true }) }))] : [{ phase }, ...known];
});
