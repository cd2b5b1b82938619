/** Whoever is in, and what that lets them do. */
import type { Grant } from '../src/access/index.ts';
import type { Person } from '../src/people/types.ts';
import type { Ways } from '../src/people/ways.ts';

/** The person whose identity is open. */
export interface PersonSession {
  readonly person: Person;
  readonly grant: Grant;
  /** The key slot that they came in by, or showed last. */
  readonly ways: Ways;
}

/** Whose windows are in front: a person's, or those of an emergency, whoever is in it. */
export const whoseOf = (session: Pick<PersonSession, 'person' | 'grant'> | undefined): string | undefined =>
  session && (session.grant.breakGlass ?? session.person.id);
