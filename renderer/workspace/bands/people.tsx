/** Who can open this workstation, and what somebody who may decides about them. What somebody else answers has a page of its own (renderer/guest). */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { stopReasons, type Role, type StopReason } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Button, Columns, FaultLine, Mark, TextField, Wide, type MarkKind } from '../../shared/parts.tsx';
import { moment } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import { AskedProof } from './asked.tsx';
import { band } from './band.tsx';
import { StepActions, useDeeds } from './deeds.tsx';
import { close } from './parts.tsx';
import { HeldShells } from './held-shells.tsx';
import { SlotCells } from './slot-cells.tsx';
import { mostTyped } from '../../../src/types/most-typed.ts';

export const peopleBand = band('people', {}, People);

const text = messages.people;

type Listed = Output<'people.list'>;
type Somebody = Listed['people'][number];
type Asked = Output<'people.asked'>;
type Step =
  | { readonly kind: 'list' | 'enrol' | 'station' }
  | { readonly kind: 'roles' | 'stop' | 'rebind'; readonly who: Somebody }
  | { readonly kind: 'asked'; readonly asked: Asked };

const marks: Readonly<Record<Somebody['state'], MarkKind>> = { active: 'seal', disabled: 'stop', stopped: 'stop', revoked: 'stop', deleted: 'none' };
const nameOf = ({ name, id }: Somebody): string => name ?? id;
const when = (iso: string | null): string => (iso === null ? text.never : moment(new Date(iso)));
/** 2 passkeys, passphrase. */
function slotsText({ slots }: Somebody): string {
  const kinds = messages.slots.kinds;
  const found = ['passkey', 'passphrase-key', 'passkey-store', 'passphrase', 'recovery-code'].flatMap((kind) => {
    const count = slots.filter((slot) => slot.kind === kind).length;
    return count === 0 ? [] : count === 1 ? [kinds[kind]!] : [text.count(count, kinds[kind]!, `${kinds[kind]}s`)];
  });
  return found.join(', ') || text.none;
}

function People({ controller }: { readonly controller: Controller }): JSX.Element {
  const { bridge } = controller;
  const { listed, busy, run: runOne, look, clear, face } = useDeeds<Listed>(() => bridge.request('people.list', {}), text.cancelled);
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [step, setStep] = useState<Step>({ kind: 'list' });
  const body = useRef<HTMLDivElement>(null);
  // A step's first field has the focus; the list begins at its title.
  useLayoutEffect(() => {
    const title = body.current?.querySelector<HTMLElement>('.band__title');
    const [, first] = body.current?.querySelectorAll<HTMLElement>('[data-focus]') ?? [];
    (first ?? title)?.focus();
  }, [step]);

  /** @param deed gives the step that follows, and what is said */
  const run = (words: string, deed: () => Promise<readonly [Step, string]>): Promise<void> =>
    runOne(words, async () => {
      const [next, said] = await deed();
      setStep(next);
      if (next.kind === 'list') await look();
      return said;
    });
  const ask = (request: () => Promise<Asked>): void =>
    void run(text.busy, async () => {
      const asked = await request();
      return asked.step === 'proof' ? ([{ kind: 'asked', asked }, ''] as const) : ([{ kind: 'list' }, text.covering] as const);
    });
  const go = (next: Step): void => {
    if (busy) return;
    if (step.kind === 'asked') void bridge.request('people.leave', {}).catch(() => {});
    clear();
    setStep(next);
  };
  const list = (): void => go({ kind: 'list' });
  const prove = (how: () => Promise<{ readonly sentence: string }>, words: string): void =>
    void run(words, async () => [{ kind: 'list' }, (await how()).sentence] as const);
  const person = listed?.people.find(({ id }) => id === chosen) ?? listed?.people.find(({ you }) => you);

  return (
    <Band
      label={text.label}
      onClose={step.kind === 'list' ? close : list}
      keys={step.kind === 'list' ? { q: close, ...(listed?.may ? { e: () => go({ kind: 'enrol' }) } : {}) } : {}}
      class="band--help"
    >
      <div ref={body}>
        <BandTitle>{text.title}</BandTitle>
        {face}
        {step.kind === 'enrol' ? (
          <RolesForm
            key="enrol"
            title={text.enrolTitle}
            words={text.enrolText}
            named
            roles={listed?.roles ?? []}
            held={['operator']}
            onCancel={list}
            onDone={(roles, name) => ask(() => bridge.request('people.enrol', { name, roles: [...roles] }))}
          />
        ) : step.kind === 'roles' ? (
          <RolesForm
            key="roles"
            title={text.rolesTitle(nameOf(step.who))}
            words={text.twoNote}
            roles={listed?.roles ?? []}
            held={step.who.roles}
            onCancel={list}
            onDone={(roles) => ask(() => bridge.request('people.roles', { id: step.who.id, roles: [...roles] }))}
          />
        ) : step.kind === 'stop' ? (
          <ChoiceForm
            key="stop"
            title={text.stopTitle(nameOf(step.who))}
            words={text.stopText}
            choices={stopChoices}
            onCancel={list}
            onDone={(reason) => ask(() => bridge.request('people.stop', { id: step.who.id, reason }))}
          />
        ) : step.kind === 'rebind' ? (
          <ChoiceForm
            key="rebind"
            title={text.rebindTitle(nameOf(step.who))}
            words={text.rebindText}
            choices={checkChoices}
            onCancel={list}
            onDone={(checked) => ask(() => bridge.request('people.rebind', { id: step.who.id, checked }))}
          />
        ) : step.kind === 'station' ? (
          <ChoiceForm
            key="station"
            title={text.stationTitle}
            words={text.stationText}
            choices={stopChoices}
            onCancel={list}
            onDone={(reason) => ask(() => bridge.request('people.stopStation', { reason }))}
          />
        ) : step.kind === 'asked' ? (
          <AskedProof
            asked={step.asked}
            bridge={bridge}
            busy={busy !== ''}
            own={listed?.people.find(({ you }) => you)?.slots.map(({ kind }) => kind) ?? []}
            onProve={prove}
            onCancel={list}
          />
        ) : (
          <>
            <Rows listed={listed} chosen={person?.id} onChoose={setChosen} />
            {listed && person ? (
              <One
                who={person}
                listed={listed}
                onStep={(kind) => go({ kind, who: person })}
                onAsk={(what) => ask(() => bridge.request(`people.${what}`, { id: person.id }))}
              />
            ) : null}
            <HeldShells bridge={bridge} />
            <p class="actions gap">
              <Button kind="main" hint="esc" onClick={close}>
                {text.close}
              </Button>
              {listed?.may ? (
                <>
                  <Button hint="e" onClick={() => go({ kind: 'enrol' })}>
                    {text.acts.enrol}
                  </Button>
                  <Button onClick={() => go({ kind: 'station' })}>{text.acts.stopStation}</Button>
                </>
              ) : null}
            </p>
          </>
        )}
      </div>
    </Band>
  );
}

