/** The first run: name, passphrase, audit key, passkey, done. A minute at most; Return goes on, errors stand at the field. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { classWords, usualClass, type WorkstationClass } from '../../src/types/words.ts';
import { Refused, type Bridge } from '../shared/bridge.ts';
import { DisplaySettings } from '../shared/display-settings.tsx';
import { messages } from '../shared/messages.ts';
import { Button, FaultLine, LiveRegions, Mark, TextField } from '../shared/parts.tsx';
import { Passkey, type EnrolledSlot } from './passkey-step.tsx';
import { PassphraseStep } from './passphrase-step.tsx';
import { Form, StepHead } from './step-parts.tsx';
import { refusalWords } from '../shared/refusal-words.ts';
import { mostTyped } from '../../src/types/most-typed.ts';

const text = messages.setup;
const STEPS = text.steps.length;

type Facts = Output<'setup.facts'>;
type Created = Output<'setup.create'>;

export function Setup({ bridge, facts }: { readonly bridge: Bridge; readonly facts: Facts | undefined }): JSX.Element {
  const [step, setStep] = useState(1);
  const [name, setName] = useState('');
  const [place, setPlace] = useState<WorkstationClass>(usualClass);
  const [created, setCreated] = useState<Created | undefined>(undefined);
  const [proof, setProof] = useState<EnrolledSlot | undefined>(undefined);
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
              place={place}
              onPlace={setPlace}
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
              workstationClass={place}
              path={facts.auditKeyPath}
              place={facts.auditKeySentence}
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
            <ReadyStep bridge={bridge} facts={facts} name={name} place={place} created={created!} proof={proof} />
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

interface NameStepProps {
  readonly name: string;
  readonly place: WorkstationClass;
  readonly onPlace: (place: WorkstationClass) => void;
  readonly onDone: (name: string) => void;
}

function NameStep({ name, place, onPlace, onDone }: NameStepProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(name);
  const [error, setError] = useState('');
  const type = (text: string): void => {
    setTyped(text);
    // What was wrong is being mended.
    setError('');
  };
  const next = (): void => {
    const given = typed.trim();
    if (given && given.length <= mostTyped.name) return onDone(given);
    setError(given ? text.you.long : text.you.empty);
    input.current!.focus();
  };
  return (
    <Form onSubmit={next}>
      <StepHead heading={text.you.heading}>{text.you.text}</StepHead>
      <TextField id="name" label={text.you.field} error={error} input={input} text={typed} onInput={type} focus />
      <fieldset class="choice gap" aria-describedby="place-hint">
        <legend class="faint">{text.you.place}</legend>
        {(Object.keys(classWords) as WorkstationClass[]).map((value) => (
          <label class="tick" key={value}>
            <input type="radio" name="place" value={value} checked={value === place} onChange={() => onPlace(value)} />
            <span>
              {classWords[value].name} <span class="faint">{classWords[value].where}</span>
            </span>
          </label>
        ))}
        <p class="dim" id="place-hint">
          {text.you.placeHint}
        </p>
      </fieldset>
      <p class="actions">
        <Button kind="main" submit hint="enter">
          {text.next}
        </Button>
      </p>
    </Form>
  );
}

interface AuditStepProps {
  readonly bridge: Bridge;
  readonly name: string;
  readonly workstationClass: WorkstationClass;
  readonly path: string;
  /** What is to be said of that path. */
  readonly place: string;
  readonly takeSecret: () => Uint8Array | undefined;
  readonly onBack: () => void;
  readonly onDone: (created: Created) => void;
}

function AuditStep({ bridge, name, workstationClass, path, place, takeSecret: secret, onBack, onDone }: AuditStepProps): JSX.Element {
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
      const created = await bridge.request('setup.create', {
        name,
        workstationClass,
        auditKeyPath: target,
        replaceInstallation: given.current?.checked === true,
      });
      bytes.fill(0);
      onDone(created);
    } catch (reason) {
      setBusy(false);
      setError(refusalWords(reason));
      if (reason instanceof Refused && reason.code === 'pinned') setPinned(true);
      input.current!.focus();
    }
  };
  return (
    <Form onSubmit={() => void create()}>
      <StepHead heading={text.audit.heading}>{text.audit.text}</StepHead>
      <TextField
        id="audit"
        label={text.audit.field}
        error={error}
        hint={text.audit.hint(place)}
        input={input}
        text={path}
        maxLength={1000}
        readOnly={busy}
        focus
      />
      {pinned ? (
        <p class="gap-h measure">
          <label class="tick">
            <input id="replace" type="checkbox" ref={given} disabled={busy} />
            <span>{text.audit.replace}</span>
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
  readonly place: WorkstationClass;
  readonly created: Created;
  readonly proof: EnrolledSlot | undefined;
}

function ReadyStep({ bridge, facts, name, place, created, proof }: ReadyStepProps): JSX.Element {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const finish = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      await bridge.request('setup.finish', {});
    } catch (reason) {
      setBusy(false);
      setError(refusalWords(reason));
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
          <b>{ready.place}</b>
          <span>
            {classWords[place].name}, {classWords[place].where}
          </span>
        </li>
        <li>
          <Mark kind="ok" />
          <b>{ready.passphrase}</b>
          <span>{ready.passphraseSet}</span>
        </li>
        <li>
          <Mark kind={created.auditKeyAway ? 'ok' : 'warn'} />
          <b>{ready.audit}</b>
          <span>
            {created.auditKeyPath}
            {created.auditKeyAway ? null : `, ${ready.auditHere}`}
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
      <FaultLine error={error} />
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
