/** Which policy is in force, and what policy.json would change. What makes the workstation weaker is agreed to on a page of its own (renderer/guest). */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Button, Columns, Mark, Wide } from '../../shared/parts.tsx';
import { PolicyChanges } from '../../shared/policy-changes.tsx';
import { moment } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import { AskedProof } from './asked.tsx';
import { band } from './band.tsx';
import { useDeeds } from './deeds.tsx';
import { close } from './parts.tsx';

export const policyBand = band('policy', {}, Policy);

const text = messages.policy;

type Looked = Output<'policy.look'>;
type Asked = Output<'people.asked'>;

function Policy({ controller }: { readonly controller: Controller }): JSX.Element {
  const { bridge } = controller;
  const { listed, busy, run, look, clear, face } = useDeeds<Looked>(() => bridge.request('policy.look', {}), messages.people.cancelled);
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const body = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => body.current?.querySelector<HTMLElement>(asked ? '[data-focus]:not(.band__title)' : '.band__title')?.focus(), [asked]);
  const back = (): void => {
    if (busy) return;
    void bridge.request('people.leave', {}).catch(() => {});
    clear();
    setAsked(undefined);
  };
  const { wish } = listed ?? {};
  const sha256 = listed?.may && wish?.why === null ? wish.sha256 : null;
  const ask = (): void => {
    if (sha256 === null) return;
    void run(messages.people.busy, async () => {
      const next = await bridge.request('policy.accept', { sha256 });
      if (next.step !== 'proof') return messages.people.covering;
      setAsked(next);
      return '';
    });
  };
  return (
    <Band label={text.label} onClose={asked ? back : close} keys={asked ? {} : { q: close, a: ask }} class="band--help">
      <div ref={body}>
        <BandTitle>{text.title}</BandTitle>
        {face}
        {asked ? (
          <>
            <PolicyChanges changes={asked.changes} />
            <AskedProof
              asked={asked}
              bridge={bridge}
              busy={busy !== ''}
              own={listed?.own ?? []}
              onCancel={back}
              onProve={(how, words) =>
                void run(words, async () => {
                  const { sentence } = await how();
                  setAsked(undefined);
                  await look();
                  return sentence;
                })
              }
            />
          </>
        ) : (
          <>
            {listed ? <Shown looked={listed} /> : <p class="dim gap">{messages.people.loading}</p>}
            <p class="actions gap">
              {sha256 === null ? null : (
                <Button kind="main" hint="a" onClick={ask}>
                  {text.accept}
                </Button>
              )}
              <Button kind={sha256 === null ? 'main' : 'quiet'} hint="esc" onClick={close}>
                {messages.people.close}
              </Button>
            </p>
          </>
        )}
      </div>
    </Band>
  );
}

function Shown({ looked: { wish, versions, may, who, class: place } }: { readonly looked: Looked }): JSX.Element {
  return (
    <>
      <section class="gap" aria-label={text.wish}>
        <h3>{text.wish}</h3>
        {wish ? (
          <>
            <p class="gap-h measure">
              <Mark kind={wish.sha256 === null || wish.why !== null ? 'stop' : 'warn'} />
              {wish.words}
            </p>
            <PolicyChanges changes={wish.changes} />
            {wish.more > 0 ? <p class="dim">{text.more(wish.more)}</p> : null}
            {wish.sha256 === null ? null : (
              <p class="dim gap-h measure">
                {!may
                  ? text.mayNot(who)
                  : (wish.why ??
                    (wish.second ? text.second(wish.second) : wish.changes.some(({ direction }) => direction === 'weaker') ? text.alone : text.one))}
              </p>
            )}
          </>
        ) : (
          <p class="dim gap-h">{text.noWish}</p>
        )}
      </section>
      <section class="gap" aria-label={text.inForce}>
        <h3>{text.inForce}</h3>
        <p class="dim">{text.place(place)}</p>
        <Wide label={text.inForce}>
          <table class="t">
            <Columns names={text.versionColumns} />
            <tbody>
              {versions.map(({ version, from, by, second, sha256, weaker, rollbackTo }, n) => (
                <tr key={version} aria-current={n === 0 ? 'true' : undefined}>
                  <td>{rollbackTo === null ? version : text.rollback(version, rollbackTo)}</td>
                  <td>{moment(new Date(from))}</td>
                  <td>{second === null ? (by ?? text.firstRun) : text.both(by ?? text.firstRun, second)}</td>
                  <td>{weaker === 0 ? '' : text.weaker(weaker)}</td>
                  <td class="dim">{sha256.slice(0, 16)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      </section>
    </>
  );
}
