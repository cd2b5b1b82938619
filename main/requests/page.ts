/** What every page says: its first message, and that somebody is there. */
import { denialOf, denials, type Grant } from '../../src/access/index.ts';
import type { Person } from '../../src/people/types.ts';
import type { AskedConsent } from '../../src/policy/index.ts';
import { askSentence, auditKeysToAskFor } from '../../src/services/policy/audit-key.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import { ViewRefused } from '../processes/pty-client.ts';
import type { HandlersOf, RequestParts } from './parts.ts';
import { rebuildPanes } from './rebuild.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export function pageRequests(parts: RequestParts): HandlersOf<'hello' | 'activity' | 'consent' | 'reason'> {
  const { gate, windows, vaults, pty, attempts, welcomes, workspace, status, policy, consent, reasons, display, installed, journal, breakGlass, emit } = parts;
  /** The policy's text as the page was shown it, and what follows once the person has accepted it. */
  let waiting: { readonly read: AskedConsent; readonly show: () => Promise<void> } | undefined;
  /** What follows once they have said why. */
  let untilReason: (() => Promise<void>) | undefined;
  /** So many have been said: whoever says it again is another page, as another document is. */
  let hellos = 0;
  /** The document whose panes were rebuilt: ours says hello once, and saying it more often has nothing rebuilt again. */
  let rebuilt: number | undefined;
  /** The pty host asks the identity itself, over our heads: what we say is not asked. */
  async function attach(key: Uint8Array, person: Person, grant: Grant, asking: number, check: () => void): Promise<void> {
    pty.start();
    const vault = vaults.require();
    const attached = await pty
      .attach(
        { publicKey: key, person: person.id, method: grant.method, key: person.encryptionKey, breakGlass: grant.breakGlass, why: reasons.of(person.id) },
        async ({ sealed, publicKey: ours }) => {
          const { proof } = await vault.ask('proveView', { sealed, peer: ours });
          return proof;
        },
      )
      .catch((error: unknown) => {
        // Somebody is in, and cannot show it: nobody knows what that means, so it locks.
        if (asking === windows.document) {
          const reason = error instanceof ViewRefused ? error.reason : 'no-answer';
          journal.log({ action: 'view.refused', person: person.id, detail: { reason } });
          void gate.lock('unknown');
        }
        throw error;
      });
    check();
    emit('channel', { peer: 'pty', publicKey: base64(attached.publicKey), seen: attached.panes.map((of) => ({ pane: of.pane, bytes: of.seen })) });
    if (rebuilt === asking) return;
    rebuilt = asking;
    rebuildPanes(parts, grant, key, attached.panes);
  }

  /** Once a day, as the ledger counts it, until somebody has shown that an audit key lies off this disk: the same as in a terminal. */
  function remindOfAuditKeys(person: string): void {
    if (!installed.current) return;
    for (const key of auditKeysToAskFor(installed.current.ledger.facts, Date.now())) {
      journal.log({ action: 'audit-key.asked', person, detail: { key } });
      gate.notice('note', askSentence(key));
    }
  }

  return {
    hello: async ({ publicKey }) => {
      const key = new Uint8Array(Buffer.from(publicKey, 'base64'));
      const asking = windows.document;
      const said = ++hellos;
      // Another page stands there by now, or none: it has a key of its own.
      const check = (): void => {
        if (asking !== windows.document || said !== hellos) throw new Refusal('replaced', 'This page was replaced.');
      };
      // A page that was loaded anew by itself is another one.
      breakGlass.leave();
      const peer = await vaults.require().connect(key);
      check();
      windows.greet(asking);
      emit('display', display.value);
      emit('channel', { peer: 'vault', publicKey: base64(peer) });
      const { session } = gate;
      if (windows.surface !== 'workspace' || !session) return {};
      const { person, grant } = session;
      // Which policy is in force now, before anything is shown.
      await policy.look(true).catch(() => undefined);
      check();
      // Whoever may not use sessions is in, and is shown none: the shells are not even asked.
      const sees = denialOf('session.use', { phase: 'open', grant }, Date.now()) === undefined;
      // What they may do is said first: the page asks for nothing else.
      emit('status', status.line());
      const show = async (): Promise<void> => {
        if (sees) await attach(key, person, grant, asking, check);
        const { view } = workspace;
        emit('lease', {});
        if (view && sees) emit('view', view);
      };
      // Nor to whoever has not said why, where the policy asks.
      const showOrAsk = async (): Promise<void> => {
        const wanted = reasons.asked();
        untilReason = wanted && show;
        if (!wanted) return show();
        emit('lease', {});
        emit('reason', wanted);
      };
      // No pane is shown to whoever has not accepted the policy's text, and the shells are not asked before either.
      const asked = grant.breakGlass === null ? consent.asked(person.id) : undefined;
      untilReason = undefined;
      waiting = asked && { read: asked, show: showOrAsk };
      if (asked) {
        emit('lease', {});
        emit('consent', { version: asked.version, text: asked.text });
      } else await showOrAsk();
      const welcome = welcomes.takeWelcome();
      if (welcome) emit('welcome', welcome.told);
      // Not in the first run, which has just said it.
      if (welcome?.told.lastUnlock) remindOfAuditKeys(person.id);
      gate.greeted();
      for (const sentence of welcomes.takeNotes()) gate.notice('warn', sentence);
      // Whoever it is of learns nothing before they try to come in: who decides about people is told first.
      if (denialOf('person.decide', { phase: 'open', grant }, Date.now()) === undefined)
        for (const sentence of attempts.changedRecords()) gate.notice('stop', sentence);
      for (const { sentence, more } of status.takeFlags()) gate.notice('warn', sentence, undefined, more);
      await policy.remind(welcome?.until ?? null).catch((error: unknown) => gate.notice('warn', sentenceOf(error)));
      return {};
    },
    'consent.accept': async ({ version }) => {
      const { session } = gate;
      if (!session) throw new Refusal('locked', denials.locked);
      const shown = waiting;
      if (!shown) return {};
      if (shown.read.version !== version) throw new Refusal('other-text', 'This is not the text that was shown. Lock and unlock to read it.');
      await consent.accept(session.person.id, shown.read);
      waiting = undefined;
      emit('consent', null);
      await shown.show();
      return {};
    },
    'reason.give': async (given) => {
      const show = untilReason;
      if (!gate.session) throw new Refusal('locked', denials.locked);
      if (!show || waiting) return {};
      await reasons.give(given);
      untilReason = undefined;
      emit('reason', null);
      await show();
      return {};
    },
    activity: async ({ kind }) => {
      gate.activity(kind);
      status.tell();
      return {};
    },
  };
}
