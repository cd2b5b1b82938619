/** The lock clears what was copied in the workspace: the next person must not find it in the clipboard. */
import { useEffect, useState } from 'preact/hooks';
import { inTime } from '../../src/time/in-time.ts';
import type { Bridge } from '../shared/bridge.ts';

/** A browser writes within milliseconds, or refuses at once. One that does neither has not cleared anything. */
const WRITE_MS = 2_000;
/** The browser lets only a window with the focus write: each of these may be the moment at which it has it. */
const OCCASIONS = ['focus', 'pointerdown', 'keydown'] as const;

/**
 * Overwrites the clipboard with an empty text. @returns false where the browser refuses.
 *
 * Chromium puts every copied text into the selection of X11 and Wayland too (PRIMARY, pasted by the middle button), but not
 * an empty one. So a space goes first: it takes the place of what was copied there.
 */
async function clear(): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(' ');
    await navigator.clipboard.writeText('');
    return true;
  } catch {
    return false;
  }
}

/** Calls `listener` at each key, click and focus. @returns what ends it. */
export function onOccasion(listener: () => void): () => void {
  for (const name of OCCASIONS) window.addEventListener(name, listener, { capture: true });
  return () => OCCASIONS.forEach((name) => window.removeEventListener(name, listener, { capture: true }));
}

/**
 * Clears the clipboard once, where `wanted`; tries again at the next key, click or focus until it was done, and tells the core.
 * @returns true while what was copied is known to be there still.
 */
export function useClearedClipboard(bridge: Bridge, wanted: boolean): boolean {
  const [still, setStill] = useState(false);
  useEffect(() => {
    if (!wanted) return;
    let trying = false;
    let done = false;
    const ended = (cleared: boolean): void => {
      if (done) return;
      setStill(!cleared);
      if (!cleared) return;
      done = true;
      stop();
      void bridge.request('lock.clipboardCleared', {}).catch(() => {});
    };
    const attempt = async (): Promise<void> => {
      if (trying || done) return;
      trying = true;
      const clearing = clear();
      // One that succeeds after its time has cleared all the same. One that fails then says nothing new.
      void clearing.then((cleared) => cleared && ended(true));
      const cleared = await inTime(clearing, WRITE_MS, () => false);
      trying = false;
      ended(cleared);
    };
    const stop = onOccasion(() => void attempt());
    void attempt();
    return stop;
  }, [wanted]);
  return wanted && still;
}
