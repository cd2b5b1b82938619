/** The question about an export, its progress and its result. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { Refused } from '../../shared/bridge.ts';
import { messages } from '../../shared/messages.ts';
import { Band, Button, Mark, TextField } from '../../shared/parts.tsx';
import { count } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import { band } from './band.tsx';
import { close, titleOf } from './parts.tsx';

export const exportQuestion = band('export', { pane: true }, Export);

type ExportResult = Output<'export.start'>;
type Verdict = Output<'export.verify'>;

const text = messages.export;

function Export({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const { number, title } = titleOf(pane);
  const [phase, setPhase] = useState<'ask' | 'sure' | 'busy' | ExportResult>('ask');
  const [error, setError] = useState('');
  const [target, setTarget] = useState('');
  const open = useRef(true);
  useEffect(() => () => void (open.current = false), []);
  /** Return leads to the question, and not into the clear. */
  const next = (): void => {
    const named = target.trim() !== '';
    setError(named ? '' : text.noFolder);
    if (named) setPhase('sure');
  };
  const start = async (): Promise<void> => {
    if (phase !== 'sure') return;
    setPhase('busy');
    try {
      const result = await controller.bridge.request('export.start', { pane, folder: target.trim() });
      // Who left the band in the meantime still hears where the bundle is.
      if (open.current) setPhase(result);
      else controller.notices.toast('ok', text.doneTitle, result.folder);
    } catch (reason) {
      const why = reason instanceof Refused ? reason.message : messages.bridge.failed;
      if (!open.current) return void controller.notices.toast('stop', why);
      setError(why);
      setPhase('ask');
    }
  };
  const done = typeof phase === 'object' ? phase : undefined;
  const [verdict, setVerdict] = useState<Verdict | 'busy' | undefined>(undefined);
  const verify = async (bundle: string): Promise<void> => {
    if (verdict === 'busy') return;
    setVerdict('busy');
    try {
      setVerdict(await controller.bridge.request('export.verify', { folder: bundle }));
    } catch (reason) {
      setVerdict({ good: false, sentence: reason instanceof Refused ? reason.message : messages.bridge.failed, notes: [] });
    }
  };
  const show = async (bundle: string): Promise<void> => {
    await controller.bridge.request('export.show', { folder: bundle }).catch((reason: unknown) => {
      controller.notices.toast('nothing', reason instanceof Refused ? reason.message : messages.bridge.failed);
    });
  };
  const keys: Readonly<Record<string, () => void>> = done
    ? { v: () => void verify(done.folder), o: () => void show(done.folder), c: () => controller.copying.copied(pane, done.folder) }
    : { y: () => void start() };
  return (
    <Band label={text.label} onClose={close} keys={keys} {...(phase === 'sure' ? { level: 'warn' } : {})} key={typeof phase === 'object' ? 'done' : phase}>
      <div class="band__grid">
        <div>
          <h2 class="band__title">{done ? text.doneTitle : text.title}</h2>
          <p class="dim gap-h">{text.what(number, title)}</p>
          <p class="faint gap-h">{text.limit}</p>
        </div>
        {done ? (
          <Done result={done} verdict={verdict} />
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              next();
            }}
          >
            <TextField
              id="export-folder"
              label={text.folder}
              hint={text.folderHint}
              error={error || undefined}
              text={target}
              onInput={setTarget}
              maxLength={1000}
              readOnly={phase !== 'ask'}
              focus={phase === 'ask'}
            />
            <p class="faint gap-h">{text.signs}</p>
            <dl class="kv">
              {text.rows.map(([name, value]) => (
                <>
                  <dt key={`${name}-t`}>{name}</dt>
                  <dd key={name} class="dim">
                    {value}
                  </dd>
                </>
              ))}
            </dl>
          </form>
        )}
        <div class="actions actions--col">
          {done ? (
            <>
              <Button kind="main" hint="esc" focus onClick={close}>
                {text.close}
              </Button>
              <Button hint="v" disabled={verdict === 'busy'} onClick={() => void verify(done.folder)}>
                {verdict === 'busy' ? text.verifying : text.verifyNow}
              </Button>
              <Button hint="o" onClick={() => void show(done.folder)}>
                {text.openFolder}
              </Button>
              <Button hint="c" onClick={() => controller.copying.copied(pane, done.folder)}>
                {text.copyPath}
              </Button>
            </>
          ) : (
            <>
              {phase === 'ask' ? (
                <Button kind="main" hint="enter" onClick={next}>
                  {text.next}
                </Button>
              ) : null}
              {phase === 'sure' ? (
                <p role="alert" class="warn">
                  <Mark kind="warn" />
                  {text.sure}
                </p>
              ) : null}
              <Button kind={phase === 'ask' ? 'quiet' : 'main'} hint="esc" focus={phase !== 'ask'} onClick={close}>
                {phase === 'busy' ? text.leave : text.cancel}
              </Button>
              {phase === 'sure' ? (
                <Button hint="y" onClick={() => void start()}>
                  {text.start}
                </Button>
              ) : null}
              {phase === 'busy' ? (
                <div role="status">
                  <p>{text.busy}</p>
                  <progress class="bar gap-h" aria-label={text.busy} />
                  <p class="dim gap-h">{text.busyHint}</p>
                </div>
              ) : null}
            </>
          )}
        </div>
      </div>
    </Band>
  );
}

/** Where the bundle is, and what is known of it: nothing, until somebody has verified it. */
function Done({ result, verdict }: { readonly result: ExportResult; readonly verdict: Verdict | 'busy' | undefined }): JSX.Element {
  return (
    <div>
      <dl class="kv">
        <dt>{text.doneFolder}</dt>
        <dd>{result.folder}</dd>
        <dt>{text.doneRecords}</dt>
        <dd>{count(result.records)}</dd>
        <dt>{text.doneWithheld}</dt>
        <dd>{count(result.withheld)}</dd>
        <dt>{text.doneList}</dt>
        <dd>{result.list}</dd>
        <dt>{text.doneSha}</dt>
        <dd>{result.sha256}</dd>
      </dl>
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
      <p class="dim gap-h">{text.doneHint}</p>
    </div>
  );
}
