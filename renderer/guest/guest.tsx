/** Somebody else at the keyboard of an open session: who is enrolled, who agrees, and who asked when they are back. Nothing of the session is on this page. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../src/bridge/schema.ts';
import type { Bridge } from '../shared/bridge.ts';
import { DisplaySettings } from '../shared/display-settings.tsx';
import { failureWords } from '../shared/failure.ts';
import { messages } from '../shared/messages.ts';
import { useNewPassphrase } from '../shared/new-passphrase.tsx';
import { Button, FaultLine, LiveRegions, Mark, TextField } from '../shared/parts.tsx';
import { PolicyChanges } from '../shared/policy-changes.tsx';
import { Prove } from '../shared/prove.tsx';
import { say } from '../shared/say.ts';
import { left } from '../shared/text.ts';
import { touchPasskey } from '../shared/touch-passkey.ts';

const text = messages.guest;

type Asked = Output<'people.asked'>;

/** 64 digits in groups of four, so that two people can read them to each other. */
const groups = (hash: string): string => hash.replaceAll(/.{4}(?=.)/g, '$& ');

const wordsOf = (reason: unknown): string => failureWords(reason, messages.people.cancelled);

export function Guest({ bridge, asked: first }: { readonly bridge: Bridge; readonly asked: Asked | undefined }): JSX.Element {
  const [asked, setAsked] = useState(first);
  const [seconds, setSeconds] = useState(first?.seconds ?? 0);
  const [busy, setBusy] = useState('');
  const [error, setError] = useState('');
  const body = useRef<HTMLElement>(null);
  const lock = (): void => void bridge.request('lock', {}).catch(() => {});
  useLayoutEffect(() => body.current?.querySelector<HTMLElement>('[data-focus]')?.focus(), [asked?.step, asked?.refused]);
  useLayoutEffect(() => {
    const timer = setInterval(() => setSeconds((before) => Math.max(0, before - 1)), 1000);
    // The lock has to work from anywhere, a field too.
    const onKey = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || !event.shiftKey || event.key.toLowerCase() !== 'l') return;
      event.preventDefault();
      lock();
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => {
      clearInterval(timer);
      window.removeEventListener('keydown', onKey, { capture: true });
    };
  }, []);

  /** One thing at a time. @param deed gives what is asked next; undefined where the page is about to be replaced */
  const run = async (words: string, deed: () => Promise<Asked | undefined>): Promise<void> => {
    if (busy) return;
    setBusy(words);
    setError('');
    say(words);
    try {
      const next = await deed();
      if (next) setAsked(next);
    } catch (reason) {
      setError(wordsOf(reason));
    } finally {
      setBusy('');
    }
  };

  // Beside what was typed: at the end of the page it would stand below the window.
  const told = (
    <div class="gap-h">
      <p role="status">
        {busy ? (
          <>
            <Mark kind="wait" />
            {busy}
          </>
        ) : null}
      </p>
      <FaultLine error={error} />
    </div>
  );

  return (
    <div class="app">
      <main class="guest" ref={body} data-step={asked?.step}>
        {!asked ? (
          <section class="guest__say">
            <h1 class="x3">{text.label}</h1>
            <FaultLine error={text.gone} gap />
          </section>
        ) : asked.step === 'newcomer' ? (
          <Newcomer asked={asked} bridge={bridge} busy={busy !== ''} run={run} told={told} />
        ) : asked.step === 'second' ? (
          <Second asked={asked} bridge={bridge} busy={busy !== ''} run={run} told={told} />
        ) : (
          <Back asked={asked} bridge={bridge} busy={busy !== ''} run={run} told={told} />
        )}
      </main>
      <div class="banners" />
      <footer class="line guest__line" aria-label={messages.line.label}>
        <div class="line__where">
          <span class="seg is-current" data-class="house">
            <span class="seg__class">{text.label}</span>
          </span>
          {asked ? <span class="st">{text.covered(asked.by)}</span> : null}
        </div>
        <DisplaySettings bridge={bridge} />
        <span class="st st--time" role="timer" aria-live="off">
          {text.lapses}
          <b>{left(seconds)}</b>
        </span>
        <button type="button" class="st guest__lock" onClick={lock}>
          {text.lock} <kbd>ctrl-shift-l</kbd>
        </button>
      </footer>
      <LiveRegions />
    </div>
  );
}

interface StepProps {
  readonly asked: Asked;
  readonly bridge: Bridge;
  readonly busy: boolean;
  readonly run: (words: string, deed: () => Promise<Asked | undefined>) => Promise<void>;
  /** How it goes, and why it did not. */
  readonly told: JSX.Element;
}

function Newcomer({ asked, bridge, busy, run, told }: StepProps): JSX.Element {
  const words = text.newcomer;
  const { fields, show, next } = useNewPassphrase(
    { name: asked.newcomer ?? '' },
    (bytes) =>
      void run(words.busy, async () => {
        await bridge.sendFrame('vault', { type: 'passphrase', bytes });
        return bridge.request('people.newcomer', {});
      }),
  );
  return (
    <>
      <section class="guest__say">
        <h1 class="x3">{words.title(asked.newcomer ?? '')}</h1>
        <p class="dim gap-h measure">{words.text(asked.by)}</p>
        {asked.renews ? (
          <p class="gap-h measure">
            <Mark kind="warn" />
            {words.renews}
          </p>
        ) : null}
      </section>
      <form
        class="guest__do"
        novalidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void next();
        }}
      >
        {fields}
        <p class="actions">
          <Button kind="main" submit hint="enter">
            {words.submit}
          </Button>
          {show}
        </p>
        {told}
      </form>
    </>
  );
}

