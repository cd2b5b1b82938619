/** Options that tmux has and Wardmux does not, and what a configuration that sets one is told. The names are those of tmux 3.7 and of older ones. */

const names = new Set(
  `activity-action aggressive-resize allow-passthrough allow-rename allow-set-title alternate-screen assume-paste-time automatic-rename
  automatic-rename-format backspace bell-action clock-mode-colour clock-mode-style codepoint-widths command-alias
  copy-command cursor-colour cursor-style default-client-command default-command default-shell default-size default-terminal
  destroy-unattached detach-on-destroy display-panes-active-colour display-panes-colour display-time editor escape-time exit-empty
  exit-unattached extended-keys extended-keys-format fill-character focus-events focus-follows-mouse get-clipboard history-file
  initial-repeat-time input-buffer-size key-table lock-command menu-border-lines menu-border-style menu-selected-style menu-style
  message-command-style message-format message-limit message-line message-style mode-style monitor-silence other-pane-height
  other-pane-width pane-active-border-style pane-border-format pane-border-indicators pane-border-lines pane-border-status
  pane-border-style pane-colours pane-scrollbars popup-border-lines popup-border-style popup-style prefix-timeout
  prompt-cursor-colour prompt-cursor-style prompt-history-limit remain-on-exit remain-on-exit-format
  scroll-on-clear set-clipboard set-titles set-titles-string silence-action status status-bg status-fg status-format
  status-interval status-justify status-keys status-left status-left-length status-left-style status-position status-right
  status-right-length status-right-style status-style synchronize-panes terminal-features terminal-overrides theme
  tiled-layout-max-columns update-environment user-keys variation-selector-always-wide visual-activity visual-bell visual-silence
  window-active-style window-size window-status-activity-style window-status-bell-style window-status-current-format
  window-status-current-style window-status-format window-status-last-style window-status-separator window-status-style
  window-style wrap-search xterm-keys`.split(/\s+/),
);

/** The first that fits says why. Those of colours go by their ends, old names (status-bg, message-attr) too. */
const reasons: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^@plugin$|^@tpm/, 'A plugin is a program, and a configuration runs none.'],
  [/^@/, 'It is an option of a plugin or of your own: nothing here reads it.'],
  [/^default-(?:command|shell|client-command)$|^editor$|^copy-command$/, 'A file does not say which program runs here.'],
  [/^lock-command$/, 'The lock is Wardmux’s own: it takes the text off the screen, and the keys.'],
  [
    /-(?:style|colours?|fg|bg|attr|lines|indicators)$|^theme$|^fill-character$|^pane-(?:scrollbars|border-)/,
    'Colours and borders are those of the theme (theme dark, light, contrast).',
  ],
  [/^status-keys$/, 'The prompt has one set of keys, whatever copy mode has (mode-keys).'],
  [/^(?:status|window-status|message)(?:-|$)/, 'The line has warnings, who is in, and the time until the lock: it is drawn as Wardmux draws it.'],
  [
    /^(?:escape-time|assume-paste-time|xterm-keys|user-keys|backspace|extended-keys|focus-events|terminal-|default-terminal|prefix-timeout)/,
    'There is no terminal around Wardmux: keys come as keys, and programs find xterm-256color.',
  ],
  [/^(?:set-clipboard|get-clipboard|allow-passthrough)$/, 'Whether a program reaches the clipboard is not for a file to say.'],
  [/^synchronize-panes$/, 'It is asked for each time, with a list of the panes: at the prompt, or by a key.'],
  [/^(?:update-environment|history-file)$/, 'Nothing of it is here: a shell has the environment of its session, and no history of commands is written.'],
  [/^(?:exit-|destroy-unattached|detach-on-destroy)/, 'There is one window of the desktop; what runs goes on behind the lock as the policy says.'],
];

/** Why an option that is not one of ours is not taken. */
export function whyNot(name: string): string {
  const reason = reasons.find(([pattern]) => pattern.test(name))?.[1];
  const plain = name.replace(/\[\d+\]$/, '');
  const begins = plain.length > 2 ? [...names].filter((known) => known.startsWith(plain)) : [];
  const known = names.has(plain) || begins.length === 1 || /-(?:fg|bg|attr)$/.test(plain);
  if (reason !== undefined && (known || plain.startsWith('@') || reasons[4]![0].test(plain))) return reason;
  return known ? `tmux has ${names.has(plain) ? plain : begins[0]}, Wardmux does not.` : `There is no option "${plain.slice(0, 60)}".`;
}
