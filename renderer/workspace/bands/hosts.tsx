/** Hosts that are opened by SSH: found by typing, and the two pages of a key: one that nobody has pinned, and one that is another than the pinned one. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { comparing, sentBy } from '../../../src/types/host-words.ts';
import { messages } from '../../shared/messages.ts';
import { Band, Button, Mark } from '../../shared/parts.tsx';
import { refusalWords } from '../../shared/refusal-words.ts';
import { moment } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close } from './parts.tsx';

export const hostsBand = band('hosts', {}, Hosts);

const text = messages.hosts;
/** Rows that stand above the line at 1024 x 640. */
const SHOWN = 10;

type Host = Output<'hosts.list'>['hosts'][number];
type Asked = Exclude<Output<'hosts.open'>, { readonly state: 'opened' }>;
type Accepted = { readonly host: string; readonly sha256: string };
type ShownKey = NonNullable<Asked['key']>;

function Hosts({ controller }: { readonly controller: Controller }): JSX.Element {
  const [listed, setListed] = useState<Output<'hosts.list'> | undefined>(undefined);
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState('');
  const [asked, setAsked] = useState<{ readonly name: string; readonly of: Asked } | undefined>(undefined);
  const mine = useRef(model.band.value);
  useEffect(() => {
    controller.bridge.request('hosts.list', {}).then(setListed, (reason: unknown) => setRefused(refusalWords(reason)));
  }, []);
  const open = async (name: string, accepted?: Accepted): Promise<void> => {
    if (busy) return;
    setBusy(name);
    setRefused('');
    try {
      const of = await controller.bridge.request('hosts.open', { name, ...(accepted ? { accepted } : {}) });
      // Whoever has left this page has left the question too.
      if (model.band.value !== mine.current) return;
      if (of.state === 'opened') close();
      else setAsked({ name, of });
    } catch (reason) {
      setAsked(undefined);
      setRefused(refusalWords(reason));
    }
    setBusy('');
  };
  if (asked?.of.state === 'changed') return <Changed asked={asked.of} />;
  if (asked?.of.state === 'new') {
    const { host, key } = asked.of;
    return <NewKey asked={asked.of} busy={busy !== ''} onPin={() => void open(asked.name, { host, sha256: key.sha256 })} />;
  }
  return <Find hosts={listed?.hosts} leftOut={listed?.leftOut ?? 0} refused={refused} busy={busy} onOpen={(name) => void open(name)} />;
}

