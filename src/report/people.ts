/** The register of people and of what they come in with: kind, verification, since when, and last use as far as the ledger has it. */
import { modelOf } from '../people/authenticators.ts';
import { hasCredential } from '../people/slot.ts';
import type { KeySlot } from '../people/types.ts';
import type { PersonState } from '../types/words.ts';
import type { Page } from './document.ts';
import type { Rebinding } from './history.ts';
import { headOf, jsonHeadOf, NOT_KEPT, recordAt, type ReportSite } from './site.ts';

interface Authenticator {
  readonly id: string;
  readonly kind: KeySlot['type'];
  readonly label: string | null;
  /** As the authenticator says it itself; nobody vouches for it. Null of what is none. */
  readonly model: string | null;
  /** What a use of it shows (NIST SP 800-63B-4). */
  readonly verification: string;
  readonly created: string;
  /** The last unlock with it that the ledger has; null where there was none. */
  readonly lastUse: string | null;
}

export interface PeopleReport extends ReturnType<typeof jsonHeadOf> {
  readonly kind: 'people';
  readonly people: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly state: PersonState;
    readonly roles: readonly string[];
    readonly enrolled: string | null;
    /** Null: the installation, at its first run. */
    readonly enrolledBy: string | null;
    /** Each time that two people gave them new keys, oldest first. */
    readonly newKeys: readonly Rebinding[];
    /** Null where the slots of that day are not known any more. */
    readonly authenticators: readonly Authenticator[] | null;
  }[];
}

const verifications: Readonly<Record<KeySlot['type'], string>> = {
  passphrase: 'a passphrase, which derives the key (one factor)',
  'passkey-prf': 'a passkey with user verification, which gives the key (two factors)',
  'passphrase-key': 'a passphrase and a touched key, which give the key only together (two factors)',
  'passkey-store':
    'a passkey with user verification that holds no key itself: it gives half of one, the secret store of the account the other (two factors, weaker)',
  'recovery-code': 'a printed code, good once for a new passphrase and for nothing else (one factor)',
};

/** @param lastUse ISO 8601 UTC; null where the ledger has none. */
export const authenticatorOf = (slot: KeySlot, lastUse: string | null): Authenticator => ({
  id: slot.id,
  kind: slot.type,
  label: hasCredential(slot) ? slot.label : null,
  model: hasCredential(slot) ? modelOf(slot.aaguid) : null,
  verification: verifications[slot.type],
  created: slot.created,
  lastUse,
});

export function peopleReport(site: ReportSite): PeopleReport {
  const { past } = site;
  const people = past.facts.people().map((id) => {
    const { record, slots } = recordAt(site, id);
    const enrolment = past.enrolments.get(id);
    const { roles, state } = past.facts.person(id)!;
    const authenticators = slots?.map((slot) => authenticatorOf(slot, past.facts.use(slot.id)?.time ?? null));
    return {
      id,
      name: record?.name ?? null,
      state,
      roles,
      enrolled: enrolment?.time ?? null,
      enrolledBy: enrolment?.by ?? null,
      newKeys: past.rebindings.get(id) ?? [],
      authenticators: authenticators ?? null,
    };
  });
  return { kind: 'people', ...jsonHeadOf(site), people };
}

export function peoplePage(site: ReportSite): Page {
  const { people } = peopleReport(site);
  return {
    title: 'People and authenticators',
    facts: headOf(site),
    sections: [
      {
        heading: 'People',
        paragraphs: ['45 CFR 164.312(a)(2)(i) and (d): one identifier a person, and what shows that it is them.'],
        table: {
          head: ['Person', 'Name', 'State', 'Roles', 'Enrolled', 'By', 'New keys'],
          rows: people.map(({ id, name, state, roles, enrolled, enrolledBy, newKeys }) => [
            id,
            name ?? NOT_KEPT,
            state,
            roles.join(', ') || 'none',
            enrolled ?? 'not known',
            enrolledBy ?? 'the first run',
            newKeys.map(({ time, by, second, checked }) => `${time} by ${by} and ${second}, ${checked}`).join('; ') || 'never',
          ]),
        },
      },
      {
        heading: 'Authenticators',
        table: {
          head: ['Person', 'Slot', 'What it is', 'What it shows', 'Since', 'Last use'],
          rows: people.flatMap(({ id, authenticators }) =>
            authenticators
              ? authenticators.map(({ id: slot, kind, label, model, verification, created, lastUse }) => [
                  id,
                  slot,
                  [kind, label, model].filter((word) => word !== null).join(', '),
                  verification,
                  created,
                  lastUse ?? 'none in the ledger',
                ])
              : [[id, NOT_KEPT, '', '', '', '']],
          ),
        },
      },
    ],
    sign: ['Reviewed by, date'],
  };
}
