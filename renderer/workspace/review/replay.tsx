/** One recording: its replay with the timeline below, and its commands, its text and its proof beside it. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { givenReasons, reviewStates } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import { Button, FaultLine, Mark, TextField } from '../../shared/parts.tsx';
import { count, length, moment, size } from '../../shared/text.ts';
import { refreshToo } from '../terminal-view.ts';
import * as model from '../model.ts';
import { ReasonSelect, reviewMarks } from './list.tsx';
import type { Looking, Row } from './looking.ts';
import { ReplayTerminal } from './screen.ts';
import { TimelineView } from './timeline.tsx';

const text = messages.recordings;

interface Props {
  readonly looking: Looking;
  readonly row: Row;
}

/** What is looked at, or what it takes to look at it. */
export function Replay({ looking, row }: Props): JSX.Element {
  return looking.opened.value ? <Player looking={looking} row={row} /> : <Other looking={looking} row={row} />;
}

/** Somebody else’s: why, and with which audit key. It is entered before anything is shown. */
function Other({ looking, row }: Props): JSX.Element {
  const root = useRef<HTMLElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const why = useRef<HTMLSelectElement>(null);
  const [error, setError] = useState('');
  useLayoutEffect(() => root.current!.querySelector<HTMLElement>('h2')?.focus(), []);
  const may = model.permits('recording.replay.others');
  const look = (masked: boolean): void => {
    const keyFile = key.current?.value.trim() ?? '';
    const reason = givenReasons.find((word) => word === why.current?.value);
    if (!reason) return setError(text.noReason);
    if (!keyFile) {
      setError(text.noKeyFile);
      return key.current?.focus();
    }
    setError('');
    void looking.openOther({ reason, keyFile, masked });
  };
  const said = error || looking.openFault.value;
  return (
    <>
      <section class="review__replay" aria-label={text.replayOf(row.id)} ref={root}>
        <header class="review__head">
          <h2 class="band__title" tabIndex={-1}>
            {row.id}
          </h2>
          <span class="dim">{row.start === '' ? '' : moment(new Date(row.start))}</span>
          <Button kind="quiet" hint="esc" onClick={() => looking.close()}>
            {text.back}
          </Button>
        </header>
        <p class="gap-h measure">{text.otherMeans(row.name ?? row.person)}</p>
        {may ? (
          <form
            class="gap-h"
            onSubmit={(event) => {
              event.preventDefault();
              look(true);
            }}
          >
            <p class="review__field">
              <label class="faint" for="look-reason">
                {text.otherWhy}
              </label>
              <ReasonSelect id="look-reason" select={why} chosen={looking.withKey.value?.reason} />
            </p>
            <TextField id="look-key" label={text.otherKey} hint={text.otherKeyHint} input={key} text={looking.withKey.value?.keyFile} maxLength={4096} />
            <FaultLine error={said} />
            <p class="actions gap-h">
              <Button kind="main" hint="enter" submit>
                {text.lookMasked}
              </Button>
              <Button onClick={() => look(false)}>{text.lookBare}</Button>
              {looking.needsSecond.value ? <Button onClick={() => void looking.unmask()}>{text.askSecond}</Button> : null}
            </p>
          </form>
        ) : (
          <p class="gap-h">{text.otherNot}</p>
        )}
      </section>
      <section class="review__side" aria-label={text.sideLabel}>
        <Proof looking={looking} row={row} />
        <Review looking={looking} row={row} />
      </section>
    </>
  );
}

