/** What opens the recordings of who is in, and changes of it: a passphrase, passkeys, their names, and what goes. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Output } from '../../../src/bridge/schema.ts';
import { Refused } from '../../shared/bridge.ts';
import { enrolPasskey, NotTaken } from '../../shared/enrol-passkey.ts';
import { messages } from '../../shared/messages.ts';
import { useNewPassphrase } from '../../shared/new-passphrase.tsx';
import { Band, Button, Columns, Field, Mark, TextField, Wide } from '../../shared/parts.tsx';
import { Prove } from '../../shared/prove.tsx';
import { touchPasskey } from '../../shared/touch-passkey.ts';
import { say } from '../../shared/say.ts';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { StepActions, useDeeds } from './deeds.tsx';
import { close } from './parts.tsx';
import { SlotCells } from './slot-cells.tsx';
import { mostTyped } from '../../../src/types/most-typed.ts';

export const keySlots = band('key-slots', {}, KeySlots);

const text = messages.slots;

type Listed = Output<'slots.list'>;
type Slot = Listed['slots'][number];
/** What is asked for now. */
type Step = { readonly kind: 'list' | 'passphrase' | 'passkey' | 'both' | 'stored' } | { readonly kind: 'rename' | 'remove'; readonly slot: Slot };

const nameOf = ({ kind, name }: Slot): string => name || text.kinds[kind]!;

