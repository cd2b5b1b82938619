/** The open workspace: its size, its commands, what it has shown and what it has copied. */
import { sentenceOf } from '../sentence.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function workspaceRequests(parts: RequestParts): HandlersOf<'workspace' | 'command' | 'ack' | 'clipboard'> {
  const { gate, vaults, pty, workspace, installed, clipboard } = parts;
  return {
    'workspace.size': async ({ cols, rows }) => {
      workspace.resize(cols, rows);
      return {};
    },
    'workspace.attach': async () => {
      const vault = vaults.require();
      workspace.output();
      for (const { pane, recording, outputBytes } of gate.takeAttached()) {
        void vault
          .ask({ type: 'replay', pane, recording, upTo: outputBytes }, 'replayed')
          .catch((error: unknown) => gate.notice('warn', sentenceOf(error), pane));
      }
      return {};
    },
    command: async ({ line, pane }) => {
      return workspace.command(line, pane);
    },
    ack: async ({ pane, parsed }) => {
      pty.ack(pane, parsed);
      return {};
    },
    'clipboard.copied': async () => {
      clipboard.copied = installed.current?.policy.policy.lock.clearClipboard ?? true;
      return { clearedAtLock: clipboard.copied };
    },
  };
}
