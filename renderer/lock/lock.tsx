/**
 * The lock, a poster. It shows only what may stand on a locked workstation: product, banner, workstation, masked person,
 * time, ways in, degraded flags, display settings. It shares no code with the workspace. Over 400 lines: what is typed, waited for and shown is one state.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { Refused, type Bridge } from '../shared/bridge.ts';
import { messages } from '../shared/messages.ts';
import { Button, LiveRegions, Mark } from '../shared/parts.tsx';
import { say } from '../shared/say.ts';
import { getPasskey, PasskeyUnused } from '../shared/passkey.ts';
import { CapsLock, useCapsLock } from '../shared/caps-lock.tsx';
import { secretText, SecretField, setSecretText, ShowSecret, takeSecret } from '../shared/secret-field.tsx';
import { clock, left } from '../shared/text.ts';
import { BreakGlass } from './break-glass.tsx';
import { onOccasion, useClearedClipboard } from './clipboard.ts';
import { Lift } from './lift.tsx';
import { Help } from './help.tsx';
import { LockHead, LockLine } from './lock-line.tsx';
import { shownName } from './name-field.tsx';
import { Closed, closedWords } from './stopped.tsx';
import { isLetter, isTyped } from './typed.ts';
import { useClock } from './use-clock.ts';
import { Problem, Siren, Who } from './who.tsx';
import { refusalWords } from '../shared/refusal-words.ts';

type Facts = Output<'lock.facts'>;
type Person = Facts['people'][number];
type Method = Person['methods'][number];

const text = messages.lock;
/** So long a passphrase that was not sent stays in its field without a further key. */
const LEFT_MS = 30_000;

