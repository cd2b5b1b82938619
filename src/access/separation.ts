/** Roles that no one person holds together. Who reads what others do is not who decides over others (requirements: separation of duties). */
import type { Role } from '../types/words.ts';

/** Each pair, with what a person is told. */
const apart: readonly (readonly [one: Role, other: Role, why: string])[] = [
  ['security', 'auditor', 'Nobody is security admin and auditor: who decides about people and policy does not review what they did.'],
];

/** @returns a sentence where one person may not hold all of these; undefined where they may. */
export function separationOf(held: readonly Role[]): string | undefined {
  return apart.find(([one, other]) => held.includes(one) && held.includes(other))?.[2];
}
