/** One handler for each row of the bridge's table: the compiler says when one is missing, or is in two domains. */
import type { RequestHandlers } from '../../src/process/bridge-server.ts';
import { auditRequests } from './audit.ts';
import { displayRequests } from './display.ts';
import { exportRequests } from './export.ts';
import { hostRequests } from './hosts.ts';
import { lockRequests } from './lock.ts';
import { pageRequests } from './page.ts';
import type { RequestParts } from './parts.ts';
import { peopleRequests } from './people.ts';
import { policyRequests } from './policy.ts';
import { postureRequests } from './posture.ts';
import { reviewRequests } from './review.ts';
import { setupRequests } from './setup.ts';
import { slotRequests } from './slots.ts';
import { workspaceRequests } from './workspace.ts';

export function requestHandlers(parts: RequestParts): RequestHandlers {
  return {
    ...pageRequests(parts),
    ...setupRequests(parts),
    ...lockRequests(parts),
    ...slotRequests(parts),
    ...peopleRequests(parts),
    ...workspaceRequests(parts),
    ...hostRequests(parts),
    ...exportRequests(parts),
    ...policyRequests(parts),
    ...postureRequests(parts),
    ...auditRequests(parts),
    ...reviewRequests(parts),
    ...displayRequests(parts),
  };
}
