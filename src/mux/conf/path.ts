/** Which files may be taken as a configuration: those where tmux has its own, and no other file of the account. */
import type { Result } from '../layout.ts';

export interface ConfPath {
  readonly path: string;
  /** As a person writes it: ~/.tmux.conf. */
  readonly shown: string;
}

/** Where tmux looks by itself, in its order. */
export const confPlaces = ['~/.tmux.conf', '~/.config/tmux/tmux.conf'] as const;

/** @param home the account's home folder */
export function confPath(wanted: string, home: string): Result<ConfPath> {
  const whole = wanted.startsWith('~/') ? `${home}${wanted.slice(1)}` : wanted;
  const shown = whole.startsWith(`${home}/`) ? `~${whole.slice(home.length)}` : whole;
  const plain = whole.split('/').every((part) => part !== '..' && part !== '.');
  if (plain && (shown === '~/.tmux.conf' || /^~\/\.(?:tmux|config\/tmux)\/[^\0]+\.conf$/.test(shown))) return { ok: true, value: { path: whole, shown } };
  return { ok: false, sentence: `"${wanted}" is no place of a configuration: ~/.tmux.conf is one, and .conf files below ~/.tmux and ~/.config/tmux.` };
}
