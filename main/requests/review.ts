/** Recordings that are looked for and looked at (main/review.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function reviewRequests({ review, people }: RequestParts): HandlersOf<'review'> {
  const done = async (deed: Promise<void>): Promise<Record<string, never>> => {
    await deed;
    return {};
  };
  return {
    'review.list': (query) => review.list(query, 'own'),
    'review.everybody': (query) => review.list(query, 'everybody'),
    'review.open': ({ ticket, recording, masked }) => review.open(ticket, recording, masked),
    'review.openOther': (asked) => review.openOther(asked),
    'review.unmask': ({ recording }) => people.ask({ kind: 'unmask', recording }),
    'review.programs': ({ ticket, recordings }) => done(review.programs(ticket, recordings)),
    'review.seek': ({ ticket, timeUs }) => done(review.seek(ticket, timeUs)),
    'review.more': ({ ticket }) => done(review.more(ticket)),
    'review.lines': ({ ticket, timeUs, count }) => done(review.lines(ticket, timeUs, count)),
    'review.search': ({ ticket, lookFor, recording }) => review.search(ticket, lookFor, recording),
    'review.searchOthers': (asked) => review.searchOthers(asked),
    'review.stop': () => done(review.stop()),
    'review.close': () => done(review.close()),
    'review.say': ({ recording, state }) => done(review.say(recording, state)),
    'review.verify': ({ recording }) => review.verify(recording),
  };
}