function Rows({
  listed,
  chosen,
  onChoose,
}: {
  readonly listed: Listed | undefined;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}): JSX.Element {
  if (!listed) return <p class="dim gap">{text.loading}</p>;
  if (listed.people.length === 0) return <p class="dim gap">{text.nobody}</p>;
  return (
    <Wide label={text.title} gap="gap">
      <table class="t people">
        <Columns names={text.columns} />
        <tbody>
          {listed.people.map((who) => (
            <tr key={who.id} aria-current={who.id === chosen ? 'true' : undefined}>
              <td>
                <button type="button" class="people__name" aria-pressed={who.id === chosen} onClick={() => onChoose(who.id)}>
                  {who.name ?? text.noName}
                </button>
                {who.you ? <span class="dim"> {text.you}</span> : null}
                <span class="faint"> {who.id}</span>
              </td>
              <td>{who.roles.join(', ') || <span class="dim">{text.noRole}</span>}</td>
              <td>{who.fault ? text.notKnown : slotsText(who)}</td>
              <td>{who.fault ? text.notKnown : when(who.lastUnlock)}</td>
              <td>
                <Mark kind={who.fault ? 'warn' : marks[who.state]} />
                {who.fault && who.state === 'active' ? text.changedState : text.states[who.state]}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

type What = 'disable' | 'enable' | 'delete' | 'lift';

/** What opens somebody's keys, and what can be decided about them: or who could. */
function One(props: {
  readonly who: Somebody;
  readonly listed: Listed;
  readonly onStep: (kind: 'roles' | 'stop' | 'rebind') => void;
  readonly onAsk: (what: What) => void;
}): JSX.Element {
  const { who, listed, onStep, onAsk } = props;
  const act = (what: string, run: () => void): JSX.Element => (
    <button type="button" class="btn btn--quiet" aria-label={text.of(what, nameOf(who))} onClick={run}>
      {what}
    </button>
  );
  const { acts } = text;
  const why = !listed.may
    ? text.mayNot(listed.who)
    : who.you
      ? text.yourself(listed.who.filter((each) => !each.includes(who.id)))
      : who.state === 'deleted'
        ? text.gone
        : undefined;
  return (
    <section class="gap people__one" aria-label={nameOf(who)}>
      <h3>{nameOf(who)}</h3>
      {who.fault ? <p class="gap-h measure">{who.fault}</p> : null}
      {who.slots.length > 0 ? (
        <Wide label={text.slotsOf(nameOf(who))}>
          <table class="t">
            <Columns names={text.slotColumns} />
            <tbody>
              {who.slots.map((slot) => (
                <tr key={slot.id}>
                  <td>{messages.slots.kinds[slot.kind]}</td>
                  <td>{slot.name ?? ''}</td>
                  <SlotCells slot={slot} />
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      ) : null}
      {why === undefined ? (
        <>
          <p class="actions gap-h">
            {act(acts.roles, () => onStep('roles'))}
            {who.state === 'active' ? act(acts.stop, () => onStep('stop')) : null}
            {who.state === 'active' ? act(acts.rebind, () => onStep('rebind')) : null}
            {who.state === 'active' ? act(acts.disable, () => onAsk('disable')) : null}
            {who.state === 'disabled' ? act(acts.enable, () => onAsk('enable')) : null}
            {who.state === 'stopped' && !who.yourStop ? act(acts.lift, () => onAsk('lift')) : null}
            {act(acts.delete, () => onAsk('delete'))}
            {who.yourStop ? <span class="dim">{text.yourStop}</span> : null}
          </p>
          <p class="dim gap-h">{text.needs(who.seconds, who.waits === null ? undefined : when(who.waits))}</p>
        </>
      ) : (
        <p class="dim gap-h">{why}</p>
      )}
    </section>
  );
}

interface RolesFormProps {
  readonly title: string;
  readonly words: string;
  /** Asks for a name too. */
  readonly named?: boolean;
  readonly roles: readonly Role[];
  readonly held: readonly Role[];
  readonly onDone: (roles: readonly Role[], name: string) => void;
  readonly onCancel: () => void;
}

function RolesForm({ title, words, named = false, roles, held, onDone, onCancel }: RolesFormProps): JSX.Element {
  const name = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<readonly Role[]>(held);
  const [error, setError] = useState('');
  return (
    <form
      class="gap-h"
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        const given = name.current?.value.trim() ?? '';
        if (named && !given) {
          name.current!.focus();
          return setError(text.nameEmpty);
        }
        onDone(chosen, given);
      }}
    >
      <h3>{title}</h3>
      <p class="dim measure">{words}</p>
      {named ? <TextField id="person-name" label={text.name} error={error} input={name} focus maxLength={mostTyped.name} /> : null}
      <fieldset class="people__roles">
        <legend class="faint">{text.rolesLegend}</legend>
        {roles.map((role, i) => (
          <label key={role}>
            <input
              type="checkbox"
              checked={chosen.includes(role)}
              data-focus={!named && i === 0 ? '' : undefined}
              onChange={() => setChosen(chosen.includes(role) ? chosen.filter((one) => one !== role) : [...chosen, role])}
            />
            {role} <span class="dim">{text.roles[role]}</span>
          </label>
        ))}
      </fieldset>
      <StepActions gap go={text.next} cancel={text.cancel} onCancel={onCancel} />
    </form>
  );
}

interface Choices<Word extends string> {
  readonly legend: string;
  readonly missing: string;
  readonly words: readonly Word[];
  readonly text: (word: Word) => string;
}
const stopChoices: Choices<StopReason> = {
  legend: text.reason,
  missing: messages.breakGlass.noReason,
  words: stopReasons,
  text: (reason) => (reason === 'other' ? text.otherReason : messages.lock.stopped.reasons[reason]),
};
const windowChecks = ['known-to-both', 'staff-badge', 'official-id', 'call-back'] as const;
const checkChoices: Choices<(typeof windowChecks)[number]> = {
  legend: text.checkedLegend,
  missing: text.checkedMissing,
  words: windowChecks,
  text: (word) => text.checks[word],
};

interface ChoiceFormProps<Word extends string> {
  readonly title: string;
  readonly words: string;
  readonly choices: Choices<Word>;
  readonly onDone: (word: Word) => void;
  readonly onCancel: () => void;
}

/** A word of a list, which is in the ledger for ever. None is chosen before. */
function ChoiceForm<Word extends string>({ title, words, choices, onDone, onCancel }: ChoiceFormProps<Word>): JSX.Element {
  const [chosen, setChosen] = useState<Word | undefined>(undefined);
  const [error, setError] = useState('');
  return (
    <form
      class="gap-h"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === undefined) setError(choices.missing);
        else onDone(chosen);
      }}
    >
      <h3>{title}</h3>
      <p class="dim measure">{words}</p>
      <FaultLine error={error} gap />
      <fieldset class="people__roles">
        <legend class="faint">{choices.legend}</legend>
        {choices.words.map((word, i) => (
          <label key={word}>
            <input type="radio" name="choice" checked={chosen === word} data-focus={i === 0 ? '' : undefined} onChange={() => setChosen(word)} />
            {choices.text(word)}
          </label>
        ))}
      </fieldset>
      <StepActions gap go={text.next} cancel={text.cancel} onCancel={onCancel} />
    </form>
  );
}
