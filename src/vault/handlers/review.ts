/** Recordings that somebody looks at in the window (review.ts beside this folder): what is in them goes to the page as sealed frames. */
import type { Handlers } from '../../process/service.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { Refusal } from '../../types/refusal.ts';
import type { Holder } from '../holder.ts';
import { toPage } from '../page-frames.ts';
import { recordingFolder } from '../recording-folder.ts';
import type { Review } from '../review.ts';
import type { VaultService } from '../service.ts';

/**
 * @param post to main, which relays it to the page; awaiting it is the flow control.
 * @param looked has main enter that text was found in a recording, in the search of a ticket.
 */
export function reviewHandlers(
  holder: Holder,
  post: (sealed: Uint8Array) => Promise<void>,
  looked: (ticket: number, recording: string) => Promise<unknown>,
): Pick<
  Handlers<VaultService>,
  'reviewOpen' | 'reviewOpenOther' | 'reviewPrograms' | 'reviewSeek' | 'reviewMore' | 'reviewLines' | 'reviewSearch' | 'reviewSearchOthers' | 'reviewClose'
> {
  // Loaded when somebody looks: it has an emulator, and most who come in look at nothing.
  let loaded: Promise<Review> | undefined;
  const review = (): Promise<Review> => (loaded ??= import('../review.ts').then((room) => new room.Review(toPage(holder, post))));
  holder.onForget(() => void loaded?.then((one) => one.close()));
  const folderOf = (recording: string): { readonly id: string; readonly folder: string } => ({
    id: recording,
    folder: recordingFolder(holder.ready().home, recording),
  });
  const searched = ({ id, live }: { readonly id: string; readonly live: boolean }) => ({ ...folderOf(id), live });
  /** What was typed, which came as a sealed frame. @throws Refusal */
  const queryTaken = (): string => {
    const query = holder.page.takeQuery();
    const words = query?.toString('utf8');
    query?.fill(0);
    if (!words?.trim()) throw new Refusal('nothing-asked', 'Type what is to be found.');
    return words;
  };
  return {
    reviewOpen: async ({ ticket, recording, live, masked }) => (await review()).open(ticket, folderOf(recording).folder, holder.open(), live, masked),
    reviewOpenOther: async ({ ticket, recording, live, masked, keyFile }) => {
      if (!masked && !holder.isUnmasked(recording))
        throw new Refusal('second-needed', 'With nothing covered it is shown when somebody else has agreed to it here. Look at it masked, or ask for that.');
      return (await review()).open(ticket, folderOf(recording).folder, await AuditKeyOpener.fromFile(keyFile), live, masked);
    },
    reviewPrograms: async ({ ticket, recordings, masked }) => {
      await (await review()).programs(ticket, recordings.map(folderOf), holder.open(), masked);
      return {};
    },
    reviewSeek: async ({ ticket, timeUs }) => (await review()).seek(ticket, timeUs),
    reviewMore: async ({ ticket }) => (await review()).more(ticket),
    reviewLines: async ({ ticket, timeUs, count }) => (await review()).lines(ticket, timeUs, count),
    reviewSearch: async ({ ticket, lookFor, recordings, masked }) => {
      const words = queryTaken();
      return (await review()).search(ticket, recordings.map(searched), words, holder.open(), (recording) => looked(ticket, recording), lookFor, masked);
    },
    reviewSearchOthers: async ({ ticket, lookFor, recordings, keyFile }) => {
      const words = queryTaken();
      const opener = await AuditKeyOpener.fromFile(keyFile);
      return (await review()).search(ticket, recordings.map(searched), words, opener, (recording) => looked(ticket, recording), lookFor, true);
    },
    reviewClose: async ({ search }) => {
      const one = await loaded;
      if (search) one?.stop();
      else one?.close();
      return {};
    },
  };
}
