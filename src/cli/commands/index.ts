/** The table of commands, in the order of the help. */
import type { CliCommand } from '../command.ts';
import { anchor } from './anchor.ts';
import { lock, status } from './app.ts';
import { exportCommand } from './export.ts';
import { init } from './init-command.ts';
import { ledger } from './ledger.ts';
import { list } from './list.ts';
import { play } from './play.ts';
import { policy } from './policy.ts';
import { record } from './record-command.ts';
import { trust } from './trust.ts';
import { verify } from './verify.ts';

export const commands: readonly CliCommand[] = [init, record, list, play, exportCommand, trust, verify, ledger, anchor, policy, lock, status];