/** An id is never broken at its hyphen: two people read it to each other. */
function WithIds({ words }: { readonly words: string }): JSX.Element {
  return (
    <>
      {words.split(/(\bp-[0-9a-f]{12}\b)/).map((part, n) =>
        n % 2 === 1 ? (
          <span class="whole" key={n}>
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </>
  );
}

/** What is asked, as both read it before they sign. */
function Request({ asked: { words, effect, hash, changes } }: { readonly asked: Asked }): JSX.Element {
  return (
    <>
      <h2 class="faint gap">{text.second.words}</h2>
      <p class="x2">
        <WithIds words={words} />
      </p>
      <p class="dim measure">{effect}</p>
      <PolicyChanges changes={changes} />
      {hash ? (
        <>
          <h2 class="faint gap">{text.second.hash}</h2>
          <p class="x2 guest__hash">{groups(hash)}</p>
          <p class="faint">{text.second.hashText}</p>
        </>
      ) : null}
    </>
  );
}

function Second({ asked, bridge, busy, run, told }: StepProps): JSX.Element {
  const words = text.second;
  const who = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  const person = (): string | undefined => {
    const typed = who.current!.value.trim();
    setError(typed === '' ? words.idEmpty : '');
    if (typed === '') who.current!.focus();
    return typed || undefined;
  };
  return (
    <>
      <section class="guest__say">
        <h1 class="x3">{words.title}</h1>
        <p class="dim gap-h measure">{words.text(asked.by)}</p>
        <Request asked={asked} />
      </section>
      <section class="guest__do">
        <h2 class="faint">{words.who}</h2>
        <ul>
          {asked.who.map((name) => (
            <li key={name}>
              <Mark kind="wait" />
              {name}
            </li>
          ))}
        </ul>
        <Prove
          id="agree"
          words={words.prove}
          label={messages.prove.field}
          submit={words.agree}
          busy={busy}
          before={<TextField id="agree-id" label={words.id} error={error} input={who} focus maxLength={100} />}
          onPassphrase={(bytes) => {
            const typed = person();
            if (typed === undefined) return bytes.fill(0) && undefined;
            void run(messages.prove.busy, async () => {
              await bridge.sendFrame('vault', { type: 'passphrase', bytes });
              return bridge.request('people.agreePassphrase', { person: typed });
            });
          }}
          onPasskey={() => {
            const typed = person();
            if (typed === undefined) return;
            void run(messages.slots.testing, async () => {
              const answer = await touchPasskey(bridge, () => bridge.request('people.agreeOptions', { person: typed }));
              return bridge.request('people.agreePasskey', { person: typed, ...answer });
            });
          }}
          onBoth={(bytes) => {
            const typed = person();
            if (typed === undefined) return bytes.fill(0) && undefined;
            void run(messages.slots.testing, async () => {
              const answer = await touchPasskey(bridge, (both) => bridge.request('people.agreeOptions', { person: typed, ...both }), bytes);
              return bridge.request('people.agreePasskey', { person: typed, ...answer });
            });
          }}
        >
          <Button onClick={() => void run(messages.people.busy, () => bridge.request('people.refuse', {}))}>{words.refuse}</Button>
        </Prove>
        {told}
      </section>
    </>
  );
}

function Back({ asked, bridge, busy, run, told }: StepProps): JSX.Element {
  const words = text.proof;
  const [go, setGo] = useState(!asked.refused);
  return (
    <>
      <section class="guest__say">
        <h1 class="x3">{words.title(asked.by)}</h1>
        {asked.refused ? (
          <p class="gap-h">
            <Mark kind="stop" />
            {words.refused}
          </p>
        ) : asked.second ? (
          <p class="gap-h">
            <Mark kind="ok" />
            {words.agreed(asked.second)}
          </p>
        ) : null}
        <Request asked={asked} />
      </section>
      <section class="guest__do">
        <Prove
          id="prove"
          words={go ? words.text : words.back}
          label={messages.prove.field}
          submit={go ? words.doIt : words.comeBack}
          busy={busy}
          onPassphrase={(bytes) =>
            void run(messages.prove.busy, async () => {
              await bridge.sendFrame('vault', { type: 'passphrase', bytes });
              await bridge.request('people.provePassphrase', { go });
              return undefined;
            })
          }
          onPasskey={() =>
            void run(messages.slots.testing, async () => {
              const answer = await touchPasskey(bridge, () => bridge.request('people.proveOptions', {}));
              await bridge.request('people.provePasskey', { go, ...answer });
              return undefined;
            })
          }
          onBoth={(bytes) =>
            void run(messages.slots.testing, async () => {
              const answer = await touchPasskey(bridge, (both) => bridge.request('people.proveOptions', both), bytes);
              await bridge.request('people.provePasskey', { go, ...answer });
              return undefined;
            })
          }
        >
          {go ? (
            <Button kind="quiet" onClick={() => setGo(false)}>
              {words.leave}
            </Button>
          ) : null}
        </Prove>
        {told}
      </section>
    </>
  );
}
