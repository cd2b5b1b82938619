/** What rises from the line: keys, questions, the command prompt, the pane's menu, export, and the idle warning. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { commands } from '../../src/mux/commands/index.ts';
import { fillTemplate } from '../../src/mux/commands/lexer.ts';
import { usage } from '../../src/mux/commands/command.ts';
import { listKeys } from '../../src/mux/keys/list.ts';
import { groups } from '../../src/mux/keys/table.ts';
import type { Output } from '../../src/bridge/schema.ts';
import { Refused } from '../shared/bridge.ts';
import { messages } from '../shared/messages.ts';
import { Band, Button, Field, Mark, useWholeRows } from '../shared/parts.tsx';
import { count, left } from '../shared/text.ts';
import type { Controller } from './controller.ts';
import * as model from './model.ts';
import type { PasteReview } from './paste.ts';

/** Command rows that the prompt offers: eight fit above the line at 1024 x 640. */
const OFFERED = 8;

const close = (): void => {
  model.overlay.value = undefined;
};
const titleOf = (pane: number): { readonly number: number; readonly title: string } => {
  const found = model.allPanes.value.find((entry) => entry.pane.pane === pane);
  return { number: found?.pane.number ?? 0, title: found ? model.paneTitle(found.pane) : '' };
};

/** The warning stands over whatever is open, and what was typed there is still there after it. */
export function Overlays({ controller }: { readonly controller: Controller }): JSX.Element {
  return (
    <>
      <Open controller={controller} />
      {model.status.value?.warning ? <Warning controller={controller} /> : null}
    </>
  );
}

function Open({ controller }: { readonly controller: Controller }): JSX.Element | null {
  const overlay = model.overlay.value;
  switch (overlay?.kind) {
    case 'keys':
      return <EveryKey />;
    case 'paste':
      return <PasteQuestion key="paste" controller={controller} pane={overlay.pane} review={overlay.review} />;
    case 'confirm':
      return <Confirm controller={controller} prompt={overlay.prompt} command={overlay.command} />;
    case 'prompt':
      return <Prompt controller={controller} prompt={overlay.prompt} initial={overlay.initial} template={overlay.template} />;
    case 'menu':
      return <PaneMenu controller={controller} pane={overlay.pane} />;
    case 'export':
      return <Export controller={controller} pane={overlay.pane} />;
    default:
      return model.whichKey.value ? <WhichKey /> : null;
  }
}

/** Rows of the help, with keys that do the same in all directions on one row. */
function helpRows(table: 'prefix' | 'root', group: (typeof groups)[number]): { readonly keys: string; readonly label: string }[] {
  const merged: { keys: string[]; label: string }[] = [];
  for (const row of listKeys(table).filter((candidate) => candidate.group === group)) {
    const arrow = /^(?:ctrl-|alt-)?[↑↓←→]$/.test(row.keyLabel);
    const label = arrow && row.label.startsWith('pane ') ? 'go to a pane' : /^window \d$/.test(row.label) ? 'go to window' : row.label;
    const same = merged.find((entry) => entry.label === label);
    if (same) same.keys.push(row.keyLabel);
    else merged.push({ keys: [row.keyLabel], label });
  }
  return merged.map(({ keys, label }) => ({ keys: shorten(keys), label }));
}

function shorten(keys: readonly string[]): string {
  if (keys.length === 10 && keys.every((key) => /^\d$/.test(key))) return '0…9';
  const prefix = /^(ctrl-|alt-)?/.exec(keys[0]!)![0];
  if (keys.length === 4 && keys.every((key) => key.startsWith(prefix) && '↑↓←→'.includes(key.slice(prefix.length)))) return `${prefix}←↑↓→`;
  return keys.join(' ');
}

/** The keys after the prefix, for those who hesitate. Takes no focus. */
function WhichKey(): JSX.Element {
  const band = useRef<HTMLElement>(null);
  useWholeRows(band);
  return (
    <aside class="band band--keys" ref={band} aria-label={model.withPrefix(messages.keys.label)}>
      <KeyTable table="prefix" short />
    </aside>
  );
}

/** Rows that the which-key band leaves to ctrl-b ?, so that it covers little of the shells. */
const SHORT_ROWS = 7;

