/**
 * What a browser offers around a page and a terminal's window must not: reload, print, save, find, zoom, history, the
 * context menu, files dropped on it. Only what nothing else has taken; text editing in fields stays.
 */
const functionKeys = new Set(['F1', 'F3', 'F5', 'F6', 'F7', 'F11', 'F12', 'BrowserBack', 'BrowserForward', 'BrowserRefresh']);
const controlKeys = new Set('defghjknoprstuw+-=0'.split(''));

export function harden(): void {
  window.addEventListener('keydown', (event) => {
    const { key, ctrlKey, altKey, metaKey } = event;
    const control = (ctrlKey || metaKey) && controlKeys.has(key.toLowerCase());
    const history = altKey && (key === 'ArrowLeft' || key === 'ArrowRight' || key === 'Home');
    if (control || history || functionKeys.has(key)) event.preventDefault();
  });
  window.addEventListener('contextmenu', (event) => event.preventDefault());
  for (const drag of ['dragover', 'drop'] as const) window.addEventListener(drag, (event) => event.preventDefault());
  window.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey) event.preventDefault();
    },
    { passive: false },
  );
}
