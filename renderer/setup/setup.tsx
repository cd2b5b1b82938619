/** The first run: name, passphrase, audit key, passkey, done. A minute at most; Return goes on, errors stand at the field. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { loadJudge, passphraseMin, type PassphraseJudgement } from '../../src/vault/passphrase.ts';
import type { Output } from '../../src/bridge/schema.ts';
import { Refused, type Bridge } from '../shared/bridge.ts';
import { DisplaySettings } from '../shared/display-settings.tsx';
import { messages } from '../shared/messages.ts';
import { Button, Field, LiveRegions, Mark } from '../shared/parts.tsx';
import { SecretField, ShowSecret, takeSecret } from '../shared/secret-field.tsx';
import { Passkey, type Proof } from './passkey-step.tsx';
import { StepHead } from './step-head.tsx';

const text = messages.setup;
/** Judging takes some ten milliseconds: not at every key of somebody who types fast. */
const PAUSE_MS = 80;
/** Two frames: the step is painted before the page is busy. */
const LOAD_MS = 32;
/** The schema's limit. */
const LONGEST_NAME = 80;
const STEPS = text.steps.length;

type Facts = Output<'setup.facts'>;
type Created = Output<'setup.create'>;

export function Setup({ bridge, facts }: { readonly bridge: Bridge; readonly facts: Facts | undefined }): JSX.Element {
  const [step, setStep] = useState(1);
  const [name, setName] = useState('');
  const [created, setCreated] = useState<Created | undefined>(undefined);
  const [proof, setProof] = useState<Proof | undefined>(undefined);
  // Bytes of the passphrase between its step and the audit key's; sealed and wiped there.
  const secret = useRef<Uint8Array | undefined>(undefined);
  const body = useRef<HTMLElement>(null);
  useLayoutEffect(() => body.current?.querySelector<HTMLElement>('[data-focus]')?.focus(), [step]);
  return (
    <div class="app">
      <main class="firstrun">
        <nav class="firstrun__steps" aria-label={text.stepsLabel}>
          <p class="strong">{messages.product}</p>
          <p class="faint">{facts ? text.on(facts.workstation) : ''}</p>
          <ol class="steps gap2">
            {text.steps.map(([title, note], i) => (
              <li key={title} class={i + 1 < step ? 'is-done' : i + 1 === step ? 'is-current' : ''} aria-current={i + 1 === step ? 'step' : undefined}>
                {i + 1 < step ? <Mark kind={i === 3 && !proof ? 'none' : 'ok'} /> : <span>{i + 1}</span>}
                <span>
                  {title}
                  <br />
                  <span class="faint">{i === 0 && step > 1 ? name : note}</span>
                </span>
              </li>
            ))}
          </ol>
        </nav>
        <section class="firstrun__body" ref={body} data-step={step}>
          {!facts ? (
            <p role="alert">
              <Mark kind="stop" />
              {text.factsFailed}
            </p>
          ) : step === 1 ? (
            <NameStep
              name={name}
              onDone={(given) => {
                setName(given);
                setStep(2);
              }}
            />
          ) : step === 2 ? (
            <PassphraseStep
              context={{ name, workstation: facts.workstation }}
              onBack={() => setStep(1)}
              onDone={(bytes) => {
                secret.current = bytes;
                setStep(3);
              }}
            />
          ) : step === 3 ? (
            <AuditStep
              bridge={bridge}
              name={name}
              path={facts.auditKeyPath}
              takeSecret={() => secret.current}
              onBack={() => {
                secret.current?.fill(0);
                secret.current = undefined;
                setStep(2);
              }}
              onDone={(result) => {
                secret.current = undefined;
                setCreated(result);
                setStep(4);
              }}
            />
          ) : step === 4 ? (
            <Passkey
              bridge={bridge}
              created={created!}
              limit={facts.passkeyLimit}
              onDone={(result) => {
                setProof(result);
                setStep(5);
              }}
            />
          ) : (
            <ReadyStep bridge={bridge} facts={facts} name={name} created={created!} proof={proof} />
          )}
        </section>
      </main>
      <div class="banners" />
      <footer class="line" aria-label={messages.line.label}>
        <progress class="line__time" max={STEPS} value={step} aria-hidden="true" />
        <div class="line__where">
          <span class="seg is-current" data-class="house">
            <span class="seg__class">set-up</span>
            {text.step(step, STEPS)}
          </span>
          <span class="st">
            <Mark kind="wait" />
            {text.nothingYet}
          </span>
        </div>
        <DisplaySettings bridge={bridge} />
      </footer>
      <LiveRegions />
    </div>
  );
}

