/** What was changed of somebody, for them: told at their next unlock, and to be read again. */
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { PersonChange } from '../../ledger/person-facts.ts';
import { readPinned } from '../../people/pinned.ts';
import type { Home } from '../../storage/home.ts';

type Facts = Pick<LedgerFacts, 'changes' | 'person'>;

/** In the words of what a change did, of their slots. */
const slotWords: Readonly<Record<string, string>> = {
  passphrase: 'the passphrase was replaced',
  passkey: 'a passkey was added',
  'passphrase-key': 'passphrase and key together took the place of the passphrase alone',
  'passkey-store': 'a passkey was added that holds no key itself, half of which is in the secret store: weaker',
  name: 'a passkey got another name',
  removed: 'a key slot was removed',
  codes: 'a sheet of recovery codes was made',
  recovered: 'the passphrase was replaced by a recovery code, and every passkey and key was removed',
  rebound: 'you got new keys in place of everything; what you recorded before stays closed to them',
};

const words: { readonly [K in PersonChange['kind']]: (detail: string) => string } = {
  enrolled: () => 'you were enrolled',
  slots: (detail) => slotWords[detail] ?? 'your key slots were changed',
  roles: (detail) => `your roles became ${detail || 'none'}`,
  state: (detail) => (detail === 'active' ? 'you may come in again' : `you were ${detail}`),
};

/** A sentence each, oldest first: when, what, by whom. @param since only what came after this event */
export function changeSentences(home: Home, facts: Facts, person: string, since = -1): string[] {
  return facts
    .changes(person)
    .filter(({ seq }) => seq >= since)
    .map(({ time, kind, detail, by, second }) => {
      const who = [by, second].flatMap((id) => (id === null ? [] : id === person ? 'you' : named(home, facts, id)));
      return `${time.slice(0, 16).replace('T', ' ')} UTC: ${words[kind](detail)}, by ${who.join(' and ') || (kind === 'state' ? 'a revocation list' : 'the first run')}.`;
    });
}

function named(home: Home, facts: Facts, id: string): string {
  try {
    const name = readPinned(home, facts, id)?.name;
    return name === undefined ? id : `${name} (${id})`;
  } catch {
    return id;
  }
}