function KeySlots({ controller }: { readonly controller: Controller }): JSX.Element {
  const { bridge } = controller;
  const { listed, busy, setBusy, run: runOne, look, clear, face } = useDeeds<Listed>(() => bridge.request('slots.list', {}), text.cancelled);
  const [confirmed, setConfirmed] = useState(false);
  const [step, setStep] = useState<Step>({ kind: 'list' });
  const body = useRef<HTMLDivElement>(null);
  // A step's first field has the focus, or its first button.
  useLayoutEffect(() => body.current?.querySelector<HTMLElement>('[data-focus]')?.focus(), [step, confirmed]);

  /** @param said when it is done @param proves it is the proof that what is to be changed takes: what it opens is offered when nothing is on its way any more */
  const run = (words: string, said: string, deed: () => Promise<unknown>, proves = false): Promise<void> =>
    runOne(
      words,
      async () => {
        await deed();
        setStep({ kind: 'list' });
        await look();
        if (proves) setConfirmed(true);
        return said;
      },
      // The minutes are over: asked again.
      (reason) => {
        if (reason instanceof Refused && reason.code === 'not-confirmed') setConfirmed(false);
      },
    );
  const go = (next: Step): void => {
    if (busy) return;
    clear();
    setStep(next);
  };

  const touched = async (slot?: Slot, passphrase?: Uint8Array): Promise<void> => {
    const one = slot ? { slot: slot.id } : {};
    const answer = await touchPasskey(bridge, (both) => bridge.request('slots.passkeyOptions', { ...one, ...both }), passphrase);
    const found = await bridge.request('slots.confirmPasskey', answer);
    if (!slot || found.slot === slot.id) return;
    // Another one, and a proof all the same.
    setConfirmed(true);
    throw new NotTaken(text.touched);
  };
  const test = (slot: Slot): void => void run(text.testing, text.testDone(nameOf(slot)), () => touched(slot), true);
  const confirm = async (bytes: Uint8Array): Promise<void> =>
    run(
      text.confirm.busy,
      text.confirm.done,
      async () => {
        await bridge.sendFrame('vault', { type: 'passphrase', bytes });
        await bridge.request('slots.confirmPassphrase', {});
      },
      true,
    );
  const has = (kind: Slot['kind']): boolean => listed?.slots.some((slot) => slot.kind === kind) ?? false;
  const withKey = (bytes: Uint8Array): void => void run(text.testing, text.confirm.done, () => touched(undefined, bytes), true);
  /** The words of each touch, as it is due. */
  const progress = {
    touch: (which: number): void => {
      setBusy(messages.setup.passkey.touch[which]!);
      say(messages.setup.passkey.touch[which]!);
    },
  };
  const list = step.kind === 'list';
  const keys: Readonly<Record<string, () => void>> =
    confirmed && list
      ? {
          p: () => go({ kind: 'passphrase' }),
          a: () => go({ kind: 'passkey' }),
          b: () => go({ kind: 'both' }),
          ...(listed?.stored ? { w: () => go({ kind: 'stored' }) } : {}),
        }
      : {};

  return (
    <Band label={text.label} onClose={list ? close : () => go({ kind: 'list' })} keys={keys}>
      <div class="band__grid band__grid--2" ref={body}>
        <div>
          <h2 class="band__title">{text.title}</h2>
          <p class="dim">{text.text}</p>
          {face}
        </div>
        <div>
          {step.kind === 'passphrase' ? (
            <NewPassphraseForm
              onCancel={() => go({ kind: 'list' })}
              onDone={(bytes) =>
                void run(text.busy, text.passphraseDone, async () => {
                  await bridge.sendFrame('vault', { type: 'passphrase', bytes });
                  await bridge.request('slots.passphrase', {});
                })
              }
            />
          ) : step.kind === 'passkey' ? (
            <NameForm
              title={text.passkey}
              words={text.passkeyText}
              name=""
              submit={text.passkeyStart}
              onCancel={() => go({ kind: 'list' })}
              onDone={(name) => void run(text.testing, text.passkeyDone, () => enrolPasskey(bridge, 'slots', name, progress))}
            />
          ) : step.kind === 'stored' ? (
            <NameForm
              title={text.stored}
              words={text.storedText}
              name=""
              submit={text.passkeyStart}
              onCancel={() => go({ kind: 'list' })}
              onDone={(name) => void run(text.testing, text.storedDone, () => enrolPasskey(bridge, 'slots', name, progress, { stored: true }))}
            />
          ) : step.kind === 'both' ? (
            <BothForm
              onCancel={() => go({ kind: 'list' })}
              onDone={(name, bytes) => void run(text.testing, text.bothDone, () => enrolPasskey(bridge, 'slots', name, progress, { passphrase: bytes }))}
            />
          ) : step.kind === 'rename' ? (
            <NameForm
              title={text.renameTitle(nameOf(step.slot))}
              words={text.passkeyNameHint}
              name={step.slot.name ?? ''}
              submit={text.renameSet}
              onCancel={() => go({ kind: 'list' })}
              onDone={(name) => void run(text.busy, text.renameDone, () => bridge.request('slots.rename', { slot: step.slot.id, name }))}
            />
          ) : step.kind === 'remove' ? (
            <>
              <h3>{text.removeTitle(nameOf(step.slot))}</h3>
              <p class="dim gap-h">{text.removeText}</p>
              <p class="actions gap-h">
                <Button kind="main" hint="esc" focus onClick={() => go({ kind: 'list' })}>
                  {text.cancel}
                </Button>
                <Button kind="stop" onClick={() => void run(text.busy, text.removeDone, () => bridge.request('slots.remove', { slot: step.slot.id }))}>
                  {text.remove}
                </Button>
              </p>
            </>
          ) : (
            <>
              <Slots listed={listed} confirmed={confirmed} onTest={test} onStep={go} />
              {confirmed ? (
                <p class="actions gap">
                  <Button hint="p" focus onClick={() => go({ kind: 'passphrase' })}>
                    {text.passphrase}
                  </Button>
                  <Button hint="a" onClick={() => go({ kind: 'passkey' })}>
                    {text.passkey}
                  </Button>
                  <Button hint="b" onClick={() => go({ kind: 'both' })}>
                    {text.both}
                  </Button>
                  {listed?.stored ? (
                    <Button hint="w" onClick={() => go({ kind: 'stored' })}>
                      {text.stored}
                    </Button>
                  ) : null}
                  <Button kind="main" hint="esc" onClick={close}>
                    {text.close}
                  </Button>
                </p>
              ) : (
                // Whoever sits down at an open session does not change what opens it.
                <Prove
                  id="confirm"
                  words={text.confirm.text}
                  label={messages.prove.field}
                  submit={text.confirm.byPassphrase}
                  busy={busy !== ''}
                  onPassphrase={(bytes) => (has('passphrase-key') && !has('passphrase') ? withKey(bytes) : void confirm(bytes))}
                  onPasskey={has('passkey') || has('passkey-store') ? () => void run(text.testing, text.confirm.done, () => touched(), true) : undefined}
                  onBoth={has('passphrase-key') && has('passphrase') ? withKey : undefined}
                >
                  <Button kind="quiet" hint="esc" onClick={close}>
                    {text.close}
                  </Button>
                </Prove>
              )}
              <p class="faint gap-h">{text.codes}</p>
            </>
          )}
        </div>
      </div>
    </Band>
  );
}

