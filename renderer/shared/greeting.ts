/**
 * The document's ephemeral key, and its first question: the core's answer, and all that it tells, waits in the host until somebody listens
 * (`PageBridge.onMessage`). So it can be asked before the rest of the page is there.
 */
import { PageKey } from '../../src/bridge/channel/web.ts';
import { FIRST_QUESTION } from '../../src/bridge/pending.ts';
import type { PageBridge } from '../../src/bridge/schema.ts';
import { toBase64 } from './bytes.ts';

let said: Promise<PageKey> | undefined;

/** Makes the key and says hello, once for each document, however often it is called. */
export function sayHello(host: Pick<PageBridge, 'send'>): Promise<PageKey> {
  return (said ??= PageKey.generate().then((key) => {
    host.send(JSON.stringify({ id: FIRST_QUESTION, request: 'hello', input: { publicKey: toBase64(key.publicKey) } }));
    return key;
  }));
}
