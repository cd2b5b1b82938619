/**
 * What a browser does at a key, a wheel or a drag, and a terminal's window must not: developer tools, task manager, zoom,
 * printing, saving, searching, history, caret browsing, full screen, the context menu, files dropped on it.
 */

/** What the guard needs of a window, so that a test can stand in for one. */
export interface GuardedWindow {
  readonly navigator: { readonly platform: string };
  addEventListener(type: string, listener: (event: unknown) => void, options: { readonly capture: true; readonly passive: false }): void;
}

/** What it needs of an event. */
export interface GuardedKey {
  readonly key: string;
  readonly isTrusted: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  getModifierState(name: string): boolean;
  preventDefault(): void;
}

/**
 * Takes the browser's default from every chord that does not enter or edit text; the list of those that do is closed, so a
 * chord that a later browser invents does nothing either. Nothing is stopped on its way: our own keys and the emulator see
 * every event as before.
 *
 * It refers to nothing outside itself: the Chromium host sends its source text to documents that have no script of ours.
 */
export function guardChords(page: GuardedWindow): void {
  const modifiers = ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock', 'ScrollLock', 'Fn', 'Hyper', 'Super'];
  const moves = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End'];
  const plain = new Set([...moves, 'PageUp', 'PageDown', 'Enter', 'Tab', 'Backspace', 'Delete', 'Insert', 'Escape', ...modifiers]);
  const shifted = new Set([...plain].filter((key) => key !== 'Escape'));
  const control = new Set([...moves, 'Backspace', 'Delete', 'Insert', 'a', 'c', 'v', 'x', 'z', 'y', ...modifiers]);
  const shiftedControl = new Set([...moves, 'v', 'z', ...modifiers]);
  // Option with a key is how a Mac enters many characters.
  const mac = page.navigator.platform.startsWith('Mac');

  const editsText = (event: GuardedKey): boolean => {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    // A dead key is a part of a character, and an input method's key is one of several. With ctrl they are neither: the browser goes by the key's place.
    const character = [...key].length === 1 || key === 'Dead' || key === 'Process';
    if (character && event.getModifierState('AltGraph')) return true;
    if (altKey) return modifiers.includes(key) || (mac && character && !ctrlKey && !metaKey);
    if (ctrlKey && metaKey) return modifiers.includes(key);
    if (ctrlKey || metaKey) return (shiftKey ? shiftedControl : control).has(character ? key.toLowerCase() : key);
    return character || (shiftKey ? shifted : plain).has(key);
  };
  const on = <E>(types: readonly string[], listener: (event: E & { preventDefault(): void }) => void): void => {
    for (const type of types) page.addEventListener(type, listener as (event: unknown) => void, { capture: true, passive: false });
  };
  on<GuardedKey>(['keydown'], (event) => {
    // What a script of ours makes of a key that waited is no chord of the browser's.
    if (event.isTrusted && !editsText(event)) event.preventDefault();
  });
  on(['contextmenu', 'dragover', 'drop'], (event) => event.preventDefault());
  on<{ ctrlKey: boolean }>(['wheel'], (event) => {
    if (event.ctrlKey) event.preventDefault();
  });
  // The fourth and the fifth button of a mouse go back and forward.
  on<{ button: number }>(['mousedown', 'mouseup', 'auxclick'], (event) => {
    if (event.button >= 3) event.preventDefault();
  });
}