function Player({ looking, row }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const root = useRef<HTMLElement>(null);
  const key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
    // Space on another button is that button's.
    if (event.key === ' ' && target instanceof HTMLButtonElement && !target.closest('[data-play]')) return;
    const deed = keys[event.key];
    if (!deed) return;
    event.preventDefault();
    event.stopPropagation();
    deed(looking);
  };
  // With what is shown, and not a frame later: its keys, too.
  useLayoutEffect(() => {
    const screen = new ReplayTerminal(place.current!);
    const release = refreshToo(screen);
    looking.showOn(screen);
    root.current!.querySelector<HTMLElement>('h2')?.focus();
    // Wherever in the house the focus is: who has clicked into the text beside the replay still means the replay.
    const house = root.current!.closest<HTMLElement>('.review')!;
    house.addEventListener('keydown', key);
    let before = performance.now();
    let next = requestAnimationFrame(function frame(now) {
      looking.tick(now - before);
      before = now;
      next = requestAnimationFrame(frame);
    });
    return () => {
      cancelAnimationFrame(next);
      house.removeEventListener('keydown', key);
      looking.showOn(undefined);
      release();
      screen.dispose();
    };
  }, []);
  const timeline = looking.timeline.value;
  const play = looking.play.value;
  const fault = looking.openFault.value;
  return (
    <>
      <section class="review__replay" aria-label={text.replayOf(looking.programs.value.get(row.id) ?? row.id)} ref={root}>
        <header class="review__head">
          <h2 class="band__title" tabIndex={-1}>
            {looking.programs.value.get(row.id) ?? row.id}
          </h2>
          <span class="dim">{row.start === '' ? '' : moment(new Date(row.start))}</span>
          {looking.masked.value === undefined ? null : row.yours ? (
            <button type="button" class="chip" aria-pressed={looking.masked.value} onClick={() => void looking.open(row, play.atMs, !looking.masked.value)}>
              {looking.masked.value ? text.masked : text.unmasked}
            </button>
          ) : (
            <span class="dim">{looking.masked.value ? text.masked : text.unmasked}</span>
          )}
          <Button kind="quiet" hint="q" onClick={() => looking.close()}>
            {text.back}
          </Button>
        </header>
        {fault ? (
          <p role="alert">
            <Mark kind="stop" />
            {fault}
          </p>
        ) : null}
        {/* What the emulator draws is for the eye; its text is beside it. */}
        <div class="review__screen" role="group" aria-label={text.screenLabel} ref={place} />
        <footer class="review__foot">
          {timeline ? (
            <TimelineView timeline={timeline} atMs={play.atMs} start={row.start} onSeek={(ms) => looking.seek(ms)} />
          ) : fault ? null : (
            <p role="status" class="dim">
              <Mark kind="wait" />
              {text.reading(length(looking.readMs.value))}
            </p>
          )}
          <div class="actions" data-play="">
            <Button kind="main" hint="space" disabled={!timeline} onClick={() => looking.deed('toggle')}>
              {play.playing ? text.pause : text.play}
            </Button>
            <span aria-live="off">
              <b>{length(play.atMs)}</b> {text.of(length(looking.endMs), play.speed)}
            </span>
            {looking.live.value ? (
              <button type="button" class="chip" aria-pressed={looking.following.value} onClick={() => looking.follow()}>
                {text.follow} <kbd class="faint">f</kbd>
              </button>
            ) : null}
            <button type="button" class="chip" aria-pressed={play.skipsIdle} onClick={() => looking.deed('idle')}>
              {text.skipsIdle} <kbd class="faint">i</kbd>
            </button>
          </div>
          <p class="faint">{looking.following.value && looking.masked.value ? text.followsMasked : text.keys}</p>
        </footer>
      </section>
      <section class="review__side" aria-label={text.sideLabel}>
        <Proof looking={looking} row={row} />
        <Review looking={looking} row={row} />
        <CommandList looking={looking} />
        <Transcript looking={looking} />
      </section>
    </>
  );
}

/** What one has recorded is one’s own to export; somebody else’s is an auditor’s, with an audit key. */
const mayExport = (row: Row): boolean => model.permits(row.yours ? 'recording.export.own' : 'recording.export.others');
function exportIt(looking: Looking, row: Row): void {
  const of = row.yours
    ? { title: looking.programs.value.get(row.id) ?? row.id }
    : { title: row.id, whose: row.name ?? row.person, ...looking.lookedWith.value };
  model.band.value = { name: 'export-recording', words: { recording: row.id, ...of } };
}

const keys: Readonly<Record<string, (looking: Looking) => void>> = {
  ' ': (looking) => looking.deed('toggle'),
  q: (looking) => looking.close(),
  ArrowLeft: (looking) => looking.deed('back'),
  ArrowRight: (looking) => looking.deed('forth'),
  ArrowUp: (looking) => looking.deed('faster'),
  ArrowDown: (looking) => looking.deed('slower'),
  Home: (looking) => looking.seek(0),
  End: (looking) => looking.seek(looking.endMs),
  '.': (looking) => looking.step(),
  i: (looking) => looking.deed('idle'),
  f: (looking) => looking.follow(),
  e: (looking) => {
    const row = looking.row.value;
    if (row && mayExport(row)) exportIt(looking, row);
  },
};

