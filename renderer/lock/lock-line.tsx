/** The first row of the lock page, whose it is, and the bottom row: what is not as it should be, which policy is in force, and how the page looks. */
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { classWords } from '../../src/types/words.ts';
import type { Bridge } from '../shared/bridge.ts';
import { DisplaySettings } from '../shared/display-settings.tsx';
import { messages } from '../shared/messages.ts';
import { Mark } from '../shared/parts.tsx';
import { left } from '../shared/text.ts';
import { closedWords, ClosedWord } from './stopped.tsx';

const text = messages.lock;

export function LockHead({ facts }: Pick<LockLineProps, 'facts'>): JSX.Element {
  return (
    <header class="poster__head">
      <p class="strong">{messages.product}</p>
      <p class="poster__org">{facts?.banner}</p>
      <p class="poster__ws">
        <span class="faint">{text.workstation}</span> {facts?.workstation}
      </p>
    </header>
  );
}

export interface LockLineProps {
  readonly bridge: Bridge;
  readonly facts: Output<'lock.facts'> | undefined;
  /** Seconds until the next try. */
  readonly wait: number;
  /** For whoever cannot get in; undefined while something else stands there. */
  readonly onHelp: (() => void) | undefined;
}

export function LockLine({ bridge, facts, wait, onHelp }: LockLineProps): JSX.Element {
  const closed = closedWords(facts);
  return (
    <footer class="line lockline" aria-label={messages.line.label} data-siren={facts?.emergency.alert ? '' : undefined}>
      {wait > 0 ? <progress class="line__time" max={Math.max(wait, facts?.backOffSeconds ?? wait)} value={wait} data-level="warn" aria-hidden="true" /> : null}
      <div class="line__where">
        {closed ? <ClosedWord line={closed.line} /> : null}
        {facts?.typed && facts.parked > 0 ? (
          <span class="st lockline__flag">
            <span>{text.parked(facts.parked, facts.held)}</span>
          </span>
        ) : null}
        {facts?.flags.map((flag) => (
          <span class="st lockline__flag" data-level="warn" key={flag}>
            <Mark kind="warn" />
            <span>{flag}</span>
          </span>
        ))}
      </div>
      {facts?.policy ? (
        <span class="st dim lockline__policy">{text.policy(facts.policy.version, classWords[facts.policy.class].name, left(facts.policy.idleSeconds))}</span>
      ) : null}
      {onHelp && facts ? (
        <button type="button" class="st lockline__help" onClick={onHelp}>
          {text.help.open}
        </button>
      ) : null}
      <DisplaySettings bridge={bridge} />
    </footer>
  );
}