function NameStep({ name, onDone }: { readonly name: string; readonly onDone: (name: string) => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  const next = (): void => {
    const given = input.current!.value.trim();
    if (given && given.length <= LONGEST_NAME) return onDone(given);
    setError(given ? text.you.long : text.you.empty);
    input.current!.focus();
  };
  return (
    <Form onSubmit={next}>
      <StepHead heading={text.you.heading}>{text.you.text}</StepHead>
      <Field id="name" label={text.you.field} error={error}>
        <input
          id="name"
          ref={input}
          class="input"
          defaultValue={name}
          autocomplete="off"
          spellcheck={false}
          data-focus=""
          aria-invalid={error ? 'true' : undefined}
          aria-describedby="name-error"
        />
      </Field>
      <p class="actions">
        <Button kind="main" submit hint="enter">
          {text.next}
        </Button>
      </p>
    </Form>
  );
}

interface PassphraseStepProps {
  readonly context: { readonly name: string; readonly workstation: string };
  readonly onBack: () => void;
  readonly onDone: (bytes: Uint8Array) => void;
}

function PassphraseStep({ context, onBack, onDone }: PassphraseStepProps): JSX.Element {
  const first = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const [judgement, setJudgement] = useState<PassphraseJudgement | undefined>(undefined);
  const [error, setError] = useState('');
  const [different, setDifferent] = useState('');
  const [shown, setShown] = useState(false);
  /** The word lists take half a second to load: the step stands before they do, and Return waits for them. */
  const [judge] = useState(() => new Promise<void>((painted) => setTimeout(painted, LOAD_MS)).then(loadJudge));
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);
  const judged = async (): Promise<PassphraseJudgement | undefined> => {
    const judging = await judge;
    const field = first.current;
    if (!field) return undefined;
    const now = judging(field.value, context);
    setJudgement(now);
    return now;
  };
  const next = async (): Promise<void> => {
    clearTimeout(pause.current);
    const now = await judged();
    if (!now) return;
    setError(now.accepted ? '' : now.sentence);
    if (!now.accepted) return first.current!.focus();
    if (!again.current!.value) return again.current!.focus();
    if (again.current!.value !== first.current!.value) {
      setDifferent(text.passphrase.different);
      again.current!.value = '';
      return again.current!.focus();
    }
    again.current!.value = '';
    onDone(takeSecret(first.current!));
  };
  return (
    <Form onSubmit={() => void next()}>
      <StepHead heading={text.passphrase.heading}>{text.passphrase.text}</StepHead>
      <Field id="passphrase" label={text.passphrase.field} error={error} hint={<Meter judgement={judgement} />}>
        <SecretField
          id="passphrase"
          input={first}
          shown={shown}
          invalid={error !== ''}
          fresh
          focus
          onInput={() => {
            clearTimeout(pause.current);
            pause.current = setTimeout(() => void judged(), PAUSE_MS);
            setError('');
          }}
        />
      </Field>
      <Field id="again" label={text.passphrase.again} error={different}>
        <SecretField id="again" input={again} shown={shown} invalid={different !== ''} fresh onInput={() => setDifferent('')} />
      </Field>
      <p class="actions">
        <Button kind="main" submit hint="enter">
          {text.next}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          {text.back}
        </Button>
        <ShowSecret fields="passphrase again" words={{ show: text.passphrase.show, hide: text.passphrase.hide }} shown={shown} onChange={setShown} />
      </p>
    </Form>
  );
}

/** Four steps of strength, as strokes and as a sentence: no colour needed. */
function Meter({ judgement }: { readonly judgement: PassphraseJudgement | undefined }): JSX.Element {
  const length = judgement?.length ?? 0;
  const missing = passphraseMin - length;
  return (
    <span class="meter">
      <meter class="meter__bar" min={0} max={4} value={judgement?.level ?? 0} aria-label={text.passphrase.meter} />
      <span class="meter__word">
        {length === 0 ? (
          ''
        ) : missing > 0 ? (
          text.passphrase.short(missing)
        ) : judgement!.accepted ? (
          <>
            <Mark kind="ok" />
            {judgement!.sentence}
          </>
        ) : (
          judgement!.sentence
        )}
      </span>
    </span>
  );
}

interface AuditStepProps {
  readonly bridge: Bridge;
  readonly name: string;
  readonly path: string;
  readonly takeSecret: () => Uint8Array | undefined;
  readonly onBack: () => void;
  readonly onDone: (created: Created) => void;
}

