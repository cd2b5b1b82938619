/** What is decided about people: somebody new, and signatures under a request, of who is in or of somebody else who is open for that one alone. */
import type { OpenIdentity } from '../../people/identity.ts';
import { dearest, unlockWithPassphrase } from '../../people/person.ts';
import { checkPinned } from '../../people/pinned.ts';
import { deedText } from '../../ledger/certificate.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { prepareEnrolment } from '../../services/people/people.ts';
import { Refusal } from '../../types/refusal.ts';
import { openByCredential, typedOf, uvOf, withHashed } from '../factors.ts';
import type { Holder } from '../holder.ts';
import type { Secrets } from '../page.ts';
import type { VaultInput, VaultOutput } from '../service.ts';
import type { Turns } from './turns.ts';

type Who = Pick<VaultInput<'agreePassphrase'>, 'person' | 'known'>;
type Request = VaultInput<'certify'>['request'] | VaultInput<'certifyUnmask'>['request'];
type Signed = VaultOutput<'agreePassphrase'>;

export function peopleHandlers(
  holder: Holder,
): Turns<
  | 'newcomer'
  | 'certify'
  | 'certifyReview'
  | 'certifyUnmask'
  | 'agreeUnmaskPassphrase'
  | 'agreeUnmaskPasskey'
  | 'agreePassphrase'
  | 'agreePasskey'
  | 'liftPassphrase'
  | 'liftPasskey'
> {
  /** Lends somebody else's identity for one signature. */
  const lend = async (other: OpenIdentity, sign: (other: OpenIdentity) => Promise<Signed>): Promise<Signed> => {
    try {
      return await sign(other);
    } finally {
      other.destroy();
    }
  };
  const byPassphrase = async ({ person, known }: Who, secrets: Secrets, sign: (other: OpenIdentity) => Promise<Signed>): Promise<Signed> => {
    const { home } = holder.ready();
    return withHashed(typedOf(secrets), async (typed) => lend(await unlockWithPassphrase(checkPinned(home, person, known), typed, dearest(home)), sign));
  };
  const byCredential = async (
    { person, known, ...answer }: Who & Pick<VaultInput<'agreePasskey'>, 'response' | 'withPassphrase'>,
    secrets: Secrets,
    sign: (other: OpenIdentity) => Promise<Signed>,
  ): Promise<Signed> => lend(await openByCredential(holder, checkPinned(holder.ready().home, person, known), answer, secrets), sign);

  const signature = async (other: OpenIdentity, by: string, request: Request): Promise<Signed> => ({
    slot: other.slot,
    ...uvOf(other),
    certificate: await deciderOf(other).certify(holder.installation, by, request),
  });
  const agreement =
    (by: string, request: Request) =>
    async (other: OpenIdentity): Promise<Signed> => {
      if (other.person.id === holder.open().person.id || other.person.id === by)
        throw new Refusal('second-needed', 'Whoever asks does not agree to it as well: somebody else has to.');
      const signed = await signature(other, by, request);
      if (request.deed === 'unmask') holder.agreedTo(deedText(holder.installation, by, request));
      return signed;
    };
  /** That the stop of the station is lifted: this text alone. */
  const lifting =
    (after: VaultInput<'liftPassphrase'>['after']) =>
    (other: OpenIdentity): Promise<Signed> =>
      signature(other, other.person.id, { deed: 'station', to: 'lifted', reason: null, after });

  return {
    newcomer: async ({ name, id, workstation }, secrets) => {
      const passphrase = typedOf(secrets);
      const { kdf } = holder.parts;
      return { record: await prepareEnrolment({ name, id, workstation, passphrase, now: () => holder.now(), ...(kdf ? { kdf } : {}) }) };
    },
    /** Right after they have shown that it is them: main asks for it in the same breath, and whoever sits down later decides nothing. */
    certify: async ({ request }) => {
      const identity = holder.justConfirmed();
      return deciderOf(identity).certify(holder.installation, identity.person.id, request);
    },
    certifyReview: async (request) => {
      const identity = holder.open();
      return deciderOf(identity).certify(holder.installation, identity.person.id, { deed: 'verdict', ...request });
    },
    certifyUnmask: async ({ request }) => {
      const identity = holder.justConfirmed();
      const by = identity.person.id;
      holder.unmask(request.recording, deedText(holder.installation, by, request));
      return deciderOf(identity).certify(holder.installation, by, request);
    },
    agreeUnmaskPassphrase: ({ by, request, ...who }, secrets) => byPassphrase(who, secrets, agreement(by, request)),
    agreeUnmaskPasskey: ({ by, request, ...answer }, secrets) => byCredential(answer, secrets, agreement(by, request)),
    agreePassphrase: ({ by, request, ...who }, secrets) => byPassphrase(who, secrets, agreement(by, request)),
    agreePasskey: ({ by, request, ...answer }, secrets) => byCredential(answer, secrets, agreement(by, request)),
    liftPassphrase: ({ after, ...who }, secrets) => byPassphrase(who, secrets, lifting(after)),
    liftPasskey: ({ after, ...answer }, secrets) => byCredential(answer, secrets, lifting(after)),
  };
}
