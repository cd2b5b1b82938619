/** The steps of an export: what is asked, what was found, hit by hit, and what came of it. The same wherever it was begun. */
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { messages } from '../../shared/messages.ts';
import { Band, Button, Mark } from '../../shared/parts.tsx';
import { count, size } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { Exporting, type ExportOf } from './exporting.ts';
import { ExportForm } from './form.tsx';
import { Places } from './places.tsx';

const text = messages.export;

interface Props {
  readonly controller: Controller;
  readonly of: ExportOf;
  /** What it is of, as a sentence. */
  readonly what: string;
  readonly onClose: () => void;
}

export function ExportSteps({ controller, of, what, onClose }: Props): JSX.Element {
  const exporting = useMemo(() => new Exporting(controller.bridge, of), []);
  const { copying, notices } = controller;
  useEffect(() => {
    const release = controller.onReview((frame) => exporting.receive(frame));
    return () => {
      exporting.leave();
      release();
    };
  }, []);
  const step = exporting.step.value;
  const made = exporting.made.value;
  const sealedOrFile = exporting.asked.value.form !== 'evidence';
  const start = (): void => void exporting.make((level, words, path) => notices.toast(level, words, path));
  const show = (): void => void exporting.show().then((why) => why !== undefined && notices.toast('nothing', why));
  const copy = (): void => void (made && copying.copied('pane' in of ? of.pane : model.activePane.value?.pane, made.path));
  const keys: Readonly<Record<string, () => void>> =
    step === 'done' ? { ...(sealedOrFile ? {} : { v: () => void exporting.verify() }), o: show, c: copy } : step === 'look' ? { y: start } : {};
  return (
    <Band label={text.label} onClose={onClose} keys={keys} class="band--export" {...(step === 'look' ? { level: 'warn' } : {})} key={step}>
      <div class={`band__grid${step === 'look' ? ' band__grid--places' : ''}`}>
        <div>
          <h2 class="band__title">{step === 'done' ? text.doneTitle[exporting.asked.value.form] : text.title}</h2>
          <p class="dim gap-h">{what}</p>
          {step === 'look' || step === 'making' ? <Holds exporting={exporting} /> : <p class="faint gap-h">{text.limit}</p>}
        </div>
        {step === 'done' ? <Done exporting={exporting} /> : step === 'look' ? <Places exporting={exporting} /> : <ExportForm exporting={exporting} />}
        <div class="actions actions--col">
          {step === 'ask' ? (
            <Button kind="main" hint="enter" onClick={() => void exporting.plan()}>
              {text.next}
            </Button>
          ) : null}
          {step === 'look' ? (
            <p role="alert" class="warn">
              <Mark kind="warn" />
              {exporting.withheld.value === 0 ? `${text.nothingWithheld} ` : ''}
              {text.sure[exporting.asked.value.form]}
            </p>
          ) : null}
          <Button kind={step === 'ask' ? 'quiet' : 'main'} hint="esc" focus={step !== 'ask'} onClick={onClose}>
            {step === 'making' ? text.leave : step === 'done' ? text.close : text.cancel}
          </Button>
          {step === 'look' ? (
            <>
              <Button hint="y" onClick={start}>
                {text.start}
              </Button>
              <Button kind="quiet" onClick={() => exporting.back()}>
                {text.back}
              </Button>
            </>
          ) : null}
          {step === 'done' ? (
            <>
              {sealedOrFile ? null : (
                <Button hint="v" disabled={exporting.verdict.value === 'busy'} onClick={() => void exporting.verify()}>
                  {exporting.verdict.value === 'busy' ? text.verifying : text.verifyNow}
                </Button>
              )}
              <Button hint="o" onClick={show}>
                {text.openFolder}
              </Button>
              <Button hint="c" onClick={copy}>
                {text.copyPath}
              </Button>
            </>
          ) : null}
          {step === 'planning' || step === 'making' ? (
            <div role="status">
              <p>{step === 'planning' ? text.planning : text.busy}</p>
              <progress class="bar gap-h" aria-label={step === 'planning' ? text.planning : text.busy} />
              <p class="dim gap-h">{step === 'planning' ? text.planningHint : text.busyHint}</p>
            </div>
          ) : null}
        </div>
      </div>
    </Band>
  );
}

/** What it would hold. */
function Holds({ exporting }: { readonly exporting: Exporting }): JSX.Element | null {
  const planned = exporting.planned.value;
  const { purpose, recipient, form } = exporting.asked.value;
  if (!planned) return null;
  const released = exporting.released.value.size;
  return (
    <dl class="kv gap-h">
      <dt>{text.holds.to}</dt>
      <dd>{recipient}</dd>
      <dt>{text.holds.purpose}</dt>
      <dd>{purpose}</dd>
      <dt>{text.holds.clear}</dt>
      <dd>{text.holds.pieces(count(planned.clearPieces), size(planned.clearBytes))}</dd>
      <dt>{text.holds.withheld}</dt>
      <dd>{text.holds.found(exporting.withheld.value === 0 ? undefined : count(exporting.withheld.value), planned.recognisers)}</dd>
      {released > 0 ? (
        <>
          <dt>{text.holds.released}</dt>
          <dd>{count(released)}</dd>
        </>
      ) : null}
      {planned.notRequested > 0 ? (
        <>
          <dt>{text.holds.outside}</dt>
          <dd>{count(planned.notRequested)}</dd>
        </>
      ) : null}
      <dt>{text.holds.size}</dt>
      <dd>{text.holds.about(size(form === 'evidence' || form === 'sealed' ? planned.aboutBytes : planned.clearBytes))}</dd>
    </dl>
  );
}

/** Where it is, and what is known of it: nothing, until somebody has verified it. */
function Done({ exporting }: { readonly exporting: Exporting }): JSX.Element | null {
  const made = exporting.made.value;
  const { form } = exporting.asked.value;
  const verdict = exporting.verdict.value;
  if (!made) return null;
  return (
    <div>
      <dl class="kv">
        <dt>{text.donePath[form]}</dt>
        <dd>{made.path}</dd>
        <dt>{text.doneRecords}</dt>
        <dd>{count(made.records)}</dd>
        <dt>{text.doneWithheld}</dt>
        <dd>{text.doneParts(made.withheld === 0 ? undefined : count(made.withheld), made.released === 0 ? undefined : count(made.released))}</dd>
        {form === 'sealed' ? null : (
          <>
            <dt>{text.doneList}</dt>
            <dd>{made.list}</dd>
          </>
        )}
        <dt>{form === 'evidence' || form === 'sealed' ? text.doneSha : text.doneFileSha}</dt>
        <dd>{made.sha256}</dd>
      </dl>
      {form === 'evidence' ? (
        <div role="status" class="gap-h">
          {typeof verdict === 'object' ? (
            <p>
              <Mark kind={verdict.good ? 'ok' : 'stop'} />
              {verdict.sentence}
            </p>
          ) : (
            <p class="dim">
              <Mark kind={verdict === 'busy' ? 'wait' : 'none'} />
              {verdict === 'busy' ? text.verifying : text.notVerified}
            </p>
          )}
        </div>
      ) : null}
      <p class="dim gap-h">{text.doneHint[form]}</p>
    </div>
  );
}
