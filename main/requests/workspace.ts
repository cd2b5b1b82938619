/** The open workspace: its size, its commands, what it has shown and what it has copied. */
import { denials } from '../../src/access/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function workspaceRequests(parts: RequestParts): HandlersOf<'workspace' | 'command' | 'ack' | 'alert' | 'synchronized' | 'clipboard'> {
  const { gate, pty, workspace, memory, consent, reasons, installed, clipboard } = parts;

  return {
    'workspace.size': async ({ cols, rows }) => {
      // Nothing is laid out, and so no pane opens, before the policy's text is accepted and it is said why: the page then says its size again.
      if (!workspace.view && gate.session?.grant.breakGlass === null && (consent.asked(gate.session.person.id) || reasons.asked())) return {};
      const kept = workspace.view ? undefined : await memory.recall();
      // Locked meanwhile: nobody is there for whom anything would be opened.
      if (!gate.session) throw new Refusal('locked', denials.locked);
      workspace.resize(cols, rows, kept);
      return {};
    },
    'workspace.attach': async () => {
      workspace.output();
      return {};
    },
    command: async ({ line, pane, from }) => {
      return workspace.command(line, pane, from);
    },
    ack: async ({ pane, parsed }) => {
      pty.ack(pane, parsed);
      return {};
    },
    alert: async ({ pane, what }) => {
      workspace.alert(pane, what);
      return {};
    },
    synchronized: async ({ panes }) => {
      workspace.synchronized(panes);
      return {};
    },
    'clipboard.copied': async () => {
      clipboard.copied = installed.current?.policy.policy.lock.clearClipboard ?? true;
      return { clearedAtLock: clipboard.copied };
    },
    'clipboard.origin': async ({ pane, digests }) => {
      workspace.copied(pane, digests);
      return {};
    },
    'clipboard.paste': async ({ pane, digests }) => ({ refusal: workspace.pasted(pane, digests) }),
  };
}
