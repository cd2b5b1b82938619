import type { Link } from './link.ts';

/** Two ends in one process: messages are cloned as between processes, and delivered in order. */
export function linkPair(): readonly [Link, Link & { close(): void }] {
  const listeners = () => ({ message: [] as ((message: unknown) => void)[], close: [] as (() => void)[] });
  const ends = [listeners(), listeners()] as const;
  let open = true;
  const pass = (to: 0 | 1, message: unknown): void => {
    const copy = structuredClone(message);
    queueMicrotask(() => ends[to].message.forEach((listener) => listener(copy)));
  };
  const end = (mine: 0 | 1): Link => ({
    post: (message) => {
      if (open) pass(mine === 0 ? 1 : 0, message);
    },
    send: async (message) => {
      if (!open) throw new Error('main is gone');
      pass(mine === 0 ? 1 : 0, message);
    },
    onMessage: (listener) => void ends[mine].message.push(listener),
    onClose: (listener) => void ends[mine].close.push(listener),
    flush: async () => undefined,
  });
  const close = (): void => {
    open = false;
    ends.forEach(({ close }) => close.forEach((listener) => listener()));
  };
  return [end(0), { ...end(1), close }];
}
