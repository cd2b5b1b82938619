/**
 * Keeps the machine from sleeping or going down until we have locked: logind waits for whoever holds a delay lock, 5 seconds
 * at most (systemd-inhibit(1), logind.conf(5) InhibitDelayMaxSec). Where there is no logind it holds nothing, and the watch on
 * the clock sees the sleep afterwards.
 */
import { spawn, type ChildProcess } from 'node:child_process';

const what = ['--what=sleep:shutdown', '--mode=delay', '--who=Wardmux', '--why=Locks and seals before the machine sleeps'];

export class DelayLock {
  readonly #env: NodeJS.ProcessEnv;
  #holder: ChildProcess | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  take(): void {
    if (this.#holder) return;
    // The lock is held as long as the program that is run under it: until its input ends, which it also does when we are killed.
    const holder = spawn('systemd-inhibit', [...what, '/bin/sh', '-c', 'read -r _'], { env: this.#env, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#holder = holder;
    const forget = (): void => {
      if (this.#holder === holder) this.#holder = undefined;
    };
    holder.on('error', forget);
    holder.on('exit', forget);
    holder.stdin.on('error', () => {});
  }

  release(): void {
    this.#holder?.stdin?.end();
    this.#holder = undefined;
  }
}
