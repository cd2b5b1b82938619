/** Handlers that run one after the other, because they change what is open: each has the secrets that came before its request. */
import type { Secrets } from '../page.ts';
import type { VaultInput, VaultOutput, VaultService } from '../service.ts';

export type Turns<N extends keyof VaultService> = { readonly [K in N]: (input: VaultInput<K>, secrets: Secrets) => Promise<VaultOutput<K>> };
