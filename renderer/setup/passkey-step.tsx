/** Enrolling a passkey in the first run. What was tested stands in a table. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import type { Bridge } from '../shared/bridge.ts';
import { enrolPasskey, type EnrolTest } from '../shared/enrol-passkey.ts';
import { failureWords } from '../shared/failure.ts';
import { messages } from '../shared/messages.ts';
import { Button, Columns, FaultLine, Mark, type MarkKind } from '../shared/parts.tsx';
import { say } from '../shared/say.ts';
import { StepHead } from './step-parts.tsx';

const text = messages.setup.passkey;

export interface EnrolledSlot {
  readonly slot: string;
}

type Results = Readonly<Partial<Record<EnrolTest, boolean>>>;

interface PasskeyProps {
  readonly bridge: Bridge;
  readonly created: Output<'setup.create'>;
  /** Said before it is tried: what cannot work in this window. */
  readonly limit: string | null;
  /** Undefined when it was skipped. */
  readonly onDone: (proof: EnrolledSlot | undefined) => void;
}

export function Passkey({ bridge, created, limit, onDone }: PasskeyProps): JSX.Element {
  const [touch, setTouch] = useState<number | undefined>(undefined);
  const [results, setResults] = useState<Results>({});
  const [error, setError] = useState('');
  const [proof, setProof] = useState<EnrolledSlot | undefined>(undefined);
  const tried = Object.keys(results).length > 0;
  const actions = useRef<HTMLParagraphElement>(null);
  // The button that had the focus is gone when the passkey is proven: Enter goes on with the one in its place.
  useLayoutEffect(() => {
    if (proof) actions.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
  }, [proof]);

  const ask = (which: number): void => {
    setTouch(which);
    say(text.touch[which]!);
  };

  const enrol = async (): Promise<void> => {
    if (touch !== undefined) return;
    setError('');
    setResults({});
    let found: Results = {};
    const learned = (test: EnrolTest, good: boolean): void => setResults((found = { ...found, [test]: good }));
    try {
      setProof({ slot: await enrolPasskey(bridge, 'setup', text.label, { touch: ask, learned }) });
    } catch (reason) {
      setError(failureWords(reason, text.cancelled));
    } finally {
      setTouch(undefined);
    }
  };

  return (
    <>
      <StepHead heading={text.heading}>{text.text}</StepHead>
      {limit && !proof ? (
        <p class="gap-h measure">
          <Mark kind="warn" />
          {limit}
        </p>
      ) : null}
      {tried || proof ? <Tests results={results} /> : null}
      <FaultLine error={error} gap />
      <p class="actions gap-h" ref={actions}>
        {proof ? (
          <Button kind="main" hint="enter" focus onClick={() => onDone(proof)} key="next">
            {messages.setup.next}
          </Button>
        ) : (
          <>
            <Button kind="main" hint="enter" focus disabled={touch !== undefined} onClick={() => void enrol()} key="enrol">
              {touch === undefined ? (error ? text.again : text.start) : text.touch[touch]}
            </Button>
            <Button disabled={touch !== undefined} onClick={() => onDone(undefined)} key="skip">
              {text.skip}
            </Button>
          </>
        )}
      </p>
      {proof ? null : <p class="dim gap measure">{text.skipText}</p>}
      <div class="gap saved">
        <p class="measure">
          <Mark kind="warn" />
          {messages.setup.saved.warning}
        </p>
        <dl class="kv gap-h">
          <dt>{messages.setup.saved.path}</dt>
          <dd>{created.auditKeyPath}</dd>
          <dt>{messages.setup.saved.kid}</dt>
          <dd>{created.auditKid}</dd>
        </dl>
      </div>
    </>
  );
}

function Tests({ results }: { readonly results: Results }): JSX.Element {
  const mark = (test: string): readonly [MarkKind, string] => {
    if (test === 'second') return ['none', text.tests['second']![1]];
    const result = results[test as EnrolTest];
    if (result === undefined) return ['wait', text.waiting];
    return result ? ['ok', text.tests[test]![1]] : ['stop', text.failedWord];
  };
  return (
    <table class="t t--airy gap firstrun__t">
      <Columns names={text.columns} />
      <tbody>
        {Object.entries(text.tests).map(([test, [name, , meaning]]) => {
          const [kind, word] = mark(test);
          return (
            <tr key={test}>
              <td>{name}</td>
              <td>
                <Mark kind={kind} />
                {word}
              </td>
              <td class="wide dim">{meaning}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