function AuditStep({ bridge, name, path, takeSecret: secret, onBack, onDone }: AuditStepProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  /** The account knows another installation here: it is given up only by a mark that the person makes. */
  const [pinned, setPinned] = useState(false);
  const given = useRef<HTMLInputElement>(null);
  const create = async (): Promise<void> => {
    const target = input.current!.value.trim();
    const bytes = secret();
    if (busy || !bytes) return;
    if (!target) {
      setError(text.audit.empty);
      return input.current!.focus();
    }
    setBusy(true);
    setError('');
    try {
      // Sent anew at each try: the vault host forgets a passphrase once it has looked at it. The frame takes a copy.
      await bridge.sendFrame('vault', { type: 'passphrase', bytes: bytes.slice() });
      const created = await bridge.request('setup.create', { name, auditKeyPath: target, replaceInstallation: given.current?.checked === true });
      bytes.fill(0);
      onDone(created);
    } catch (reason) {
      setBusy(false);
      setError(reason instanceof Refused ? reason.message : messages.bridge.failed);
      if (reason instanceof Refused && reason.code === 'pinned') setPinned(true);
      input.current!.focus();
    }
  };
  return (
    <Form onSubmit={() => void create()}>
      <StepHead heading={text.audit.heading}>{text.audit.text}</StepHead>
      <Field id="audit" label={text.audit.field} error={error} hint={text.audit.hint}>
        <input
          id="audit"
          ref={input}
          class="input"
          defaultValue={path}
          autocomplete="off"
          spellcheck={false}
          maxLength={1000}
          readOnly={busy}
          data-focus=""
          aria-invalid={error ? 'true' : undefined}
          aria-describedby="audit-hint audit-error"
        />
      </Field>
      {pinned ? (
        <p class="gap-h measure">
          <label>
            <input id="replace" type="checkbox" ref={given} disabled={busy} /> {text.audit.replace}
          </label>
        </p>
      ) : null}
      <p class="actions">
        <Button kind="main" submit hint="enter" disabled={busy}>
          {busy ? text.audit.busy : text.audit.create}
        </Button>
        <Button kind="quiet" disabled={busy} onClick={onBack}>
          {text.back}
        </Button>
      </p>
      <p class="dim gap" role="status">
        {busy ? text.audit.busyHint : ''}
      </p>
    </Form>
  );
}

interface ReadyStepProps {
  readonly bridge: Bridge;
  readonly facts: Facts;
  readonly name: string;
  readonly created: Created;
  readonly proof: Proof | undefined;
}

function ReadyStep({ bridge, facts, name, created, proof }: ReadyStepProps): JSX.Element {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const finish = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      await bridge.request('setup.finish', {});
    } catch (reason) {
      setBusy(false);
      setError(reason instanceof Refused ? reason.message : messages.bridge.failed);
    }
  };
  const ready = text.ready;
  return (
    <>
      <StepHead heading={ready.heading}>{ready.text}</StepHead>
      <ul class="checks gap">
        <li>
          <Mark kind="ok" />
          <b>{ready.person}</b>
          <span>{name}</span>
        </li>
        <li>
          <Mark kind="ok" />
          <b>{ready.passphrase}</b>
          <span>{ready.passphraseSet}</span>
        </li>
        <li>
          <Mark kind="ok" />
          <b>{ready.audit}</b>
          <span>
            {created.auditKeyPath}
            <br />
            {ready.auditId(created.auditKid)}
          </span>
        </li>
        <li>
          <Mark kind={proof ? 'ok' : 'warn'} />
          <b>{ready.passkey}</b>
          <span>{proof ? ready.passkeyOk : ready.passkeyNone}</span>
        </li>
        <li>
          <Mark kind={facts.secretStore.weaker ? 'warn' : 'ok'} />
          <b>{ready.store}</b>
          <span>{facts.secretStore.sentence}</span>
        </li>
        <li>
          <Mark kind="none" />
          <b>{ready.checked}</b>
          <span>{ready.recovery}</span>
        </li>
      </ul>
      <p class="field__error" role="alert">
        {error ? (
          <>
            <Mark kind="stop" />
            {error}
          </>
        ) : null}
      </p>
      <p class="actions">
        <Button kind="main" hint="enter" focus disabled={busy} onClick={() => void finish()}>
          {ready.open}
        </Button>
      </p>
      <p class="faint gap">
        {text.home} {facts.home}
      </p>
    </>
  );
}

function Form({ children, onSubmit }: { readonly children: ComponentChildren; readonly onSubmit: () => void }): JSX.Element {
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
