/** A child for the contract tests: gives messages back, and ends when main is gone, over the line that the real ones have. */
import { parentLink } from '../../src/process/link.ts';

type Message = { readonly do?: string; readonly code?: number; readonly bytes?: Uint8Array };

const link = parentLink();
const pool = new Uint8Array(64 * 1024).fill(83);

const actions: Readonly<Record<string, (message: Message) => void>> = {
  exit: ({ code }) => process.exit(code),
  environment: () => link.post({ environment: Object.keys(process.env), execArgv: process.execArgv, args: process.argv.slice(2) }),
  // Nobody waits for it, as for a promise that was forgotten.
  reject: () => void Promise.reject(new Error('a test')),
  // 57 bytes of a pool: what a sealed frame of a key is.
  view: () => link.post({ deep: [{ view: pool.subarray(100, 157) }] }),
  around: ({ bytes }) => link.post({ around: bytes?.buffer.byteLength }),
};

link.onMessage((given) => {
  const message = given as Message;
  const action = message.do === undefined ? undefined : actions[message.do];
  if (action) action(message);
  else link.post({ echo: message });
});
link.onClose(() => process.exit(0));
link.post({ type: 'ready' });
