/** The find row covers the pane's last row and never moves its text. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { messages } from '../shared/messages.ts';
import type { Controller } from './controller.ts';

export function FindRow({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const { finding } = controller;
  const terminal = controller.terminal(pane);
  const found = terminal.found.value;
  useLayoutEffect(() => input.current!.focus(), []);
  const step = (older: boolean): void => finding.find(pane, { older });
  const toggleCase = (): void => finding.find(pane, { caseSensitive: !finding.caseSensitive });
  return (
    <form
      class="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        finding.accept(pane);
      }}
      onKeyDown={(event) => {
        const walk = event.target === input.current ? event.ctrlKey : true;
        if (event.key === 'Escape') finding.leave(pane);
        else if (event.key === 'ArrowUp' || (walk && event.key === 'n')) step(true);
        else if (event.key === 'ArrowDown' || (walk && event.key === 'N')) step(false);
        else if (event.altKey && event.key === 'c') toggleCase();
        else return;
        event.preventDefault();
      }}
    >
      <label for={`find-${pane}`}>/</label>
      <input
        id={`find-${pane}`}
        ref={input}
        aria-label={messages.search.label}
        autocomplete="off"
        spellcheck={false}
        onInput={() => finding.typed(pane, input.current!.value)}
      />
      <output>{found ? messages.search.count(found.index, found.count) : ''}</output>
      <span class="find__keys">
        <button type="button" onClick={() => step(true)}>
          <kbd>↑</kbd> <span data-drop="2">{messages.search.older}</span>
        </button>
        <button type="button" onClick={() => step(false)}>
          <kbd>↓</kbd> <span data-drop="2">{messages.search.newer}</span>
        </button>
        <button type="button" data-drop="1" aria-pressed={finding.caseSensitive} onClick={toggleCase}>
          <kbd>alt-c</kbd> {messages.search.caseWord}
        </button>
        <button type="submit">
          <kbd>enter</kbd> <span data-drop="3">{messages.search.accept}</span>
        </button>
        <button type="button" onClick={() => finding.leave(pane)}>
          <kbd>esc</kbd> <span data-drop="3">{messages.search.leave}</span>
        </button>
      </span>
    </form>
  );
}
