/**
 * The menu. macOS gives the keys of copy and paste by a menu, so there is one there: the lock, the end, and the words for
 * copy and paste. Elsewhere there is none: a menu bar that comes by Alt would lie over the last rows, and Alt is a shell's
 * key. No reload, no zoom, no developer tools anywhere.
 */
import { Menu, type Input } from 'electron';

/** The page's own key for the lock (src/mux/keys/table.ts), and no desktop's: ctrl-alt-l is taken by several. */
const lockAccelerator = 'Control+Shift+L';

/** True for the lock's key, on its way to the page: it locks also where the page answers no keys any more. */
export function isLockKey(input: Pick<Input, 'type' | 'key' | 'control' | 'shift' | 'alt' | 'meta'>): boolean {
  return input.type === 'keyDown' && input.key.toLowerCase() === 'l' && input.control && input.shift && !input.alt && !input.meta;
}

/** Call before the app is ready: without it every window has Electron's own menu, with developer tools in it. */
export function setNoMenu(): void {
  Menu.setApplicationMenu(null);
}

/** The menu of macOS, once the app is ready. */
export function setMacMenu(actions: { readonly lock: () => void; readonly quit: () => void }): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: 'Wardmux',
        submenu: [
          { label: 'Lock', accelerator: lockAccelerator, click: actions.lock },
          { type: 'separator' },
          { role: 'hide' },
          { type: 'separator' },
          // Not the role: the app seals and locks before anything ends.
          { label: 'Quit', accelerator: 'Command+Q', click: actions.quit },
        ],
      },
      { label: 'Edit', submenu: [{ role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }] },
    ]),
  );
}