function Proof({ looking, row }: Props): JSX.Element {
  const proof = looking.proof.value;
  return (
    <section class="review__proof" aria-label={text.proof}>
      <h3>{text.proof}</h3>
      <p role="status">
        {typeof proof === 'object' ? (
          <>
            <Mark kind={proof.good ? 'ok' : 'stop'} />
            {proof.sentence}
          </>
        ) : (
          <>
            <Mark kind={proof === undefined ? 'none' : proof === 'busy' ? 'wait' : 'stop'} />
            {proof === undefined ? text.notVerified : proof === 'busy' ? messages.verify.busy : proof}
          </>
        )}
      </p>
      <dl class="kv gap-h">
        <dt>{text.id}</dt>
        <dd>{row.id}</dd>
        <dt>{text.whose}</dt>
        <dd>{row.name ?? row.person}</dd>
        <dt>{text.size}</dt>
        <dd>{size(row.size)}</dd>
      </dl>
      <p class="actions gap-h">
        <Button disabled={proof === 'busy'} onClick={() => void looking.verify()}>
          {text.verify}
        </Button>
        {mayExport(row) ? (
          <Button {...(looking.opened.value ? { hint: 'e' } : {})} onClick={() => exportIt(looking, row)}>
            {text.export}
          </Button>
        ) : null}
      </p>
    </section>
  );
}

/** How its review stands, and what an auditor says of it. */
function Review({ looking, row }: Props): JSX.Element {
  const review = (looking.rows.value.find(({ id }) => id === row.id) ?? row).review;
  const fault = looking.reviewFault.value;
  return (
    <section class="review__state" aria-label={text.reviewLabel}>
      <h3>{text.reviewLabel}</h3>
      <p role="status">
        <Mark kind={review ? reviewMarks[review.state] : 'none'} />
        {review ? text.reviewBy(text.reviews[review.state], review.by) : text.reviewNone}
      </p>
      {fault ? (
        <p role="alert">
          <Mark kind="stop" />
          {fault}
        </p>
      ) : null}
      {!model.permits('recording.review') ? null : row.yours ? (
        <p class="faint">{text.reviewOwn}</p>
      ) : (
        <>
          <p class="actions gap-h" role="group" aria-label={text.reviewLabel}>
            {reviewStates.map((state) => (
              <button key={state} type="button" class="chip" aria-pressed={review?.state === state} onClick={() => void looking.say(state)}>
                {text.reviews[state]}
              </button>
            ))}
          </p>
          <p class="faint">{text.reviewSays}</p>
        </>
      )}
    </section>
  );
}

function CommandList({ looking }: { readonly looking: Looking }): JSX.Element {
  const commands = looking.commands.value;
  const atUs = looking.play.value.atMs * 1000;
  const current = commands.findLast(({ beganUs }) => beganUs <= atUs)?.number;
  return (
    <section class="review__commands" aria-label={text.commands}>
      <h3>
        {text.commands} <span class="faint">{count(commands.length)}</span>
      </h3>
      <p class="faint">{text.advisory}</p>
      <ol class="recs review__scroll" tabIndex={0} aria-label={text.commands}>
        {commands.map(({ number, text: line, beganUs, endedUs, exit, by }) => (
          <li key={number}>
            <button type="button" class="rec rec--command" aria-current={current === number ? 'true' : undefined} onClick={() => looking.seek(beganUs / 1000)}>
              <span class="rec__when">{length(beganUs / 1000)}</span>
              <span class="rec__what">{line}</span>
              <span class="faint">
                {endedUs === undefined ? text.notSeen : text.ended(exit, length((endedUs - beganUs) / 1000))}
                {text.by_[by]}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Transcript({ looking }: { readonly looking: Looking }): JSX.Element {
  const { from, lines, all, kept } = looking.text.value;
  const atUs = looking.play.value.atMs * 1000;
  const current = lines.findLastIndex(({ timeUs }) => timeUs <= atUs);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current, from]);
  return (
    <section class="review__text" aria-label={text.transcript}>
      <h3>
        {text.transcript} <span class="faint">{text.lines(count(all), all > kept ? count(kept) : undefined)}</span>
      </h3>
      <ol class="recs review__scroll" tabIndex={0} aria-label={text.transcript} ref={list}>
        {lines.map((line, n) => (
          <li key={from + n}>
            <button
              type="button"
              class={`rec rec--line${line.gap ? ' is-stop' : ''}`}
              aria-current={n === current ? 'true' : undefined}
              onClick={() => looking.seek(line.timeUs / 1000)}
            >
              <span class="rec__when faint">{length(line.timeUs / 1000)}</span>
              <span class="rec__what">{line.text || ' '}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
