/** What every host keeps, whatever it is made of. Each host's test file calls this with a way to make one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invisibilities } from '../../src/types/words.ts';
import type { Child, Host, HostSignal, HostWindow, Peer } from '../../main/host.ts';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../support/wait-for.ts';

export const pagesFolder = fileURLToPath(new URL('./pages', import.meta.url));
export const childEntry = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface Subject {
  readonly host: Host;
  /** Ends the document's renderer from outside. */
  killRenderer(window: HostWindow): Promise<void>;
  /** The person closes the window. */
  closeByPerson(window: HostWindow): Promise<void>;
  /** True when the document that the marker of `show` belongs to is still there. */
  rendererLives(pid: number): boolean;
  cleanUp?(): Promise<void>;
}

/** Memory around a view that goes to another process. */
const MEMORY_BYTES = 64 * 1024;

/** Collects what a page says. */
export function listen(window: HostWindow): { messages: unknown[]; frames: [Peer, Uint8Array][] } {
  const heard = { messages: [] as unknown[], frames: [] as [Peer, Uint8Array][] };
  window.onMessage((text) => {
    try {
      heard.messages.push(JSON.parse(text));
    } catch {
      heard.messages.push(text);
    }
  });
  window.onFrame((peer, bytes) => heard.frames.push([peer, bytes]));
  return heard;
}

