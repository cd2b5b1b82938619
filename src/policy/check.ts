/** Everything that is wrong with a file that is to be a policy: the field, the line, what is wrong, and what is allowed there. Pure. */
import { readAsJson } from '../disk/json.ts';
import { policySchema } from './policy.ts';
import { allowedText, nodesAt, policyJsonSchema } from './schema.ts';
import type { Policy } from './types.ts';

export interface PolicyFinding {
  /** Empty for the whole file. */
  readonly field: string;
  /** From 1; null where it is no JSON, and `sentence` says the place. */
  readonly line: number | null;
  readonly sentence: string;
  /** What may stand there; null where nothing is known of that field. */
  readonly allowed: string | null;
  /** What the field is for. */
  readonly help: string | null;
}

/** @returns the policy, or every finding. */
export function checkPolicy(bytes: Uint8Array): { readonly policy: Policy } | { readonly findings: readonly PolicyFinding[] } {
  const read = readAsJson(policySchema, bytes);
  if ('value' in read) return { policy: read.value };
  if (read.findings === undefined) return { findings: [{ field: '', line: null, sentence: read.text, allowed: null, help: null }] };
  const schema = policyJsonSchema();
  return {
    findings: read.findings.map(({ field, path, line, sentence }) => {
      const nodes = nodesAt(schema, path);
      const allowed = [...new Set(nodes.map(allowedText))];
      return { field, line, sentence, allowed: allowed.length > 0 ? allowed.join('; or ') : null, help: nodes[0]?.description ?? null };
    }),
  };
}

/** A finding in a line. */
export function findingText({ field, line, sentence, allowed }: PolicyFinding): string {
  const where = line === null ? '' : `line ${line}: `;
  return `${where}${field || (line === null ? 'the file' : 'the top level')} ${sentence}.${allowed === null ? '' : ` Allowed: ${allowed}.`}`;
}
