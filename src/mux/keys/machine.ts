/** The prefix key as a pure state machine: tmux's rules (server_client_key_callback), time comes in. */
import type { SessionOptions } from '../options.ts';
import { type KeyRow, keyRows } from './table.ts';

export interface KeyState {
  readonly prefixActive: boolean;
  /** Until this time (ms) a repeatable key works without the prefix; undefined when none may. */
  readonly repeatUntil: number | undefined;
}

export const idleKeys: KeyState = { prefixActive: false, repeatUntil: undefined };

export interface Fed {
  readonly state: KeyState;
  /** True: the key is ours and must not reach a program. */
  readonly consumed: boolean;
  /** Command line to send to the core. */
  readonly commandLine?: string;
  /** The key after the prefix has no meaning; it was consumed, and the person may be told. */
  readonly unbound?: string;
  readonly prefixActive: boolean;
  readonly repeatUntil: number | undefined;
}

/**
 * Feeds one key. `key` is a tmux name (names.ts), undefined for a modifier alone, which changes nothing. `nowMs` is any
 * monotonic clock in milliseconds, the same for all calls.
 */
export function feed(
  state: KeyState,
  key: string | undefined,
  nowMs: number,
  options: Pick<SessionOptions, 'prefix' | 'repeat-time'> & Partial<Pick<SessionOptions, 'prefix2'>>,
  rows: readonly KeyRow[] = keyRows,
): Fed {
  if (key === undefined) return fed(state, false);
  if (state.prefixActive) {
    const row = bound(rows, 'prefix', key);
    if (row) return run(row, nowMs, options);
    // A prefix that was moved to another key sends itself when pressed twice.
    if (key === options.prefix) return { ...fed(idleKeys, true), commandLine: 'send-prefix' };
    return { ...fed(idleKeys, true), unbound: key };
  }
  if (state.repeatUntil !== undefined && nowMs < state.repeatUntil) {
    const row = bound(rows, 'prefix', key);
    if (row?.repeat) return run(row, nowMs, options);
  }
  if (key === options.prefix || key === options.prefix2) return fed({ prefixActive: true, repeatUntil: undefined }, true);
  const row = bound(rows, 'root', key);
  return row ? { ...fed(idleKeys, true), commandLine: row.line } : fed(idleKeys, false);
}

function run(row: KeyRow, nowMs: number, options: Pick<SessionOptions, 'repeat-time'>): Fed {
  const repeats = row.repeat === true && options['repeat-time'] > 0;
  return { ...fed({ prefixActive: false, repeatUntil: repeats ? nowMs + options['repeat-time'] : undefined }, true), commandLine: row.line };
}

function bound(rows: readonly KeyRow[], table: KeyRow['table'], key: string): KeyRow | undefined {
  return rows.find((row) => row.table === table && row.key === key);
}

function fed(state: KeyState, consumed: boolean): Fed {
  return { state, consumed, prefixActive: state.prefixActive, repeatUntil: state.repeatUntil };
}
