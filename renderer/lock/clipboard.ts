/** The lock clears what was copied in the workspace: the next person must not find it in the clipboard. */
import { useEffect, useState } from 'preact/hooks';
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

/**
 * Clears the clipboard once, where `wanted`; tries again at the next key, click or focus until it was done, and tells the core.
 * @returns true while what was copied is known to be there still.
 */
export function useClearedClipboard(bridge: Bridge, wanted: boolean): boolean {
  const [still, setStill] = useState(false);
  useEffect(() => {
    if (!wanted) return;
    let trying = false;
    const attempt = async (): Promise<void> => {
      if (trying) return;
      trying = true;
      const late = setTimeout(() => setStill(true), WRITE_MS);
      const cleared = await clear();
      clearTimeout(late);
      trying = false;
      setStill(!cleared);
      if (!cleared) return;
      stop();
      await bridge.request('lock.clipboardCleared', {}).catch(() => {});
    };
    const onOccasion = (): void => void attempt();
    const stop = (): void => OCCASIONS.forEach((name) => window.removeEventListener(name, onOccasion, { capture: true }));
    for (const name of OCCASIONS) window.addEventListener(name, onOccasion, { capture: true });
    void attempt();
    return stop;
  }, []);
  return still;
}
