/** Prefix `:` and every prompt of a command. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usage } from '../../../src/mux/commands/command.ts';
import { commands } from '../../../src/mux/commands/index.ts';
import { fillTemplate } from '../../../src/mux/commands/lexer.ts';
import { messages } from '../../shared/messages.ts';
import { Band, Mark } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { isCommand, offers, type Offer } from './palette.ts';
import { editLine } from '../line-edit.ts';
import { close } from './parts.tsx';

export const prompt = band('prompt', { words: ['prompt', 'initial', 'template'] }, Prompt);

/** Command rows that the prompt offers: eight fit above the line at 1024 x 640. */
const OFFERED = 8;

/** Lines that the prompt keeps, in this page alone. */
const HISTORY = 100;

/** Those of the class in front. */
const history = (): readonly string[] => model.promptHistory.value.flatMap(({ line, of }) => (of === model.view.value?.class ? line : []));

function remember(line: string): void {
  const of = model.view.value?.class ?? '';
  const others = model.promptHistory.value.filter((other) => other.line !== line || other.of !== of);
  model.promptHistory.value = [{ line, of }, ...others].slice(0, HISTORY);
}

/** With the bare template it offers the command table. */
function Prompt({
  controller,
  prompt,
  initial,
  template,
  from,
}: {
  readonly controller: Controller;
  readonly prompt: string;
  readonly initial: string;
  readonly template: string;
  readonly from: readonly string[];
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const palette = template.trim() === '%%';
  const [typed, setTyped] = useState(initial);
  const [current, setCurrent] = useState(-1);
  const [refused, setRefused] = useState('');
  /** Which line of the history stands in the prompt; -1 none. */
  const [recalled, setRecalled] = useState(-1);
  useLayoutEffect(() => {
    input.current!.focus();
    input.current!.select();
  }, []);
  const found = palette ? offers(typed, model.prefixLabel.value, model.permits, model.keyRows.value) : [];
  const shown = found.slice(Math.max(0, Math.min(current - OFFERED + 1, found.length - OFFERED)), Math.max(OFFERED, current + 1));
  // What was typed is no command: Return takes the first that has it in its words, to be seen before it is run.
  const meant = current < 0 && typed.trim() !== '' && !isCommand(typed) ? found[0] : undefined;
  const chosen = current >= 0 ? found[current] : meant;
  const fills = meant !== undefined || chosen?.lacks === true;
  const [first] = typed.trim().split(' ');
  const hint = palette ? commands.find(({ name, alias }) => name === first || alias === first) : undefined;
  const run = (answer: string): void => {
    if (!answer.trim()) return close();
    if (palette) remember(answer);
    const mine = model.band.value;
    void controller.tryCommand(
      fillTemplate(template, answer),
      (refusal) => {
        // The command may have opened something else in the prompt's place.
        if (model.band.value !== mine) return;
        if (refusal === undefined) close();
        else setRefused(refusal);
      },
      undefined,
      from,
    );
  };
  /** What lacks a word is no line yet: it stands in the prompt, for the rest to be typed. */
  const take = (row: Offer): void => (row.lacks ? show(`${row.line} `) : run(row.line));
  const show = (line: string): void => {
    setTyped(line);
    setCurrent(-1);
    setRefused('');
  };
  /** As in a shell: what was run before, newest first, while nothing else stands in the line. */
  const recall = (step: 1 | -1): void => {
    const at = Math.max(-1, Math.min(history().length - 1, recalled + step));
    setRecalled(at);
    show(history()[at] ?? '');
  };
  /** @returns whether the key edits the line. */
  const edit = ({ key, ctrlKey, altKey, metaKey, shiftKey }: KeyboardEvent): boolean => {
    const field = input.current!;
    const edited = ctrlKey && !altKey && !metaKey && !shiftKey ? editLine(key, field.value, field.selectionStart ?? 0, field.selectionEnd ?? 0) : undefined;
    if (!edited) return false;
    if (edited.text !== field.value) {
      setRecalled(-1);
      show(edited.text);
    }
    field.value = edited.text;
    field.setSelectionRange(edited.at, edited.at);
    return true;
  };
  const recalls = palette && current < 0 && (typed === '' || recalled >= 0);
  return (
    <Band label={messages.prompt.label} onClose={close} class="band--flush palette">
      {palette ? (
        <ul role="listbox" class="opts" id="offers" aria-label={messages.prompt.label}>
          {shown.map((row) => (
            <li
              key={`${row.line}${row.key}`}
              id={`offer-${found.indexOf(row)}`}
              role="option"
              aria-selected={row === chosen}
              class={`opt${row === chosen ? ' is-current' : ''}`}
              onClick={() => take(row)}
            >
              <span class="opt__name">{row.help}</span>
              <code class="opt__cmd">{row.line}</code>
              <span class="opt__note" />
              <kbd class="opt__key">{row.key}</kbd>
            </li>
          ))}
        </ul>
      ) : null}
      <p class="prompt__refused" id="refused" role="alert">
        {refused ? (
          <>
            <Mark kind="nothing" />
            {refused}
          </>
        ) : null}
      </p>
      {/* Over the line, and not in it: what is typed has the line. */}
      {hint && !refused ? <p class="prompt__usage">{usage(hint)}</p> : null}
      <form
        class="prompt"
        onSubmit={(event) => {
          event.preventDefault();
          if (meant && !meant.lacks) show(meant.line);
          else if (chosen) take(chosen);
          else run(input.current!.value);
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (edit(event)) return event.preventDefault();
          if (palette && event.ctrlKey && (event.key === 'p' || event.key === 'n')) recall(event.key === 'p' ? 1 : -1);
          else if (step !== 0 && recalls && history().length > 0) recall(step === -1 ? 1 : -1);
          else if (step !== 0 && found.length > 0) setCurrent((current + step + found.length + (current < 0 && step < 0 ? 1 : 0)) % found.length);
          else if (event.key === 'Tab' && palette && found.length > 0) {
            show((chosen ?? found[0]!).line);
          } else return;
          event.preventDefault();
        }}
      >
        <label for="command">{prompt}</label>
        <input
          id="command"
          ref={input}
          class="prompt__text"
          value={typed}
          autocomplete="off"
          spellcheck={false}
          maxLength={1000}
          {...(palette
            ? {
                role: 'combobox',
                'aria-controls': 'offers',
                'aria-expanded': true,
                'aria-autocomplete': 'list',
                'aria-activedescendant': chosen ? `offer-${found.indexOf(chosen)}` : undefined,
              }
            : {})}
          aria-invalid={refused ? 'true' : undefined}
          aria-describedby="refused"
          onInput={(event) => {
            setRecalled(-1);
            show(event.currentTarget.value);
          }}
        />
        <span class="prompt__hint">
          {palette && !hint ? (
            <>
              <kbd>↑↓</kbd> {recalls && history().length > 0 ? messages.prompt.earlier : messages.prompt.choose} <kbd>tab</kbd> {messages.prompt.complete}{' '}
            </>
          ) : null}
          <kbd>enter</kbd> {!palette ? messages.prompt.rename : fills ? messages.prompt.fill : messages.prompt.enter} <kbd>esc</kbd> {messages.keys.leave}
        </span>
        {palette && !(hint && found.length === 0) ? <output>{messages.prompt.of(Math.min(found.length, OFFERED), found.length)}</output> : null}
      </form>
    </Band>
  );
}
