/** Who is there, and what somebody who may decides about them (main/deciding/people.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function peopleRequests({ people, slots, logoff }: RequestParts): HandlersOf<'people'> {
  return {
    'people.list': () => people.list(),
    'people.enrol': ({ name, roles }) => people.ask({ kind: 'enrol', name, roles }),
    'people.roles': ({ id, roles }) => people.ask({ kind: 'roles', id, roles }),
    'people.disable': ({ id }) => people.ask({ kind: 'state', id, state: 'disabled' }),
    'people.enable': ({ id }) => people.ask({ kind: 'state', id, state: 'active' }),
    'people.delete': ({ id }) => people.ask({ kind: 'state', id, state: 'deleted' }),
    'people.stop': ({ id, reason }) => people.ask({ kind: 'stop', id, reason }),
    'people.lift': ({ id }) => people.ask({ kind: 'lift', id }),
    'people.stopStation': ({ reason }) => people.ask({ kind: 'station', reason }),
    'people.rebind': ({ id, checked }) => people.ask({ kind: 'rebind', id, checked }),
    'people.held': async () => ({ held: logoff.heldPeople() }),
    'people.endHeld': async ({ id }) => ({ sentence: await logoff.endHeld(id) }),
    'people.leave': async () => {
      people.leave();
      return {};
    },
    'people.asked': async () => people.view(),
    'people.newcomer': () => people.newcomer(),
    'people.agreePassphrase': ({ person }) => people.agree(person),
    'people.agreeOptions': ({ person, withPassphrase }) => people.agreeOptions(person, withPassphrase),
    'people.agreePasskey': ({ person, ...answer }) => people.agree(person, answer),
    'people.refuse': async () => people.refuse(),
    'people.provePassphrase': ({ go }) => people.prove(go),
    'people.proveOptions': ({ withPassphrase }) => slots.passkeyOptions(undefined, withPassphrase),
    'people.provePasskey': ({ go, ...answer }) => people.prove(go, answer),
  };
}
