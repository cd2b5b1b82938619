/** Events of hosts that are opened from here by SSH: their keys, and who was there. What a host or an account is called is an identifier; nothing of a session is here. */
import { hostKeyTypes } from '../../types/hosts.ts';
import { row } from './row.ts';

export const hostRows = [
  row(
    'host.key',
    'A host’s key was pinned, because somebody saw its fingerprint and took it, or that was taken back. A host whose key is pinned is opened with that key and no other. host: the name under which it is opened. key: SHA-256 of the key, as SSH encodes it. A second key for a name does not count before the first is taken back, which a security admin does. It is signed by the installation, as every event, and not by that person.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/~110137', act: 'U', safeguard: 'integrity' },
    { host: 'host', type: hostKeyTypes, key: 'sha256', change: ['pinned', 'forgotten'] },
    { person: 'required' },
  ),
  row(
    'host.changed',
    'A host did not show the key that is pinned under its name, so nothing was opened. offered: the key that it showed; left out where it has none of a kind that is taken.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110137', act: 'E', outcome: 'failure', safeguard: 'integrity' },
    { host: 'host', type: hostKeyTypes, key: 'sha256', 'offeredType?': hostKeyTypes, 'offered?': 'sha256' },
    { person: 'required' },
  ),
  row(
    'host.unpinned',
    'Somebody asked for a host whose key nobody has pinned, and the policy in force lets nobody pin one.',
    { ecs: 'session:start', ocsf: '3002:1', dicom: '110113/~110137', act: 'E', outcome: 'failure', safeguard: 'access-control' },
    { host: 'host', type: hostKeyTypes, key: 'sha256' },
    { person: 'required' },
  ),
  row(
    'host.open',
    'Somebody opened a host in a recorded pane: by which name, at which address and port, as which account, with which key, by way of which jump hosts. cipher: what was agreed when its key was looked at, right before, as ssh noted it. person: in the window, who is in; of wardmux host open, who was said, and nobody has proven that, as with wardmux record. That the account was let in it does not say: only the host knows that.',
    { ecs: 'session:start', ocsf: '3002:1', dicom: '110113/~110137', act: 'E', safeguard: 'access-control' },
    {
      recording: 'recording',
      host: 'host',
      address: 'address',
      port: 'count',
      account: 'account',
      type: hostKeyTypes,
      key: 'sha256',
      'jumps?': 'hosts',
      'cipher?': 'algorithm',
    },
    { person: 'required' },
  ),
  row(
    'host.close',
    'A host that was opened is left: ssh ended, with this status or by this signal. 255 is ssh’s own: it was not let in, or the connection broke.',
    { ecs: 'session:end', ocsf: '3002:2', dicom: '110113/~110137', act: 'E', safeguard: 'access-control' },
    { recording: 'recording', host: 'host', code: 'integer', signal: 'integer' },
    { person: 'required' },
  ),
] as const;
