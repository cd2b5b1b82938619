/** VERIFY.md: how to check a bundle with stock tools, and what a good verdict does not prove. */
import { EXPORT_NAMESPACE } from '../crypto/sshsig.ts';
import type { BundleSummary } from './summary.ts';

/**
 * A shell command that makes OpenSSH's allowed_signers of a trust file: it stands there a member a line, so awk can read it. The
 * keys of the installation, then each person's; audit keys sign nothing.
 */
export function signersCommand(trustFile: string): string {
  return `awk -F'"' '$2 == "auditKeys" { exit } $2 == "installation" || $2 == "id" { who = $4 } $2 == "ssh" { print who " namespaces=\\"${EXPORT_NAMESPACE}\\" " $4 }' ${trustFile}`;
}

export function guideText(summary: BundleSummary): string {
  return `# How to check this bundle

Recording ${summary.recording} of installation ${summary.installation}, exported by ${summary.exported.by} on ${summary.exported.time}.

This folder shows what was on a screen. Treat it as you treat a patient record. This text comes with it: what you go by is what you got with \`trust.json\`.

## What you need first

\`trust.json\`: the public keys of the installation and its people, and the digest of the verifier. Get it from the people who
run the workstation, by a way that does not pass through whoever gave you this bundle, and keep it. On the installation
\`wardmux trust --verifier DIR\` writes it, and \`verify.py\` beside it. Keys inside this folder prove nothing, and neither does a program
inside it: whoever forges a bundle puts in their own. Run nothing from this folder.

Put both beside this folder, not into it: a file that nobody signed for makes a bundle fail. Commands below run in this folder.

## In one command

With Python 3.9 or newer, nothing else:

    python3 ../verify.py . --trust ../trust.json

Exit status 0 is good; every kind of failure has a code, a sentence and an exit status of its own. On a machine with
Wardmux, \`wardmux verify . --trust ../trust.json\` judges the same. If you have \`trust.json\` alone: the \`verify.py\` that it means is the
file whose SHA-256 stands at its end.

    grep sha256 ../trust.json; sha256sum ../verify.py

## Step by step, with tools that are not ours

1. The files are those that were listed, SHA256SUMS lists eight of them, and there are no others than these and the three of SHA256SUMS:

       sha256sum --strict -c SHA256SUMS; wc -l SHA256SUMS; ls -A

2. The installation signed the list. Make the list of signers from YOUR trust file:

       ${signersCommand('../trust.json')} > ../signers
       ssh-keygen -Y verify -f ../signers -I ${summary.installation} -n ${EXPORT_NAMESPACE} -s SHA256SUMS.installation.sig < SHA256SUMS

   This checks the first of the installation's signatures, Ed25519. Where \`trust.json\` names a key of the algorithm \`ml-dsa-44\`, a second
   one stands behind it, and another in \`checkpoint.note\`: ssh-keygen does not know them. \`verify.py\` and \`wardmux verify\` check both.

3. The exporting person signed it:

       ssh-keygen -Y verify -f ../signers -I ${summary.exported.by} -n ${EXPORT_NAMESPACE} -s SHA256SUMS.person.sig < SHA256SUMS

4. \`checkpoint.note\` is a signed note (c2sp.org/signed-note) over the head of the installation's audit ledger. Each line of
   \`ledger.jsonl\` is an event with its RFC 6962 inclusion path in that ledger.
   Steps 1 to 3 show who signed which files. That session.cast follows from what was sealed, only a verifier shows.
5. \`evidence.jsonl\` has one line a record. Its leaves form the tree whose size and root the ledger's events state. Each
   disclosed piece matches a salted digest that was sealed while it was printed.
6. \`session.cast\` follows from the evidence, byte for byte. Play it with \`asciinema play session.cast\`. Bytes that are not
   UTF-8 show as U+FFFD there; the evidence has the exact bytes.

## What a good verdict does not prove

- That the clock of the workstation was right. Times are what it said.
- Anything about records that the verdict calls unproven: the ledger had not signed for them yet.
- That records which the verdict calls signed only after a crash are all that there were, or that the recorder wrote them and
  not somebody else who holds a key that opens the recording: they were opened with a key, and then signed for.
- That nothing was printed after the last record of a recording that has no end in the ledger (state "open").
- That whoever exported and signed this bundle left nothing out: events of the ledger that contradict this recording (a second start
  or end, damage that was found), policies and keys that are not shown. The proofs show that these events are in the ledger, not that
  there are no others: \`wardmux ledger verify --deep\` on the workstation shows that.
- What withheld pieces hold. The verdict counts them. Screen snapshots are always withheld: they repeat output.
- What was typed, unless the program printed it: input is not recorded.
- That this is the only recording of that time, or that the ledger was never replaced as a whole by someone who held the
  installation's key. For that, compare \`checkpoint.note\` with checkpoints that were kept elsewhere.
- Who sat at the keyboard. It proves which person's keys and which installation's key signed.
`;
}
