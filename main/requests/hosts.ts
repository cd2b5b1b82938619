/** Hosts that are opened by SSH (main/hosts.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function hostRequests({ hosts }: RequestParts): HandlersOf<'hosts'> {
  return {
    'hosts.list': () => hosts.list(),
    'hosts.open': ({ name, accepted }) => hosts.open(name, accepted),
  };
}
