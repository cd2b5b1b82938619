/**
 * Runs sandboxed in the page's process, in a world of its own, before the page. Built as one CommonJS file. The page gets
 * the four functions of PageBridge and nothing else: no ipcRenderer, no event objects.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { ownMemory } from '../../src/bridge/own-memory.ts';
import type { PageBridge } from '../../src/bridge/schema.ts';
import type { Peer } from '../../src/types/words.ts';
import { channels } from './channels.ts';

const messages: string[] = [];
const frames: (() => void)[] = [];
let onMessage: ((text: string) => void) | undefined;
let onFrame: ((peer: Peer, bytes: Uint8Array) => Promise<void> | void) | undefined;

ipcRenderer.on(channels.message, (_event, text: string) => {
  // What comes before the page listens is kept in order.
  if (onMessage) onMessage(text);
  else messages.push(text);
});

ipcRenderer.on(channels.frame, (_event, id: number, peer: Peer, bytes: Uint8Array) => {
  const give = (): void => {
    const taken = (): void => ipcRenderer.send(channels.taken, id);
    // A listener that fails has still taken the frame: the flow goes on.
    Promise.resolve()
      .then(() => onFrame?.(peer, bytes))
      .then(taken, taken);
  };
  if (onFrame) give();
  else frames.push(give);
});

const bridge: PageBridge = {
  send: (text) => ipcRenderer.send(channels.message, text),
  // A page that is ours has copied already: this is for what comes over from its world, and for a page that is not.
  sendFrame: (peer, bytes) => ipcRenderer.send(channels.frame, peer, ownMemory(bytes)),
  onMessage: (listener) => {
    onMessage = listener;
    for (const text of messages.splice(0)) listener(text);
  },
  onFrame: (listener) => {
    onFrame = listener;
    for (const give of frames.splice(0)) give();
  },
};

// Never in a frame inside a page: there are none, and if there were one it would not be ours.
if (process.isMainFrame) contextBridge.exposeInMainWorld('wardmux', bridge);
