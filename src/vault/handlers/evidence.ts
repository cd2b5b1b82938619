/** What can be shown to somebody else: a recording as an export, whether a bundle is good, what the self-test of this process found. */
import { verifyBundle, type BundleStatement } from '../../export/index.ts';
import type { Handlers } from '../../process/service.ts';
import { Refusal } from '../../types/refusal.ts';
import type { Exports } from '../exports.ts';
import type { Holder } from '../holder.ts';
import { toPage } from '../page-frames.ts';
import { tryKeyless } from '../self-test.ts';
import type { VaultService } from '../service.ts';

/**
 * @param post to main, which relays it to the page.
 * @param attest asks main, which has the installation's key, to sign for the bundle of these facts: a signature.
 */
export function evidenceHandlers(
  holder: Holder,
  post: (sealed: Uint8Array) => Promise<void>,
  attest: (ticket: number, statement: BundleStatement) => Promise<string>,
): Pick<Handlers<VaultService>, 'exportPlan' | 'exportPlanOther' | 'exportWords' | 'export' | 'judge' | 'selfTest'> {
  let loaded: Promise<Exports> | undefined;
  const exports = (): Promise<Exports> =>
    (loaded ??= import('../exports.ts').then((room) => {
      const { home, configuration } = holder.ready();
      return new room.Exports(home, configuration.version, toPage(holder, post));
    }));
  holder.onForget(() => void loaded?.then((one) => one.forget()));
  return {
    exportPlan: async (asked) => (await exports()).plan(holder.open(), asked),
    exportPlanOther: async (asked) => (await exports()).planOther(asked),
    exportWords: async (asked) => {
      const sealed = holder.page.takeDisclosure();
      try {
        return await (await exports()).words(asked, sealed);
      } finally {
        sealed?.fill(0);
      }
    },
    export: async (asked) =>
      (await exports()).make(holder.open(), asked, (statement) =>
        attest(asked.ticket, statement).catch(() => {
          throw new Refusal('not-signed', 'The key of this installation did not sign for this export, so nothing was exported.');
        }),
      ),
    judge: ({ folder, trust }) => {
      const { good, sentence, detail, notes } = verifyBundle(folder, trust);
      return { good, sentence: detail ? `${sentence} ${detail}` : sentence, notes: [...notes] };
    },
    selfTest: async () => {
      const { tried, head } = await tryKeyless(holder.ready().home.folder);
      return { tried: [...tried], head };
    },
  };
}