function Find({
  hosts,
  leftOut,
  refused,
  busy,
  onOpen,
}: {
  readonly hosts: readonly Host[] | undefined;
  readonly leftOut: number;
  readonly refused: string;
  readonly busy: string;
  readonly onOpen: (name: string) => void;
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  useLayoutEffect(() => input.current!.focus(), []);
  const words = typed.trim().toLowerCase();
  const all = hosts ?? [];
  const begins = all.filter(({ name }) => name.toLowerCase().startsWith(words));
  const found = [...begins, ...all.filter((host) => !begins.includes(host) && host.name.toLowerCase().includes(words))];
  const current = Math.min(at, Math.max(0, found.length - 1));
  const first = Math.max(0, Math.min(current - SHOWN + 1, found.length - SHOWN));
  const said = [...(hosts && found.length === 0 ? [all.length === 0 ? text.none : text.noneFits] : []), ...(leftOut > 0 ? [text.leftOut(leftOut)] : [])];
  const choose = (host: Host | undefined): void => {
    if (host) onOpen(host.name);
  };
  return (
    <Band label={text.label} onClose={close} class="band--flush palette">
      <ul role="listbox" class="opts" id="hosts" aria-label={text.label}>
        {found.slice(first, first + SHOWN).map((host, n) => (
          <li
            key={host.name}
            id={`host-${first + n}`}
            role="option"
            aria-selected={first + n === current}
            class={`opt opt--host${first + n === current ? ' is-current' : ''}`}
            onClick={() => choose(host)}
          >
            <span class="opt__name">{host.name}</span>
            <span class="opt__note">{host.sessionClass === null ? '' : <ClassWord name={host.sessionClass} />}</span>
            <span class="opt__note">
              <Mark kind={host.fingerprint === null ? 'none' : 'ok'} />
              {host.pinned === null ? text.neverSeen : text.pinned(moment(new Date(host.pinned)))}
            </span>
            <span class="opt__cmd">{host.file === null ? text.ours : text.from(host.file, host.line ?? 0)}</span>
          </li>
        ))}
      </ul>
      <p class="prompt__refused" id="refused" role="alert">
        {refused ? (
          <>
            <Mark kind="stop" />
            {refused}
          </>
        ) : null}
      </p>
      <p class="prompt__usage" role="status">
        {busy ? text.busy(busy) : said.join(' ')}
      </p>
      <p class="prompt">
        <label for="host-typed">{text.prompt}</label>
        <input
          id="host-typed"
          class="prompt__text"
          ref={input}
          role="combobox"
          aria-expanded="true"
          aria-controls="hosts"
          aria-activedescendant={found.length > 0 ? `host-${current}` : undefined}
          autocomplete="off"
          spellcheck={false}
          maxLength={100}
          onInput={() => {
            setTyped(input.current!.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step && found.length > 0) {
              event.preventDefault();
              setAt((current + step + found.length) % found.length);
            } else if (event.key === 'Enter') {
              event.preventDefault();
              choose(found[current]);
            }
          }}
        />
        <span class="prompt__hint">
          <kbd>↑↓</kbd> {messages.prompt.choose} <kbd>enter</kbd> {text.open} <kbd>esc</kbd> {messages.keys.leave}
        </span>
      </p>
    </Band>
  );
}

function ClassWord({ name }: { readonly name: string }): JSX.Element {
  const { look, label } = model.classOf(name);
  return (
    <span class="seg" data-class={look}>
      <span class="seg__class">{label}</span>
    </span>
  );
}

/** In groups of four, as people read it to each other; the first and the last are the ones that are remembered. */
function Fingerprint({ of }: { readonly of: string }): JSX.Element {
  const groups = of.replace('SHA256:', '').match(/.{1,4}/g) ?? [];
  return (
    <p class="fingerprint">
      {groups.map((group, n) => (
        <>
          {n > 0 ? ' ' : ''}
          {n === 0 || n === groups.length - 1 ? <b>{group}</b> : group}
        </>
      ))}
    </p>
  );
}

function Key({
  of,
  label,
}: {
  readonly of: Pick<ShownKey, 'type' | 'fingerprint'> & { readonly picture?: readonly string[] };
  readonly label: string;
}): JSX.Element {
  return (
    <section aria-label={label}>
      <h3 class="faint">{label}</h3>
      <Fingerprint of={of.fingerprint} />
      {of.picture ? (
        <pre class="picture" aria-hidden="true">
          {of.picture.join('\n')}
        </pre>
      ) : null}
    </section>
  );
}

function NewKey({
  asked,
  busy,
  onPin,
}: {
  readonly asked: Extract<Asked, { readonly state: 'new' }>;
  readonly busy: boolean;
  readonly onPin: () => void;
}): JSX.Element {
  const { host, address, port, jumps, key } = asked;
  const { ask, command } = comparing(host, key.type);
  return (
    <Band label={text.newTitle(host)} level="warn" alert deliberate onClose={close} keys={{ p: onPin, n: close }}>
      <div class="band__grid">
        <div>
          <h2 class="band__title">{text.newTitle(host)}</h2>
          <p>
            {text.newWhat(address, port)} {sentBy(jumps)}
          </p>
          <p class="dim gap-h">{text.once}</p>
        </div>
        <div>
          <Key of={key} label={text.fingerprint(key.type)} />
          <p class="gap-h">{ask}</p>
          <p>
            <code>{command}</code>
          </p>
        </div>
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={close}>
            {text.leave}
          </Button>
          <Button hint="p" disabled={busy} onClick={onPin}>
            {busy ? text.busy(host) : text.pin}
          </Button>
          <p class="dim gap-h">{text.pinMeans}</p>
        </div>
      </div>
    </Band>
  );
}

/** There is nothing to press that goes on. */
function Changed({ asked }: { readonly asked: Extract<Asked, { readonly state: 'changed' }> }): JSX.Element {
  const { host, address, port, jumps, pinned, key } = asked;
  return (
    <Band label={text.changedTitle} level="stop" alert deliberate onClose={close} keys={{ q: close }}>
      <div class="band__grid">
        <div>
          <h2 class="band__title">{text.changedTitle}</h2>
          <p>
            {text.changedWhat(host, address, port)} {sentBy(jumps)}
          </p>
          <p class="gap-h">{text.changedWhy}</p>
        </div>
        <div class="fingerprints">
          <Key of={pinned} label={text.known(pinned.type, moment(new Date(pinned.time)))} />
          {key ? <Key of={key} label={text.offered(key.type)} /> : <p>{text.noKey}</p>}
        </div>
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={close}>
            {text.close}
          </Button>
          <p class="dim gap-h">{text.changedMeans(host)}</p>
        </div>
      </div>
    </Band>
  );
}