export function Lock({ bridge, facts: first }: { readonly bridge: Bridge; readonly facts: Facts | undefined }): JSX.Element {
  const [facts, setFacts] = useState(first);
  /** Where several people can come in, whoever was typed: the page does not know whether somebody is called so. */
  const [person, setPerson] = useState<Person | undefined>(first?.people[0]);
  const asksFor = useRef(person?.id);
  asksFor.current = person?.id;
  const [failures, setFailures] = useState(first?.failures ?? 0);
  const [method, setMethod] = useState<Method>(preferred(first?.people[0]));
  const [busy, setBusy] = useState<Method | undefined>(undefined);
  const [error, setError] = useState('');
  const [shown, setShown] = useState(false);
  /** What takes the place of the way in. */
  const [form, setForm] = useState<'glass' | 'lift' | 'help' | undefined>(undefined);
  const glass = form === 'glass';
  const [waitUntil, setWaitUntil] = useState(first && first.backOffSeconds > 0 ? performance.now() + first.backOffSeconds * 1000 : 0);
  const waitsUntil = useRef(waitUntil);
  waitsUntil.current = waitUntil;
  const now = useClock(waitUntil);
  const stillCopied = useClearedClipboard(bridge, facts?.clearClipboard ?? false);
  const capsLock = useCapsLock();
  const field = useRef<HTMLInputElement>(null);
  const idField = useRef<HTMLInputElement>(null);
  /** What was typed before the field was there. */
  const typedAhead = useRef('');
  const way = useRef<HTMLElement>(null);
  const closed = closedWords(facts);
  const whyLocked = facts?.reason ? text.reasons[facts.reason] : '';
  const wait = Math.max(0, Math.ceil((waitUntil - now.monotonic) / 1000));
  const waiting = wait > 0;

  // The way in has the focus: the passkey's button, or the passphrase field where the person has no passkey.
  useLayoutEffect(() => {
    way.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
    if (!field.current) return;
    if (typedAhead.current) setSecretText(field.current, secretText(field.current) + typedAhead.current);
    typedAhead.current = '';
    if (secretText(field.current)) stillThere();
  }, [method, person?.id, form, closed === undefined]);
  useEffect(() => {
    if (!waiting && waitUntil > 0) {
      setWaitUntil(0);
      say(text.allowed);
    }
  }, [waiting]);

  // Whoever types and is called away leaves nothing to the next who comes, who could have it shown or sent.
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stillThere = (): void => {
    clearTimeout(leaving.current);
    leaving.current = setTimeout(() => {
      if (field.current) takeSecret(field.current).fill(0);
      setShown(false);
      // Whoever has to wait for the next try keeps hands off, as they are told: they, and how long it takes, stay on the page.
      const left = waitsUntil.current - performance.now();
      if (left > 0) leaving.current = setTimeout(someoneElse, left + LEFT_MS);
      else someoneElse();
    }, LEFT_MS);
  };
  /** Back to the question who it is, where there is one. */
  const someoneElse = (): void => {
    if (!facts?.typed) return;
    setPerson(undefined);
    setError('');
    setWaitUntil(0);
    setFailures(0);
  };

  /** How long this one waits: the same answer for somebody who does not exist. */
  const askWait = async (id: string): Promise<void> => {
    const { seconds, failures: failed } = await bridge.request('lock.wait', { person: id });
    // Who has left meanwhile leaves neither to whoever comes after them.
    if (asksFor.current !== id) return;
    setFailures(failed);
    if (seconds > 0) setWaitUntil(performance.now() + seconds * 1000);
  };

  const typeId = async (): Promise<void> => {
    const id = idField.current?.value.trim() ?? '';
    if (!id) return setError(text.idEmpty);
    await be(id, shownName(id));
  };

  const be = async (id: string, masked: string): Promise<void> => {
    setError('');
    setPerson({ id, masked, methods: ['passphrase', 'passkey', ...(facts?.both ? ['passphrase-key' as const] : [])] });
    setMethod('passphrase');
    stillThere();
    await askWait(id).catch(() => undefined);
  };

  useLayoutEffect(() => {
    const hide = (): void => setShown(false);
    window.addEventListener('blur', hide);
    return () => {
      window.removeEventListener('blur', hide);
      clearTimeout(leaving.current);
    };
  }, []);

  // Without an answer there is no way in, and nothing is cleared: each key, click or focus asks again.
  useLayoutEffect(() => {
    if (facts) return;
    let asking = false;
    const again = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      const latest = await bridge.request('lock.facts', {}).catch(() => undefined);
      // After an answer it stays set: the page then moves its focus, and that is no occasion.
      asking = latest !== undefined;
      if (!latest) return;
      setFacts(latest);
      setPerson(latest.people[0]);
      setMethod(preferred(latest.people[0]));
      setFailures(latest.failures);
      if (latest.backOffSeconds > 0) setWaitUntil(performance.now() + latest.backOffSeconds * 1000);
    };
    return onOccasion(() => void again());
  }, [facts === undefined]);

  /** What is to be shown from here on: who can come in may be others by now. */
  const take = (latest: Facts): void => {
    setFacts(latest);
    const [only] = latest.people;
    if (latest.typed) {
      if (facts?.typed) return;
      // Of several nobody is named, and what was typed was typed for one.
      if (field.current) takeSecret(field.current).fill(0);
      setShown(false);
      setPerson(undefined);
    } else {
      setPerson(only);
      if (only?.id !== person?.id || !only?.methods.includes(method)) setMethod(preferred(only));
    }
  };
  const renew = useRef(take);
  renew.current = busy ? setFacts : take;

  // What it said has changed: the policy file, for one. While somebody is being let in the answer says what there is.
  useLayoutEffect(
    () =>
      bridge.on('stale', () => {
        void bridge.request('lock.facts', {}).then(
          (latest) => renew.current(latest),
          () => undefined,
        );
      }),
    [bridge],
  );

  /** The core sees nothing of a passkey that stays in the browser: the ledger learns of it here. */
  const unused = (why: 'not-used' | 'no-secret'): void => void bridge.request('lock.passkeyUnused', { reason: why }).catch(() => {});

  /** What the core says after a failure: how many, and how long to wait. */
  const refused = async (reason: unknown): Promise<void> => {
    setBusy(undefined);
    if (reason instanceof PasskeyUnused) {
      unused('not-used');
      return setError(text.cancelled);
    }
    const wrong = reason instanceof Refused && reason.code === 'wrong-passphrase' && facts?.typed;
    setError(wrong ? text.failedTyped : refusalWords(reason));
    const latest = await bridge.request('lock.facts', {}).catch(() => undefined);
    if (latest) {
      take(latest);
      if (!latest.typed) setFailures(latest.failures);
      if (latest.backOffSeconds > 0) setWaitUntil(performance.now() + latest.backOffSeconds * 1000);
    }
    if (latest?.typed && person) await askWait(person.id).catch(() => undefined);
    field.current?.focus();
  };

  const byPassphrase = async (): Promise<void> => {
    if (!person || busy || waiting || !field.current) return;
    if (!secretText(field.current)) {
      setError(text.empty);
      return;
    }
    setError('');
    setBusy('passphrase');
    try {
      await bridge.sendFrame('vault', { type: 'passphrase', bytes: takeSecret(field.current) });
      await bridge.request('lock.passphrase', { person: person.id });
    } catch (reason) {
      await refused(reason);
    }
  };

  const byPasskey = async (): Promise<void> => {
    if (!person || busy || waiting) return;
    await byCredential('passkey', {}, person);
  };

  /** With the passphrase that was typed, and a key that is touched. */
  const byBoth = async (): Promise<void> => {
    if (!person || busy || waiting || !field.current) return;
    if (!secretText(field.current)) return setError(text.empty);
    const passphrase = takeSecret(field.current);
    await byCredential('passphrase-key', { withPassphrase: true }, person, passphrase);
    passphrase.fill(0);
  };

  const byCredential = async (by: Method, both: { readonly withPassphrase?: true }, { id }: Person, passphrase?: Uint8Array): Promise<void> => {
    setError('');
    setBusy(by);
    try {
      const { response, prf } = await getPasskey(await bridge.request('lock.passkeyOptions', { person: id, ...both }));
      if (!prf) {
        setBusy(undefined);
        setError(text.noPrf);
        unused('no-secret');
        return;
      }
      await bridge.sendFrame('vault', { type: 'prf', bytes: prf });
      if (passphrase) await bridge.sendFrame('vault', { type: 'passphrase', bytes: passphrase });
      await bridge.request('lock.passkey', { person: id, response, ...both });
    } catch (reason) {
      await refused(reason);
    }
  };

  const acts: Readonly<Record<Method, () => Promise<void>>> = { passphrase: byPassphrase, passkey: byPasskey, 'passphrase-key': byBoth };

  const show = (on: boolean): void => {
    setShown(on);
    stillThere();
  };

  /** Whatever was typed here is gone: it is another way in. */
  const breakIt = (): void => {
    if (!facts || busy) return;
    clearTimeout(leaving.current);
    if (field.current) takeSecret(field.current).fill(0);
    setShown(false);
    setError('');
    setForm('glass');
  };
  const unbroken = (): void => {
    setForm(undefined);
    someoneElse();
  };
  /** What helps somebody who cannot get in. Whatever was typed is gone: it is read by whoever stands there. */
  const askHelp = (): void => {
    clearTimeout(leaving.current);
    if (field.current) takeSecret(field.current).fill(0);
    setShown(false);
    setError('');
    setForm('help');
  };

  const choose = (next: Method): void => {
    setError('');
    setShown(false);
    setMethod(next);
  };
  const others = person?.methods.filter((each) => each !== method) ?? [];
  const isTypedIn = method !== 'passkey';
  /** Where whoever types goes who has not chosen a field. */
  const typing = others.find((each) => each !== 'passkey');

  // With what is shown, and not a frame later: a key that is pressed at once means what is seen.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (glass || busy) return;
      if (event.ctrlKey && !event.altKey && !event.metaKey && event.key === 'g') {
        event.preventDefault();
        return breakIt();
      }
      if (form === 'help') {
        if (event.key === 'Escape') unbroken();
        return;
      }
      if (event.key === 'Escape' && facts?.typed && person && !busy) return someoneElse();
      if (event.target instanceof HTMLInputElement || closed) return;
      if (idField.current && isTyped(event)) return idField.current.focus();
      if (field.current && isTyped(event)) return field.current.focus();
      // Whoever types a passphrase need not ask for its field first.
      if (person && !isTypedIn && typing && isLetter(event)) {
        event.preventDefault();
        typedAhead.current += event.key;
        return choose(typing);
      }
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key !== 'Enter' || event.target !== document.body) return;
      if (!person) void typeId();
      else void acts[method]();
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });

  // What a screen reader calls the place of the way in: that of what stands there.
  const wayName = glass
    ? messages.breakGlass.act
    : form === 'help'
      ? text.help.title
      : form === 'lift'
        ? text.stopped.liftIt
        : !person
          ? text.who
          : text.ways[method];

  return (
    <div class="app poster" data-state={closed ? 'stopped' : undefined}>
      <LockHead facts={facts} />
      {facts?.emergency.alert ? <Siren alert={facts.emergency.alert} /> : null}
      <main class="poster__main">
        <div class="poster__fact">
          <h1 class="poster__cap">{closed ? closed.label : waiting ? text.nextTry : text.locked}</h1>
          <p class="poster__n" role={waiting ? 'timer' : undefined} aria-live="off">
            {waiting ? left(wait) : <time>{clock(now.wall)}</time>}
          </p>
        </div>
        <section class="poster__way" aria-label={wayName} ref={way}>
          {!facts ? (
            <Problem sentence={text.factsFailed} />
          ) : glass ? (
            <BreakGlass bridge={bridge} emergency={facts.emergency} both={facts.both} onLeave={unbroken} />
          ) : facts.stopped && form === 'lift' ? (
            <Lift bridge={bridge} both={facts.both} onLeave={() => setForm(undefined)} />
          ) : form === 'help' ? (
            <Help whom={facts.help} onLeave={unbroken} />
          ) : closed ? (
            <Closed facts={facts} onLift={() => setForm('lift')} />
          ) : facts.people.length === 0 && !facts.typed ? (
            <Problem sentence={text.nobody} />
          ) : !person ? (
            <Who
              input={idField}
              lockedAt={facts.lockedAt}
              why={whyLocked}
              error={error}
              onNext={() => void typeId()}
              away={facts.away}
              onPick={(id, masked) => void be(id, masked)}
            />
          ) : (
            <>
              <p class="faint">
                {facts.lockedAt ? `${text.since(clock(new Date(facts.lockedAt)))}, ` : ''}
                {facts.typed ? text.typedAs : text.heldBy}
              </p>
              <p class={`${facts.typed ? 'strong' : 'x3'} poster__who`}>{person.masked}</p>
              <p class="poster__err" role="alert">
                {error || (waiting && failures > 0) ? (
                  <>
                    <Mark kind="stop" />
                    <span>
                      <b>{error || text.failedOnce}</b> {failures > 1 ? text.failures(failures) : ''} {waiting ? text.waiting : ''}
                    </span>
                  </>
                ) : null}
              </p>
              {isTypedIn ? (
                <form
                  class="poster__acts"
                  onSubmit={(event) => {
                    event.preventDefault();
                    void acts[method]();
                  }}
                >
                  <div>
                    <label class="faint" for="passphrase">
                      {text.field}
                    </label>
                    <SecretField id="passphrase" input={field} shown={shown} disabled={busy !== undefined} focus onInput={stillThere} />
                  </div>
                  <CapsLock on={capsLock} />
                  <Button kind="main" tall submit hint={waiting ? text.wait(left(wait)) : 'enter'} disabled={waiting || busy !== undefined}>
                    {busy === method ? text.busy : text.ways[method]}
                  </Button>
                </form>
              ) : (
                <div class="poster__acts">
                  <Button
                    kind="main"
                    tall
                    focus
                    hint={waiting ? text.wait(left(wait)) : 'enter'}
                    disabled={waiting || busy !== undefined}
                    onClick={() => void byPasskey()}
                  >
                    {busy === 'passkey' ? text.busy : text.ways.passkey}
                  </Button>
                </div>
              )}
              <div class="poster__acts poster__acts--more">
                {others.map((other) => (
                  <Button key={other} hint={other === typing && !isTypedIn ? text.typeIt : ''} disabled={busy !== undefined} onClick={() => choose(other)}>
                    {text.instead[other]}
                  </Button>
                ))}
                {isTypedIn ? <ShowSecret fields="passphrase" words={text} shown={shown} onChange={show} /> : null}
                {facts.typed ? (
                  <Button hint="esc" disabled={busy !== undefined} onClick={someoneElse}>
                    {text.someoneElse}
                  </Button>
                ) : null}
              </div>
              <p class="dim poster__note" role="status">
                {stillCopied ? `${text.stillCopied} ` : ''}
                {method !== 'passphrase' && busy === undefined && facts.passkeyLimit ? `${facts.passkeyLimit} ` : ''}
                {busy === 'passkey' || busy === 'passphrase-key'
                  ? text.touch
                  : busy === 'passphrase'
                    ? text.busyHint
                    : [whyLocked, facts.parked > 0 ? text.shell : text.nothingRuns].join(' ')}
              </p>
            </>
          )}
          {facts && !glass ? (
            <Button kind="glass" hint="ctrl-g" disabled={busy !== undefined} onClick={breakIt}>
              <Mark kind="glass" />
              {messages.breakGlass.open}
            </Button>
          ) : null}
        </section>
      </main>
      <LockLine bridge={bridge} facts={facts} wait={wait} onHelp={form === undefined && busy === undefined ? askHelp : undefined} />
      <LiveRegions />
    </div>
  );
}

const preferred = (person: Person | undefined): Method =>
  (['passkey', 'passphrase-key'] as const).find((method) => person?.methods.includes(method)) ?? 'passphrase';
