/**
 * The keyboard, before the emulator sees it: idle warning, prefix, copy mode, pane numbers, copy and paste. What is not
 * ours goes on to the emulator untouched and at once.
 */
import { feed, idleKeys, type KeyState } from '../../src/mux/keys/machine.ts';
import { keyLabel, keyName } from '../../src/mux/keys/names.ts';
import { copyKey } from '../../src/mux/keys/table.ts';
import { messages } from '../shared/messages.ts';
import type { Controller } from './controller.ts';
import { ChordSwallow } from './chord-swallow.ts';
import { deliverKey } from './deliver-key.ts';
import { KeyHold } from './key-hold.ts';
import * as model from './model.ts';

/** tmux shows nothing; we show the keys to those who hesitate. */
const WHICH_KEY_MS = 400;

export function installKeys(controller: Controller): void {
  let state: KeyState = idleKeys;
  let helpTimer: ReturnType<typeof setTimeout> | undefined;

  const setState = (next: KeyState): void => {
    state = next;
    if (next.prefixActive === model.prefixActive.value) return;
    clearTimeout(helpTimer);
    model.prefixActive.value = next.prefixActive;
    model.whichKey.value = false;
    if (next.prefixActive) helpTimer = setTimeout(() => (model.whichKey.value = true), WHICH_KEY_MS);
  };
  // Every command holds the keys behind it, whether a key, a prompt, a menu or the mouse has given it.
  let delivering = false;
  const hold = new KeyHold<KeyboardEvent>((event) => {
    delivering = true;
    deliverKey(event);
    delivering = false;
  });
  controller.onCommand((answer) => void hold.until(answer));
  const take = (event: Event): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  // The warning takes any key, a modifier alone too, and the whole chord that it begins: no shell gets any of it.
  const swallow = new ChordSwallow();
  const taken = (event: KeyboardEvent): boolean => {
    const warned = model.status.value?.warning === true;
    if (!swallow.down(event, warned)) return false;
    take(event);
    if (keyName(event) === 'C-S-l') controller.lock();
    else if (warned) controller.keepOpen();
    return true;
  };

  window.addEventListener(
    'keydown',
    (event) => {
      // A key that waited for a command was typed before the warning: it goes where it was meant to go.
      if (!delivering && taken(event)) return;
      controller.active('key');
      // The lock has to work from anywhere, a question and a field too.
      if (event.ctrlKey && event.shiftKey && keyName(event) === 'C-S-l') {
        take(event);
        return controller.lock();
      }
      if (event.isTrusted && !event.isComposing && hold.keep(event)) return take(event);
      if (document.querySelector('dialog[open]')) return;
      const name = keyName(withAltGraph(event));
      if (name === undefined) return;
      if (model.paneNumbers.value && controller.jump(name)) return take(event);
      const inField = event.target instanceof HTMLInputElement;
      if (inField && !state.prefixActive && name !== model.options.value.prefix && name !== model.options.value.prefix2) return;
      const pane = model.activePane.value;
      if (pane && !inField && !state.prefixActive && name === copyKey.key) {
        take(event);
        return controller.copying.copySelection(pane.pane);
      }
      // The browser's own paste follows, with the clipboard in it: no permission needed. See the paste listener.
      if (!state.prefixActive && name === 'C-S-v') return event.stopImmediatePropagation();
      // What stays until it is read goes by prefix esc, whatever that is bound to else.
      const reads = state.prefixActive && name === 'Escape' && controller.notices.stands;
      const rows = reads ? model.keyRows.value.filter((row) => row.table !== 'prefix' || row.key !== 'Escape') : model.keyRows.value;
      const fed = feed(state, name, event.timeStamp, model.options.value, rows);
      const wasActive = state.prefixActive;
      setState(fed.state);
      if (fed.commandLine !== undefined) void controller.command(fed.commandLine);
      if (fed.unbound === 'Escape') controller.notices.dismissNext();
      else if (fed.unbound !== undefined) controller.notices.toast('nothing', messages.workspace.unbound(keyLabel(fed.unbound)));
      if (fed.consumed || wasActive) return take(event);
      if (inField) return;
      if (pane && model.clock.value === pane.pane) {
        model.clock.value = undefined;
        return take(event);
      }
      if (controller.copyKey(name)) return take(event);
      if (!pane) {
        // Before the first view nobody knows whether there is a pane: a second Return at the unlock must open nothing.
        if (name !== 'Enter' || !model.view.value) return;
        take(event);
        return void controller.command('new-window');
      }
      // A pane without a program has two keys of its own.
      if (model.hasEnded(pane)) {
        if (event.target instanceof HTMLButtonElement && name === 'Enter') return;
        if (name === 'Enter') void controller.command('respawn-pane', pane.pane);
        if (name === 'x') void controller.command('kill-pane', pane.pane);
        if (name !== 'Tab' && name !== 'BTab') take(event);
        return;
      }
      // Nothing has the focus, because what had it is gone: the key is the shell's.
      if (event.target === document.body && event.isTrusted && !event.isComposing) {
        controller.focusTerminal();
        if (document.activeElement === document.body) return;
        take(event);
        deliverKey(event);
      }
    },
    { capture: true },
  );

  window.addEventListener(
    'keyup',
    (event) => {
      if (swallow.up(event)) take(event);
    },
    { capture: true },
  );

  window.addEventListener(
    'paste',
    (event) => {
      const pane = model.activePane.value;
      const text = event.clipboardData?.getData('text/plain');
      const field = event.target instanceof HTMLInputElement ? event.target : undefined;
      // Of the fields the prompt alone leads to a shell.
      if (field && field.id !== 'command') return;
      take(event);
      if (!pane || !text) return;
      if (!field) return controller.pasting.paste(pane.pane, text);
      controller.pasting.into(pane.pane, text, () => {
        field.focus();
        document.execCommand('insertText', false, text.replace(/[\r\n]+/g, ' '));
      });
    },
    { capture: true },
  );

  // Nothing is dropped into this window: what comes so from a pane of one class would be asked about by nobody.
  for (const event of ['dragover', 'drop'] as const) window.addEventListener(event, take, { capture: true });

  window.addEventListener('pointerdown', () => controller.active('pointer'), { capture: true, passive: true });
  window.addEventListener('wheel', () => controller.active('pointer'), { capture: true, passive: true });
  window.addEventListener('pointermove', () => controller.active('move'), { capture: true, passive: true });
  // A window that comes back must not think that the prefix is still down.
  window.addEventListener('blur', () => setState(idleKeys));
}

/** AltGr arrives as ctrl-alt on some systems; names.ts wants to know. */
function withAltGraph(event: KeyboardEvent): Parameters<typeof keyName>[0] {
  const { key, code, ctrlKey, altKey, shiftKey, metaKey } = event;
  return { key, code, ctrlKey, altKey, shiftKey, metaKey, altGraph: event.getModifierState('AltGraph') };
}