function KeyTable({ table, short = false }: { readonly table: 'prefix' | 'root'; readonly short?: boolean }): JSX.Element {
  const Heading = short ? 'h2' : 'h3';
  return (
    <div class={short ? 'keys keys--short' : 'keys'}>
      {groups.map((group) => {
        const all = helpRows(table, group).filter((row) => !short || !row.keys.includes('alt-'));
        if (all.length === 0) return null;
        return (
          <section key={group}>
            <Heading>{group}</Heading>
            <ul>
              {(short ? all.slice(0, SHORT_ROWS) : all).map((row) => (
                <li key={row.keys}>
                  <kbd>{row.keys}</kbd>
                  <span>{row.label}</span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function EveryKey(): JSX.Element {
  return (
    <Band label={messages.keys.every} onClose={close} keys={{ q: close }} class="band--help">
      <h2 class="band__title">{messages.keys.every}</h2>
      <p class="dim">
        {messages.keys.first} <kbd class="strong">{model.prefixLabel}</kbd>
      </p>
      <div class="gap-h">
        <KeyTable table="prefix" />
      </div>
      <p class="dim gap">{messages.keys.always}</p>
      <div class="gap-h">
        <KeyTable table="root" />
      </div>
      <p class="actions gap">
        <Button kind="main" hint="esc" onClick={close} focus>
          {messages.keys.leave}
        </Button>
      </p>
    </Band>
  );
}

/** The safe answer is first, in inverse, focused and on Escape: Enter never pastes. */
function PasteQuestion({ controller, pane, review }: { readonly controller: Controller; readonly pane: number; readonly review: PasteReview }): JSX.Element {
  const { number, title } = titleOf(pane);
  const text = messages.paste;
  const answer = (choice: 'no' | 'as-is' | 'without-last'): void => controller.answerPaste(pane, review, choice);
  // A program with bracketed paste gets the text as one piece and runs nothing of it by itself.
  const whole = controller.takesPasteWhole(pane);
  const heading = review.lineCount === 1 ? text.titleOne : text.title(review.lineCount);
  return (
    <Band
      label={heading}
      level="warn"
      onClose={() => answer('no')}
      keys={{ y: () => answer('as-is'), ...(review.lastRuns ? { w: () => answer('without-last') } : {}) }}
    >
      <div class="band__grid">
        <div>
          <h2 class="band__title">{heading}</h2>
          <p class="dim gap-h">{whole ? text.intoBracketed(number, title) : text.into(number, title)}</p>
        </div>
        <div>
          <ol class="numbered">
            {review.lines.map((line, i) => (
              <li key={i}>
                <span>{i + 1}</span>
                {line.map((part, j) =>
                  part.control ? (
                    <b class="ctl" key={j}>
                      {part.text}
                    </b>
                  ) : (
                    <span key={j}>{part.text}</span>
                  ),
                )}
                {i + 1 === review.lineCount && review.lastRuns ? <b class="ctl">LF</b> : null}
              </li>
            ))}
          </ol>
          {review.moreLines > 0 ? <p class="dim">{text.more(review.moreLines)}</p> : null}
          {review.endsEarly || review.removed > 0 || review.lastRuns ? (
            <p class="warn gap-h">
              <Mark kind="warn" />
              {[
                review.endsEarly ? text.endedEarly : review.removed > 0 ? text.removed(review.removed) : '',
                review.lastRuns ? (whole ? text.lastNewline : text.lastRuns) : '',
              ]
                .filter(Boolean)
                .join(' ')}
            </p>
          ) : null}
        </div>
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={() => answer('no')}>
            {text.no}
          </Button>
          <Button hint="y" onClick={() => answer('as-is')}>
            {text.asIs}
          </Button>
          {review.lastRuns ? (
            <Button hint="w" onClick={() => answer('without-last')}>
              {text.withoutLast}
            </Button>
          ) : null}
        </div>
      </div>
    </Band>
  );
}

function Confirm({ controller, prompt, command }: { readonly controller: Controller; readonly prompt: string; readonly command: string }): JSX.Element {
  const yes = (): void => {
    close();
    void controller.command(command);
  };
  return (
    <Band label={prompt} level="warn" alert onClose={close} keys={{ y: yes, n: close }}>
      <div class="band__grid band__grid--2">
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={close}>
            {messages.confirm.no}
          </Button>
          <Button hint="y" onClick={yes}>
            {messages.confirm.yes}
          </Button>
        </div>
        <div>
          <h2 class="band__title">{prompt}</h2>
          <p class="dim">{messages.confirm.hint}</p>
        </div>
      </div>
    </Band>
  );
}

interface Offer {
  readonly line: string;
  readonly help: string;
  readonly key: string;
}

/** The first sentence of a command's help, written as the labels of the keys are. */
function oneClause(help: string): string {
  const sentence = help.split('. ')[0]!.replace(/\.$/, '');
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Commands that begin with, or hold, what was typed: keys first, because they say what a person would press. */
function offers(typed: string): readonly Offer[] {
  const word = typed.trim().toLowerCase();
  const bound: Offer[] = listKeys('prefix')
    .filter((row) => !row.line.startsWith('command-prompt') && !row.line.startsWith('confirm-before'))
    .map((row) => ({ line: row.line, help: row.label, key: `${model.prefixLabel.value} ${row.keyLabel}` }));
  const others: Offer[] = commands
    .filter((command) => !bound.some((row) => row.line === command.name))
    .map((command) => ({ line: command.name, help: oneClause(command.help), key: '' }));
  const all = [...bound, ...others];
  const begins = all.filter((row) => row.line.startsWith(word));
  const holds = all.filter((row) => !row.line.startsWith(word) && (row.line.includes(word) || row.help.toLowerCase().includes(word)));
  return word ? [...begins, ...holds] : all;
}

/** Prefix `:` and every prompt of a command. With the bare template it offers the command table. */
function Prompt({
  controller,
  prompt,
  initial,
  template,
}: {
  readonly controller: Controller;
  readonly prompt: string;
  readonly initial: string;
  readonly template: string;
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const palette = template.trim() === '%%';
  const [typed, setTyped] = useState(initial);
  const [current, setCurrent] = useState(-1);
  useLayoutEffect(() => {
    input.current!.focus();
    input.current!.select();
  }, []);
  const found = palette ? offers(typed) : [];
  const shown = found.slice(Math.max(0, Math.min(current - OFFERED + 1, found.length - OFFERED)), Math.max(OFFERED, current + 1));
  const chosen = current >= 0 ? found[current] : undefined;
  const hint = palette ? commands.find((command) => command.name === typed.trim().split(' ')[0]) : undefined;
  const run = (): void => {
    const answer = chosen ? chosen.line : input.current!.value;
    close();
    if (answer.trim()) void controller.command(fillTemplate(template, answer));
  };
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
              onClick={() => {
                close();
                void controller.command(row.line);
              }}
            >
              <span class="opt__name">{row.help}</span>
              <code class="opt__cmd">{row.line}</code>
              <span class="opt__note" />
              <kbd class="opt__key">{row.key}</kbd>
            </li>
          ))}
        </ul>
      ) : null}
      <form
        class="prompt"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step !== 0 && found.length > 0) setCurrent((current + step + found.length + (current < 0 && step < 0 ? 1 : 0)) % found.length);
          else if (event.key === 'Tab' && palette && found.length > 0) {
            setTyped((chosen ?? found[0]!).line);
            setCurrent(-1);
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
                'aria-activedescendant': chosen ? `offer-${current}` : undefined,
              }
            : {})}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setCurrent(-1);
          }}
        />
        <span class="prompt__hint">
          {hint ? (
            <span>{usage(hint)} </span>
          ) : palette ? (
            <>
              <kbd>↑↓</kbd> {messages.prompt.choose} <kbd>tab</kbd> {messages.prompt.complete}{' '}
            </>
          ) : null}
          <kbd>enter</kbd> {palette ? messages.prompt.enter : messages.prompt.rename} <kbd>esc</kbd> {messages.keys.leave}
        </span>
        {palette ? <output>{messages.prompt.of(Math.min(found.length, OFFERED), found.length)}</output> : null}
      </form>
    </Band>
  );
}

