/** Takes out of the clipboard what was copied, without a page: no focus and no gesture is needed for it here. */
import { clipboard, type Clipboard } from 'electron';
import { inTime } from '../../src/time/in-time.ts';

/** Another program may own a clipboard and not answer: it is not waited for longer than this. */
const EMPTIED_MS = 1000;

/** @returns true when every one is seen to hold no text. A manager of the desktop may have kept a copy of its own. */
export async function clearClipboard(): Promise<boolean> {
  // The second one is the middle button's, on X11 and where a Wayland compositor has one.
  const all = process.platform === 'linux' ? [clipboard, clipboard.selection] : [clipboard];
  const emptied = Promise.all(all.map(empty)).then((answers) => answers.every(Boolean));
  return inTime(
    emptied.catch(() => false),
    EMPTIED_MS,
    () => false,
  );
}

async function empty(one: Clipboard): Promise<boolean> {
  one.clear();
  if ((await one.readText()) === '') return true;
  // What belongs to another program may stay at a clear: an empty text of our own takes its place.
  await one.writeText('');
  return (await one.readText()) === '';
}
