/** How a process of ours ended, as the ledger has it: it takes no words that a process could choose, and so takes signals by their number. */
import { constants } from 'node:os';

export function exitDetail(code: number | null, signal: string | null): { readonly code?: number; readonly signal?: number } {
  if (signal === null) return code === null ? {} : { code };
  const number = (constants.signals as Readonly<Record<string, number>>)[signal];
  return number === undefined ? {} : { signal: number };
}