function PaneMenu({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const { number, title } = titleOf(pane);
  const text = messages.menu;
  const ended = model.allPanes.value.some((entry) => entry.pane.pane === pane && model.hasEnded(entry.pane));
  const command = (line: string) => (): void => void controller.command(line, pane);
  const actions: readonly (readonly [string, string, () => void])[] = [
    [text.splitRight, '%', command('split-window -h')],
    [text.splitDown, '"', command('split-window -v')],
    [text.zoom, 'z', command('resize-pane -Z')],
    [text.copy, '[', () => controller.copyMode(pane)],
    [text.paste, ']', () => void controller.pasteOwn(pane)],
    [text.search, 'S', () => controller.search(pane)],
    [text.export, 'X', command('export-pane')],
    [text.verify, 'V', command('verify-pane')],
    [text.reader, 'r', () => controller.toggleReader(pane)],
    ...(ended ? ([[text.respawn, 'R', command('respawn-pane')]] as const) : []),
    [text.close, 'x', command('confirm-before -p "Close pane #P? Its program ends." kill-pane')],
  ];
  const run = (action: () => void) => (): void => {
    close();
    action();
  };
  return (
    <Band label={text.label(number)} onClose={close} keys={Object.fromEntries(actions.map(([, key, action]) => [key, run(action)]))}>
      <h2 class="band__title">
        {text.title(number)} <span class="dim">{title}</span>
      </h2>
      <div class="menu gap-h">
        {actions.map(([label, key, action], i) => (
          <Button key={key} hint={key} focus={i === 0} onClick={run(action)}>
            {label}
          </Button>
        ))}
      </div>
    </Band>
  );
}

type ExportResult = Output<'export.start'>;

function Export({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const { number, title } = titleOf(pane);
  const text = messages.export;
  const [phase, setPhase] = useState<'ask' | 'busy' | ExportResult>('ask');
  const [error, setError] = useState('');
  const folder = useRef<HTMLInputElement>(null);
  const start = async (): Promise<void> => {
    if (phase !== 'ask') return;
    const target = folder.current!.value.trim();
    setError('');
    setPhase('busy');
    try {
      const result = await controller.bridge.request('export.start', target ? { pane, folder: target } : { pane });
      // Who left the band in the meantime still hears where the bundle is.
      if (folder.current) setPhase(result);
      else controller.toast('ok', text.doneTitle, result.folder);
    } catch (reason) {
      if (!folder.current) return void controller.toast('stop', reason instanceof Refused ? reason.message : messages.bridge.failed);
      setError(reason instanceof Refused ? reason.message : messages.bridge.failed);
      setPhase('ask');
    }
  };
  const done = typeof phase === 'object' ? phase : undefined;
  return (
    <Band label={text.label} onClose={close} key={typeof phase === 'object' ? 'done' : 'ask'}>
      <div class="band__grid">
        <div>
          <h2 class="band__title">{done ? text.doneTitle : text.title}</h2>
          <p class="dim gap-h">{text.what(number, title)}</p>
          <p class="faint gap-h">{text.limit}</p>
        </div>
        {done ? (
          <div>
            <dl class="kv">
              <dt>{text.doneFolder}</dt>
              <dd>{done.folder}</dd>
              <dt>{text.doneRecords}</dt>
              <dd>{count(done.records)}</dd>
              <dt>{text.doneSha}</dt>
              <dd>{done.sha256}</dd>
            </dl>
            <p class="dim gap-h">
              <Mark kind="none" />
              {text.doneHint}
            </p>
          </div>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void start();
            }}
          >
            <Field id="export-folder" label={text.folder} hint={text.folderHint} error={error || undefined}>
              <input
                id="export-folder"
                ref={folder}
                class="input"
                data-focus=""
                autocomplete="off"
                spellcheck={false}
                maxLength={1000}
                aria-describedby="export-folder-hint export-folder-error"
                aria-invalid={error ? 'true' : undefined}
                readOnly={phase === 'busy'}
              />
            </Field>
            <p class="faint gap-h">{text.signs}</p>
            <dl class="kv">
              {text.rows.map(([name, value]) => (
                <>
                  <dt key={`${name}-t`}>{name}</dt>
                  <dd key={name} class="dim">
                    {value}
                  </dd>
                </>
              ))}
            </dl>
          </form>
        )}
        <div class="actions actions--col">
          {done ? (
            <Button kind="main" hint="esc" focus onClick={close}>
              {text.close}
            </Button>
          ) : (
            <>
              <Button kind="main" hint="enter" disabled={phase === 'busy'} onClick={() => void start()}>
                {text.start}
              </Button>
              <Button hint="esc" onClick={close}>
                {text.cancel}
              </Button>
              {phase === 'busy' ? (
                <div role="status">
                  <p>{text.busy}</p>
                  <progress class="bar gap-h" aria-label={text.busy} />
                  <p class="dim gap-h">{text.busyHint}</p>
                </div>
              ) : null}
            </>
          )}
        </div>
      </div>
    </Band>
  );
}

/** The one overlay that takes any key (keys.ts), and says so. */
function Warning({ controller }: { readonly controller: Controller }): JSX.Element {
  const text = messages.warning;
  const seconds = model.lockIn.value;
  const idle = Math.max(0, (model.status.value?.idleSeconds ?? 0) - seconds);
  return (
    <Band label={text.label} level="warn" alert class="countdown" onClose={() => controller.keepOpen()}>
      <p class="countdown__n" aria-hidden="true">
        {left(seconds)}
      </p>
      <div>
        <h2 class="x2">{text.title(seconds)}</h2>
        <p class="measure dim gap-h">{text.text(idle >= 60 ? `${Math.floor(idle / 60)} min ${idle % 60} s` : `${idle} s`)}</p>
        <p class="actions gap">
          <Button kind="main" hint={text.anyKey} focus onClick={() => controller.keepOpen()}>
            {text.keep}
          </Button>
          <Button hint="ctrl-shift-l" onClick={() => controller.lock()}>
            {text.lock}
          </Button>
        </p>
      </div>
    </Band>
  );
}