interface SlotsProps {
  readonly listed: Listed | undefined;
  readonly confirmed: boolean;
  readonly onTest: (slot: Slot) => void;
  readonly onStep: (step: Step) => void;
}

/** The slots, with what can be done to each; and what is advised. */
function Slots({ listed, confirmed, onTest, onStep }: SlotsProps): JSX.Element {
  if (!listed) return <p class="dim">{text.loading}</p>;
  return (
    <>
      <Wide label={text.title}>
        <table class="t">
          <Columns names={text.columns} />
          <tbody>
            {listed.slots.map((slot) => (
              <tr key={slot.id}>
                <td>{text.kinds[slot.kind]}</td>
                <td>{slot.name ?? ''}</td>
                <td class="slots__acts">
                  {slot.kind === 'passkey' || slot.kind === 'passkey-store' ? <Act what={text.test} slot={slot} onClick={() => onTest(slot)} /> : null}
                  {slot.kind !== 'passphrase' && slot.kind !== 'recovery-code' && confirmed ? (
                    <Act what={text.rename} slot={slot} onClick={() => onStep({ kind: 'rename', slot })} />
                  ) : null}
                  {confirmed ? <Act what={text.remove} slot={slot} onClick={() => onStep({ kind: 'remove', slot })} /> : null}
                </td>
                <SlotCells slot={slot} />
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {listed.notes.map((note) => (
        <p class="gap-h" key={note}>
          <Mark kind="note" />
          {note}
        </p>
      ))}
      {listed.changes.length > 0 ? (
        <section class="gap-h" aria-label={text.changed}>
          <h3 class="faint">{text.changed}</h3>
          <ol class="dim">
            {listed.changes.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ol>
        </section>
      ) : null}
    </>
  );
}

/** A button in a row of the table: its name says which row. */
function Act({ what, slot, onClick }: { readonly what: string; readonly slot: Slot; readonly onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="btn btn--quiet" aria-label={text.of(what, nameOf(slot))} onClick={onClick}>
      {what}
    </button>
  );
}

function NewPassphraseForm({ onDone, onCancel }: { readonly onDone: (bytes: Uint8Array) => void; readonly onCancel: () => void }): JSX.Element {
  const { fields, show, next } = useNewPassphrase({ name: model.status.value?.person ?? '' }, onDone);
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        void next();
      }}
    >
      <h3>{text.passphrase}</h3>
      <p class="dim gap-h">{text.passphraseText}</p>
      {fields}
      <StepActions go={text.passphraseSet} cancel={text.cancel} onCancel={onCancel}>
        {show}
      </StepActions>
    </form>
  );
}

/** A key's name, and the passphrase that opens with it and with nothing else. */
function BothForm({ onDone, onCancel }: { readonly onDone: (name: string, bytes: Uint8Array) => void; readonly onCancel: () => void }): JSX.Element {
  const name = useRef<HTMLInputElement>(null);
  const { fields, show, next } = useNewPassphrase({ name: model.status.value?.person ?? '' }, (bytes) => onDone(name.current!.value.trim(), bytes));
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        void next();
      }}
    >
      <h3>{text.both}</h3>
      <p class="dim gap-h">{text.bothText}</p>
      {fields}
      <TextField id="slot-name" label={text.passkeyName} input={name} maxLength={mostTyped.name} />
      <StepActions go={text.passkeyStart} cancel={text.cancel} onCancel={onCancel}>
        {show}
      </StepActions>
    </form>
  );
}

interface NameFormProps {
  readonly title: string;
  readonly words: string;
  readonly name: string;
  readonly submit: string;
  readonly onDone: (name: string) => void;
  readonly onCancel: () => void;
}

function NameForm({ title, words, name, submit, onDone, onCancel }: NameFormProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        onDone(field.current!.value.trim());
      }}
    >
      <h3>{title}</h3>
      <p class="dim gap-h">{words}</p>
      <Field id="slot-name" label={text.passkeyName}>
        <input id="slot-name" ref={field} class="input" data-focus="" autocomplete="off" spellcheck={false} maxLength={mostTyped.name} defaultValue={name} />
      </Field>
      <StepActions go={submit} cancel={text.cancel} onCancel={onCancel} />
    </form>
  );
}
