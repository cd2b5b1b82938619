/** Where this workstation is weaker than the strict profile, and its self-test: the worst first, what was seen, and what to do. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Button, Mark, type MarkKind } from '../../shared/parts.tsx';
import { moment } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import { band } from './band.tsx';
import { close, Leave } from './parts.tsx';
import { refusalWords } from '../../shared/refusal-words.ts';

export const postureBand = band('posture', {}, Posture);

const text = messages.posture;

type Looked = Output<'posture.look'>;
type Level = Looked['rows'][number]['level'];
type Tested = Output<'selftest.run'>;
type Outcome = Tested['controls'][number]['outcome'];

const levels: readonly Level[] = ['stop', 'weaker', 'unseen'];
const outcomes: readonly Outcome[] = ['fails', 'not-shown', 'holds'];
const marks: Readonly<Record<Level | Outcome, MarkKind>> = { stop: 'stop', weaker: 'warn', unseen: 'none', fails: 'stop', 'not-shown': 'none', holds: 'ok' };

function Posture({ controller }: { readonly controller: Controller }): JSX.Element {
  const [looked, setLooked] = useState<Looked | string | undefined>(undefined);
  const [tested, setTested] = useState<Tested | string | 'busy' | undefined>(undefined);
  const look = async (): Promise<void> => {
    setLooked(await controller.bridge.request('posture.look', {}).catch(refusalWords));
  };
  const run = async (): Promise<void> => {
    if (tested === 'busy') return;
    setTested('busy');
    setTested(await controller.bridge.request('selftest.run', {}).catch(refusalWords));
    await look();
  };
  useEffect(() => void look(), []);
  const selfTest = useRef<HTMLElement>(null);
  // Whoever runs it reads the top of a long page, and hears of it below.
  useLayoutEffect(() => {
    if (tested !== undefined) selfTest.current!.scrollIntoView({ block: 'start' });
  }, [tested]);
  return (
    <Band label={text.label} onClose={close} keys={{ q: close, r: () => void run() }} class="band--help">
      <BandTitle>{text.label}</BandTitle>
      <p class="dim">{text.limit}</p>
      <section aria-label={text.posture} class="gap">
        {looked === undefined ? <p class="dim">{text.looking}</p> : null}
        {typeof looked === 'string' ? <Trouble sentence={looked} /> : null}
        {typeof looked === 'object' ? <Rows looked={looked} /> : null}
      </section>
      <section aria-label={text.selfTest} class="gap" ref={selfTest}>
        <h3>{text.selfTest}</h3>
        {tested === undefined && typeof looked === 'object' ? (
          <p class="dim gap-h">{text.last(looked.selfTest && { ...looked.selfTest, time: moment(new Date(looked.selfTest.time)) })}</p>
        ) : null}
        <p role="status" class="gap-h">
          <Said tested={tested} />
        </p>
        {typeof tested === 'object' ? <Controls tested={tested} /> : null}
      </section>
      <p class="actions gap">
        <Leave />
        <Button hint="r" disabled={tested === 'busy'} onClick={() => void run()}>
          {text.run}
        </Button>
      </p>
    </Band>
  );
}

/** In the dialog itself: a screen reader hears nothing that stands behind it. */
function Said({ tested }: { readonly tested: Tested | string | undefined }): JSX.Element | null {
  if (tested === undefined) return null;
  if (typeof tested === 'object') {
    const failed = tested.controls.filter(({ outcome }) => outcome === 'fails').length;
    return (
      <>
        <Mark kind={failed === 0 ? 'ok' : 'stop'} />
        {text.result(tested.controls.length, failed)}
      </>
    );
  }
  return (
    <>
      <Mark kind={tested === 'busy' ? 'wait' : 'stop'} />
      {tested === 'busy' ? text.busy : tested}
    </>
  );
}

function Trouble({ sentence }: { readonly sentence: string }): JSX.Element {
  return (
    <p class="gap-h">
      <Mark kind="stop" />
      {sentence}
    </p>
  );
}

function Rows({ looked: { rows } }: { readonly looked: Looked }): JSX.Element {
  return (
    <>
      {levels.map((level) => {
        const found = rows.filter((row) => row.level === level);
        if (found.length === 0) return null;
        return (
          <section key={level} class="gap-h">
            <h3>{text.levels[level](found.length)}</h3>
            <ol class="log checks gap-h">
              {found.map(({ name, title, value, strict, advice, safeguard }) => (
                <li key={name}>
                  <Mark kind={marks[level]} />
                  <div>
                    <p>
                      <b>{title}</b>: {value} <span class="faint">{safeguard}</span>
                    </p>
                    <p class="dim">{text.strict(strict)}</p>
                    <p>{advice}</p>
                  </div>
                </li>
              ))}
            </ol>
          </section>
        );
      })}
    </>
  );
}

function Controls({ tested: { controls, sha256, time } }: { readonly tested: Tested }): JSX.Element {
  return (
    <>
      {outcomes.map((outcome) => {
        const found = controls.filter((row) => row.outcome === outcome);
        if (found.length === 0) return null;
        return (
          <section key={outcome} class="gap-h">
            <h4>{text.outcomes[outcome](found.length)}</h4>
            <ol class="log checks gap-h">
              {found.map(({ name, title, seen, limit, safeguard }) => (
                <li key={name}>
                  <Mark kind={marks[outcome]} />
                  <div>
                    <p>
                      <b>{title}</b>: {seen} <span class="faint">{safeguard}</span>
                    </p>
                    <p class="dim">{limit}</p>
                  </div>
                </li>
              ))}
            </ol>
          </section>
        );
      })}
      <p class="dim gap-h">{text.signed(moment(new Date(time)), sha256)}</p>
    </>
  );
}
