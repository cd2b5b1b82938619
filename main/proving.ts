/** Posture and self-test, for the page's requests. Nothing here opens anything. */
import type { Output } from '../src/bridge/schema.ts';
import { postureFacts, selfTestOf } from '../src/posture/gather.ts';
import { postureOf } from '../src/posture/rows.ts';
import { anchorsFinding } from '../src/selftest/anchors.ts';
import { tryBackoff } from '../src/selftest/back-off.ts';
import { lookAtCounters } from '../src/selftest/counters.ts';
import { reportDigest, reportEntry, signReport } from '../src/selftest/report.ts';
import { tryControls } from '../src/selftest/run.ts';
import { checkIdentity, type Home } from '../src/storage/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import { safeguards } from '../src/types/safeguards.ts';
import { version } from '../src/version.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';

export interface ProvingParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly vaults: VaultKeeper;
  readonly installed: InstalledHolder;
}

/** What the page's requests ask for. */
export interface Proving {
  readonly look: () => Promise<Output<'posture.look'>>;
  readonly selfTest: () => Promise<Output<'selftest.run'>>;
}

export const provingOf = (parts: ProvingParts): Proving => ({ look: () => look(parts), selfTest: () => selfTest(parts) });

async function look({ home, installed }: ProvingParts): Promise<Output<'posture.look'>> {
  const { installation, ledger, policy, anchors } = installed.require();
  const { state } = await checkIdentity(home, installation);
  const selfTest = selfTestOf((await ledger.selfTestEvents()).at(-1)?.event);
  const rows = postureOf(
    postureFacts({
      home,
      installation,
      isPinned: state === 'pinned',
      ledger: ledger.facts,
      policy: policy.policy,
      anchors: anchors.view(),
      selfTest,
      now: Date.now(),
    }),
  );
  return {
    rows: rows.map((row) => ({ ...row, safeguard: safeguards[row.safeguard].citation })),
    selfTest: selfTest ?? null,
  };
}

/**
 * The vault's process tries what needs no key of the installation, and reads the ledger, for which main has no time; what needs one is tried here. Main
 * composes the report from its own table, and signs that, while whoever asked for it is in.
 */
async function selfTest({ gate, vaults, installed, home }: ProvingParts): Promise<Output<'selftest.run'>> {
  const { person } = gate.requireSession();
  const { installation, signer, ledger, policy, anchors } = installed.require();
  const { note } = await ledger.checkpoint();
  const keyless = await vaults.require().ask('selfTest', {});
  const own = await tryControls({
    anchors: async () => {
      anchors.offer(note);
      await anchors.flush({ again: true });
      return anchorsFinding(anchors.view());
    },
    'back-off': () => tryBackoff({ own: () => lookAtCounters(home, installation, ledger), people: ledger.facts.active().length }),
  });
  if (gate.session?.person !== person) throw new Refusal('locked', 'Wardmux was locked meanwhile: the self-test was not brought to its end.');
  const report = await signReport(
    {
      installation: installation.id,
      software: version,
      time: new Date().toISOString(),
      policySha256: policy.sha256,
      ledger: keyless.head,
      tried: [...keyless.tried, ...own],
    },
    signer,
  );
  await ledger.append(reportEntry(report, person.id));
  const { time, holds, controls } = report;
  return { time, holds, sha256: reportDigest(report), controls };
}
