/** A real terminal for a test: tmux on a server of its own, with real keys, and a look at what a person would see. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PATIENCE_MS, waitFor } from './wait-for.ts';

/** What of tmux is installed, as it says it ("tmux 3.3a"); undefined where there is none. */
export function tmuxVersion(): string | undefined {
  const { status, stdout } = spawnSync('tmux', ['-V'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
/** Why a comparison with tmux is left out. */
export const NO_TMUX = 'tmux is not installed, so there is nothing to compare with';

/** A server that was ended may still be on its way out of the last one's socket. */
let servers = 0;

export class Tmux {
  readonly #socket: string;

  /** Starts `command` (for sh) in a terminal of its own. @param folder for the socket; its path is short. */
  constructor(folder: string, command: string, options: { readonly env: NodeJS.ProcessEnv; readonly cols?: number; readonly rows?: number }) {
    this.#socket = join(folder, `tmux${servers++}`);
    const { cols = 80, rows = 24 } = options;
    // A server of its own is dead with its last session, so what the command leaves must stay to be looked at.
    const started = spawnSync(
      'tmux',
      [
        '-S',
        this.#socket,
        '-f',
        '/dev/null',
        'new-session',
        '-d',
        '-c',
        folder,
        '-x',
        String(cols),
        '-y',
        String(rows),
        `env -u TMUX -u TMUX_PANE ${command}; echo "status $?"; exec cat`,
      ],
      { env: { ...options.env, TERM: 'xterm-256color' }, encoding: 'utf8' },
    );
    if (started.status !== 0) throw new Error(`tmux: ${started.stderr}`);
  }

  #run(...args: string[]): string {
    return spawnSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' }).stdout ?? '';
  }

  /** Text, as typed. */
  type(text: string): void {
    this.#run('send-keys', '-l', '--', text);
  }

  /** Keys by tmux's names: Enter, C-l, F5. */
  press(...keys: string[]): void {
    this.#run('send-keys', '--', ...keys);
  }

  resize(cols: number, rows: number): void {
    this.#run('resize-window', '-x', String(cols), '-y', String(rows));
  }

  /** What is on the screen, without blanks at the ends of lines. */
  screen(): string {
    return this.#run('capture-pane', '-p').trimEnd();
  }

  /** Screen and scrollback. */
  everything(): string {
    return this.#run('capture-pane', '-p', '-S', '-').trimEnd();
  }

  /** The alternate screen's content, or '' where there is none. */
  other(): string {
    return this.#run('capture-pane', '-p', '-a', '-q').trimEnd();
  }

  /** A format of tmux(1), such as `#{pane_title}`. */
  ask(format: string): string {
    return this.#run('display-message', '-p', format).trimEnd();
  }

  async sees(pattern: RegExp | string, limitMs = PATIENCE_MS): Promise<void> {
    await waitFor(() => {
      const screen = this.screen();
      if (typeof pattern === 'string' ? screen.includes(pattern) : pattern.test(screen)) return;
      throw new Error(`not on the screen: ${String(pattern)}\n${screen}`);
    }, limitMs);
  }

  stop(): void {
    this.#run('kill-server');
  }
}
