/** What a band that lists something and changes it one thing at a time has in common: what is listed, and how the last deed went. */
import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { failureWords } from '../../shared/failure.ts';
import { Button, FaultLine, Mark } from '../../shared/parts.tsx';
import { say } from '../../shared/say.ts';

export interface Deeds<Listed> {
  /** Undefined until it has come. */
  readonly listed: Listed | undefined;
  /** What is being done now; empty while nothing is. */
  readonly busy: string;
  readonly setBusy: (words: string) => void;
  /** One thing at a time. @param deed gives what is said when it is done. @param failed sees why it did not */
  run(words: string, deed: () => Promise<string>, failed?: (reason: unknown) => void): Promise<void>;
  look(): Promise<void>;
  /** Nothing is said of the last one any more. */
  clear(): void;
  /** How it goes, and how it went. */
  readonly face: JSX.Element;
}

/** @param load asks for what is listed. @param cancelled the sentence for a passkey that was not used */
export function useDeeds<Listed>(load: () => Promise<Listed>, cancelled: string): Deeds<Listed> {
  const [listed, setListed] = useState<Listed | undefined>(undefined);
  const [busy, setBusy] = useState('');
  const [error, setError] = useState('');
  const [done, setDone] = useState('');
  const clear = (): void => {
    setError('');
    setDone('');
  };
  const look = async (): Promise<void> => {
    try {
      setListed(await load());
    } catch (reason) {
      setError(failureWords(reason, cancelled));
    }
  };
  useLayoutEffect(() => void look(), []);
  const run: Deeds<Listed>['run'] = async (words, deed, failed) => {
    if (busy) return;
    setBusy(words);
    clear();
    say(words);
    try {
      const said = await deed();
      setDone(said);
      if (said) say(said);
    } catch (reason) {
      failed?.(reason);
      setError(failureWords(reason, cancelled));
    } finally {
      setBusy('');
    }
  };
  const face = (
    <>
      <div role="status">
        {busy || done ? (
          <p class="gap-h">
            <Mark kind={busy ? 'wait' : 'ok'} />
            {busy || done}
          </p>
        ) : null}
      </div>
      <FaultLine error={error} gap />
    </>
  );
  return { listed, busy, setBusy, run, look, clear, face };
}

interface StepActionsProps {
  /** What Return does. */
  readonly go: string;
  readonly cancel: string;
  readonly onCancel: () => void;
  /** Half a row above it. */
  readonly gap?: boolean;
  readonly children?: ComponentChildren;
}

/** The last row of a step's form: on, or back to the list. */
export function StepActions({ go, cancel, onCancel, gap, children }: StepActionsProps): JSX.Element {
  return (
    <p class={`actions${gap ? ' gap-h' : ''}`}>
      <Button kind="main" submit hint="enter">
        {go}
      </Button>
      <Button kind="quiet" hint="esc" onClick={onCancel}>
        {cancel}
      </Button>
      {children}
    </p>
  );
}
