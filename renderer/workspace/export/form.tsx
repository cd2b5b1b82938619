/** What an export asks for: what it is for and for whom, which part, what is withheld, in which form, and where it goes. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { exportForms, givenReasons, givenReasonWords, recogniserKinds } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import { FaultLine, TextField } from '../../shared/parts.tsx';
import { redactsOthers, redactsOwn, type Asked, type AskedField, type Exporting } from './exporting.ts';
import { mostTyped } from '../../../src/types/most-typed.ts';

const text = messages.export;

export function ExportForm({ exporting }: { readonly exporting: Exporting }): JSX.Element {
  const asked = exporting.asked.value;
  const fault = exporting.fault.value;
  const root = useRef<HTMLFormElement>(null);
  const isFixed = exporting.step.value !== 'ask';
  useLayoutEffect(() => {
    // The field that something is wrong with is where it goes on, at once: the next key is meant for it.
    if (fault) root.current!.querySelector<HTMLElement>(`#export-${fault.field}`)?.focus();
  }, [fault]);
  const field = (name: Extract<AskedField, keyof Asked>, hint: string, maxLength: number): JSX.Element => (
    <TextField
      id={`export-${name}`}
      label={text.fields[name]}
      hint={hint}
      error={fault?.field === name ? fault.words : undefined}
      text={asked[name] as string}
      onInput={(typed) => exporting.change({ [name]: typed })}
      maxLength={maxLength}
      readOnly={isFixed}
      focus={!isFixed && name === (fault?.field ?? 'purpose')}
    />
  );
  return (
    <form
      ref={root}
      class="export__form"
      onSubmit={(event) => {
        event.preventDefault();
        void exporting.plan();
      }}
    >
      {field('purpose', text.purposeHint, mostTyped.disclosure)}
      {field('recipient', text.recipientHint, mostTyped.disclosure)}
      {exporting.isOthers ? (
        <>
          <Choice
            id="export-why"
            label={text.fields.reason}
            value={asked.reason}
            words={givenReasonWords}
            options={givenReasons}
            disabled={isFixed}
            onChange={(reason) => exporting.change({ reason })}
          />
          {field('auditKey', text.auditKeyHint, 4096)}
        </>
      ) : null}
      <div class="export__pair">
        {field('from', text.fromHint, 20)}
        {field('to', text.toHint, 20)}
      </div>
      <div class="export__pair">
        <Choice
          id="export-form"
          label={text.fields.form}
          value={asked.form}
          words={text.forms}
          options={exportForms}
          disabled={isFixed}
          onChange={(form) => exporting.change({ form })}
        />
        <Choice
          id="export-redact"
          label={text.fields.redact}
          value={asked.redact}
          words={text.redacts}
          options={exporting.isOthers ? redactsOthers : redactsOwn}
          disabled={isFixed}
          onChange={(redact) => exporting.change({ redact })}
        />
      </div>
      <FaultLine error={fault?.field === 'redact' ? fault.words : undefined} />
      {asked.redact === 'chosen' ? (
        <fieldset class="export__kinds" id="export-kinds" tabIndex={-1} disabled={isFixed}>
          <legend class="faint">{text.kinds}</legend>
          {recogniserKinds.map((kind) => (
            <label key={kind}>
              <input
                type="checkbox"
                checked={asked.kinds.includes(kind)}
                onChange={(event) =>
                  exporting.change({ kinds: event.currentTarget.checked ? [...asked.kinds, kind] : asked.kinds.filter((one) => one !== kind) })
                }
              />
              {kind}
            </label>
          ))}
          <FaultLine error={fault?.field === 'kinds' ? fault.words : undefined} />
        </fieldset>
      ) : null}
      {asked.form === 'sealed' ? field('keyFile', text.keyFileHint, 4096) : null}
      {field('path', text.pathHint[asked.form], 1000)}
      <p class="faint">{text.means[asked.form]}</p>
      {/* Return in a field is the button of the last column. */}
      <button type="submit" class="vh" tabIndex={-1} aria-hidden="true" />
    </form>
  );
}

interface ChoiceProps<T extends string> {
  readonly id: string;
  readonly label: string;
  readonly value: T;
  readonly options: readonly T[];
  readonly words: Readonly<Record<T, string>>;
  readonly disabled: boolean;
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ id, label, value, options, words, disabled, onChange }: ChoiceProps<T>): JSX.Element {
  return (
    <div class="field">
      <label class="faint" for={id}>
        {label}
      </label>
      <select
        id={id}
        class="input"
        value={value}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options.find((one) => one === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {options.map((one) => (
          <option key={one} value={one}>
            {words[one]}
          </option>
        ))}
      </select>
    </div>
  );
}