export function hostContract(name: string, make: () => Promise<Subject>): void {
  describe(`${name} keeps the host contract`, () => {
    let subject: Subject;
    let host: Host;
    let window: HostWindow;
    let heard: ReturnType<typeof listen>;
    const say = (message: unknown): void => window.post(JSON.stringify(message));
    /** Shows a surface, and waits until its page has spoken. */
    const showAndHear = async (surface: 'setup' | 'lock' | 'workspace'): Promise<void> => {
      await window.show(surface);
      await waitFor(() => expect(heard.messages).toContainEqual({ hello: surface }));
      heard.messages.length = 0;
    };

    beforeEach(async () => {
      subject = await make();
      host = subject.host;
      window = await host.open({ rendererFolder: pagesFolder });
      heard = listen(window);
    });
    afterEach(async () => {
      await host.quit();
      await subject.cleanUp?.();
    });

    test('says in one line which it is', () => {
      expect(host.description).toMatch(/^\S[^\n]+\.$/);
      expect(['chromium', 'electron']).toContain(host.name);
    });

    test('show runs the document of the surface', async () => {
      for (const surface of ['setup', 'lock', 'workspace'] as const) {
        await window.show(surface);
        await waitFor(() => expect(heard.messages).toContainEqual({ hello: surface }));
      }
      expect(heard.messages).toHaveLength(3);
    });

    test('messages go both ways, in order', async () => {
      await showAndHear('lock');
      for (let i = 0; i < 50; i++) say({ do: 'echo', value: `${i} ü \u2028 "quoted" </script>` });
      await waitFor(() => expect(heard.messages).toHaveLength(50));
      expect(heard.messages).toEqual(Array.from({ length: 50 }, (_, i) => ({ echo: `${i} ü \u2028 "quoted" </script>` })));
    });

    test('frames go both ways byte for byte, in order, for both peers', async () => {
      await window.show('workspace');
      const sent: [Peer, Uint8Array][] = [1, 2, 3, 255, 256, 65_536, 1_000_001].map((size, i) => [
        i % 2 ? 'vault' : 'pty',
        Uint8Array.from({ length: size }, (_, k) => (k * 31 + i) & 255),
      ]);
      await Promise.all(sent.map(([peer, bytes]) => window.postFrame(peer, bytes)));
      await waitFor(() => expect(heard.frames).toHaveLength(sent.length));
      heard.frames.forEach(([peer, bytes], i) => {
        expect(peer).toBe(sent[i]![0]);
        expect(bytes).toBeInstanceOf(Uint8Array);
        expect(Buffer.compare(bytes, sent[i]![1])).toBe(0);
      });
    });

    test('a frame of a page takes nothing along of what lies around it, either way', async () => {
      await showAndHear('workspace');
      say({ do: 'view', peer: 'pty' });
      await waitFor(() => expect(heard.frames).toHaveLength(1));
      expect(heard.frames[0]![1]).toEqual(new Uint8Array(57).fill(83));
      expect(heard.frames[0]![1].buffer.byteLength).toBeLessThan(MEMORY_BYTES);
      await window.postFrame('pty', new Uint8Array(MEMORY_BYTES).subarray(100, 157));
      say({ do: 'around' });
      await waitFor(() => expect(heard.messages).toEqual([{ around: 57 }]));
    });

    test('postFrame waits until the page has taken the frame', async () => {
      await window.show('workspace');
      say({ do: 'hold' });
      let taken = false;
      const posted = window.postFrame('pty', Uint8Array.of(1)).then(() => (taken = true));
      say({ do: 'echo', value: 'between' });
      await waitFor(() => expect(heard.messages).toContainEqual({ echo: 'between' }));
      expect(taken).toBe(false);
      say({ do: 'release' });
      await posted;
      expect(heard.frames).toHaveLength(1);
    });

    test('a frame that the page never takes does not keep anybody waiting after a blank', async () => {
      await window.show('workspace');
      say({ do: 'hold' });
      const posted = window.postFrame('pty', Uint8Array.of(1));
      expect(invisibilities).toContain(await window.blank());
      await posted;
      await window.postFrame('pty', Uint8Array.of(2));
      expect(heard.frames).toHaveLength(0);
    });

    test('show ends the renderer that was there', async () => {
      await window.show('workspace');
      const old = await window.rendererPid();
      await window.show('lock');
      const now = await window.rendererPid();
      expect(old).toBeTypeOf('number');
      expect(now).toBeTypeOf('number');
      expect(now).not.toBe(old);
      expect(subject.rendererLives(old!)).toBe(false);
      expect(subject.rendererLives(now!)).toBe(true);
    });

    test('after blank nothing of the old page is heard, and nothing reaches it', async () => {
      await window.show('workspace');
      await waitFor(() => expect(heard.messages).toHaveLength(1));
      await window.blank();
      heard.messages.length = 0;
      say({ do: 'echo', value: 'too late' });
      await window.show('lock');
      await waitFor(() => expect(heard.messages).toContainEqual({ hello: 'lock' }));
      expect(heard.messages).toEqual([{ hello: 'lock' }]);
    });

    test('a blank while a page is loading wins', async () => {
      const showing = window.show('workspace');
      const failed = expect(showing).rejects.toThrow(/replaced before it ran/);
      await window.blank();
      await failed;
      await window.show('lock');
      await waitFor(() => expect(heard.messages).toContainEqual({ hello: 'lock' }));
    });

    test('messages and frames that are too large, empty or for nobody are refused', async () => {
      await showAndHear('workspace');
      say({ do: 'send', text: 'x', times: 64 * 1024 + 1 });
      say({ do: 'send', text: '' });
      say({ do: 'frame', peer: 'pty', size: 8 * 1024 * 1024 + 1 });
      say({ do: 'frame', peer: 'pty', size: 0 });
      say({ do: 'echo', value: 'end' });
      await waitFor(() => expect(heard.messages).toContainEqual({ echo: 'end' }));
      expect(heard.messages).toHaveLength(1);
      expect(heard.frames).toHaveLength(0);
      await expect(window.postFrame('pty', new Uint8Array(8 * 1024 * 1024 + 1))).rejects.toThrow(RangeError);
    });

    test('a renderer that dies is told once, and the next show works', async () => {
      const reasons: string[] = [];
      window.onRendererGone((reason) => reasons.push(reason));
      await window.show('workspace');
      await subject.killRenderer(window);
      await waitFor(() => expect(reasons).toHaveLength(1));
      expect(reasons[0]).toMatch(/\S/);
      await window.postFrame('pty', Uint8Array.of(1));
      await window.show('lock');
      await waitFor(() => expect(heard.messages).toContainEqual({ hello: 'lock' }));
      expect(reasons).toHaveLength(1);
    });

    test('ending a renderer ourselves is not told as a death', async () => {
      const reasons: string[] = [];
      window.onRendererGone((reason) => reasons.push(reason));
      await window.show('workspace');
      await window.blank();
      await window.show('lock');
      await window.show('workspace');
      expect(reasons).toEqual([]);
    });

    test('a window that is raised stays as it is, and one that is gone is none to raise', async () => {
      await showAndHear('lock');
      const pid = await window.rendererPid();
      await window.raise();
      say({ do: 'echo', value: 'raised' });
      await waitFor(() => expect(heard.messages).toContainEqual({ echo: 'raised' }));
      expect(await window.rendererPid()).toBe(pid);
      await window.close();
      await window.raise();
    });

    test('closing by the person is told once', async () => {
      let closed = 0;
      window.onClosed(() => closed++);
      await window.show('lock');
      await subject.closeByPerson(window);
      await waitFor(() => expect(closed).toBe(1));
      window.post('{}');
      await window.postFrame('pty', Uint8Array.of(1));
      await window.blank();
      expect(closed).toBe(1);
    });

    test('after a close the window opens again, once, and works', async () => {
      await expect(host.open({ rendererFolder: pagesFolder })).rejects.toThrow(/open already/);
      await showAndHear('workspace');
      const old = window;
      const oldHeard = heard;
      await subject.closeByPerson(window);
      let again: HostWindow | undefined;
      await waitFor(async () => {
        again = await host.open({ rendererFolder: pagesFolder });
      });
      window = again!;
      heard = listen(window);
      oldHeard.messages.length = 0;
      await showAndHear('lock');
      say({ do: 'echo', value: 'second window' });
      await waitFor(() => expect(heard.messages).toEqual([{ echo: 'second window' }]));
      // The old window is deaf and dumb.
      old.post(JSON.stringify({ do: 'echo', value: 'old' }));
      await old.blank();
      await old.close();
      expect(oldHeard.messages).toEqual([]);
      say({ do: 'echo', value: 'still here' });
      await waitFor(() => expect(heard.messages).toHaveLength(2));
      await expect(host.open({ rendererFolder: pagesFolder })).rejects.toThrow(/open already/);
    });

    test('a quit while the window is being opened leaves nothing open', async () => {
      await subject.closeByPerson(window);
      let opening: Promise<unknown> | undefined;
      await waitFor(async () => {
        opening = host.open({ rendererFolder: pagesFolder }).then(
          () => 'opened',
          (error: Error) => error.message,
        );
        const settled = await Promise.race([opening, Promise.resolve('under way')]);
        expect(settled).not.toMatch(/already/);
      });
      await host.quit();
      await opening;
      await expect(host.open({ rendererFolder: pagesFolder })).rejects.toThrow();
    });

    test('a missing page is a sentence with the folder', async () => {
      await host.quit();
      await subject.cleanUp?.();
      subject = await make();
      host = subject.host;
      window = await host.open({ rendererFolder: '/nonexistent/pages' });
      await expect(window.show('lock')).rejects.toThrow(/lock\.html is missing in \/nonexistent\/pages/);
    });

    test('children carry structured messages and are killed without a goodbye', async () => {
      const child: Child = host.fork('pty-host');
      const received: unknown[] = [];
      const exits: unknown[] = [];
      child.onMessage((message) => received.push(message));
      child.onExit((code, signal) => exits.push([code, signal]));
      await waitFor(() => expect(received).toContainEqual({ type: 'ready' }));
      child.post({ bytes: Uint8Array.of(0, 128, 255), big: 1n, when: new Date(5) });
      await waitFor(() => expect(received).toHaveLength(2));
      expect(received[1]).toEqual({ echo: { bytes: Uint8Array.of(0, 128, 255), big: 1n, when: new Date(5) } });
      expect(child.pid).toBeGreaterThan(0);
      await child.kill();
      expect(exits).toHaveLength(1);
      child.post({ after: 'the end' });
    });

    test('a message takes nothing along of the memory around a view, to a child or from it', async () => {
      const child = host.fork('pty-host');
      const received: { deep?: { view: Uint8Array }[]; around?: number }[] = [];
      child.onMessage((message) => received.push(message as never));
      child.post({ do: 'view' });
      child.post({ do: 'around', bytes: new Uint8Array(MEMORY_BYTES).subarray(100, 157) });
      await waitFor(() => expect(received).toHaveLength(3));
      const view = received[1]!.deep![0]!.view;
      expect(Buffer.compare(view, new Uint8Array(57).fill(83))).toBe(0);
      // Node's own line lets a view lie in the message it came with, which is not large.
      expect(view.buffer.byteLength).toBeLessThan(MEMORY_BYTES / 8);
      expect(received[2]!.around).toBeLessThan(MEMORY_BYTES / 8);
    });

    test('a child whose promise fails ends, and says so by its exit', async () => {
      const child = host.fork('vault-host');
      const exits: unknown[] = [];
      child.onExit((code) => exits.push(code));
      child.post({ do: 'reject' });
      await waitFor(() => expect(exits).toEqual([1]));
    });

    test('a child that is killed before it runs does not run', async () => {
      const child = host.fork('vault-host');
      const received: unknown[] = [];
      let exits = 0;
      child.onMessage((message) => received.push(message));
      child.onExit(() => exits++);
      // No process has a number below one: what is not known is not told.
      expect(child.pid === undefined || child.pid > 0).toBe(true);
      await child.kill();
      expect([exits, received]).toEqual([1, []]);
    });

    test('an exit of a child is told with its code', async () => {
      const child = host.fork('vault-host');
      const exits: unknown[] = [];
      child.onExit((code) => exits.push(code));
      child.post({ do: 'exit', code: 3 });
      await waitFor(() => expect(exits).toEqual([3]));
    });

    test('idle time is a number of seconds or unknown, and signals can be listened to', async () => {
      const seconds = await host.idleSeconds();
      expect(seconds === undefined || seconds >= 0).toBe(true);
      const heardSignals: HostSignal[] = [];
      host.onSignal((signal) => heardSignals.push(signal)).dispose();
      expect(heardSignals).toEqual([]);
    });

    test('quit ends every child', async () => {
      const child = host.fork('pty-host');
      let ended = false;
      child.onExit(() => (ended = true));
      await host.quit();
      await waitFor(() => expect(ended).toBe(true));
    });
  });
}
