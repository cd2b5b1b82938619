/** The menu: the lock, the end, and the words for copy and paste. No reload, no zoom by accident, no developer tools. */
import { Menu } from 'electron';

/** Not a key that a shell or tmux uses; the page has the same one in its own table. */
export const lockAccelerator = 'CommandOrControl+Alt+L';

export function setMenu(actions: { readonly lock: () => void; readonly quit: () => void }): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: 'Wardmux',
        submenu: [
          { label: 'Lock', accelerator: lockAccelerator, click: actions.lock },
          { type: 'separator' },
          // Not the role: the app seals and locks before anything ends.
          { label: 'Quit', click: actions.quit },
        ],
      },
      {
        label: 'Edit',
        submenu: [{ role: 'copy' }, { role: 'paste', accelerator: 'CommandOrControl+Shift+V' }, { role: 'selectAll', accelerator: 'CommandOrControl+Shift+A' }],
      },
    ]),
  );
}
