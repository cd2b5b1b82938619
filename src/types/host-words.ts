/** Sentences about hosts that the window and the terminal have in common. */
import type { HostKeyType } from './hosts.ts';

/** What sshd's own set-up calls the key of a type, for /etc/ssh (ssh-keygen -A). */
const fileWords: Readonly<Record<HostKeyType, string>> = {
  'ssh-ed25519': 'ed25519',
  'ecdsa-sha2-nistp256': 'ecdsa',
  'ecdsa-sha2-nistp384': 'ecdsa',
  'ecdsa-sha2-nistp521': 'ecdsa',
  'ssh-rsa': 'rsa',
};

/** How a first key is compared: the sentence, and what whoever runs the host types there. It prints the fingerprint and the picture of that one key. */
export const comparing = (host: string, type: HostKeyType): { readonly ask: string; readonly command: string } => ({
  ask: `Ask whoever runs ${host} to read theirs to you:`,
  command: `ssh-keygen -lvf /etc/ssh/ssh_host_${fileWords[type]}_key.pub`,
});

/** What was sent by a look at a host. @param jumps on the way there, which were logged in to for it */
export function sentBy(jumps: readonly string[]): string {
  const nothing = 'No password and no key of yours was sent to it.';
  return jumps.length === 0 ? nothing : `${nothing} To look at it, ${jumps.join(' and ')} ${jumps.length === 1 ? 'was' : 'were'} logged in to.`;
}
