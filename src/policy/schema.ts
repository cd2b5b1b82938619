/** policy.json as a JSON Schema, made from the schema that decides: editors complete and check the file with it. */
import { z } from 'zod';
import { policySchema } from './policy.ts';

/** What of JSON Schema is looked at here. */
export interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** Draft 7, which the editors in use know. What one field demands of another (a warning shorter than the time, a thumbprint of its key) is not in it. */
export function policyJsonSchema(): SchemaNode {
  const { $schema, ...made } = z.toJSONSchema(policySchema, { target: 'draft-7', io: 'input' }) as Readonly<Record<string, unknown>>;
  return {
    $schema,
    title: 'Wardmux policy',
    description:
      'policy.json of a Wardmux workstation. The file is a wish until somebody who may has taken it into force: wardmux policy apply FILE. An editor completes it where its $schema names this file.',
    ...made,
  } as SchemaNode;
}

const alternatives = ({ anyOf, oneOf }: SchemaNode): readonly SchemaNode[] => anyOf ?? oneOf ?? [];

/** The parts of a schema at a path; several where it has alternatives. */
export function nodesAt(node: SchemaNode, [step, ...rest]: readonly (string | number)[]): readonly SchemaNode[] {
  if (step === undefined) return [node];
  const next = typeof step === 'number' ? node.items : node.properties && Object.hasOwn(node.properties, step) ? node.properties[step] : undefined;
  return [...(next ? nodesAt(next, rest) : []), ...alternatives(node).flatMap((each) => nodesAt(each, [step, ...rest]))];
}

const words: Readonly<Record<string, string>> = { integer: 'a whole number', number: 'a number', string: 'text', boolean: 'true or false', array: 'a list' };

function range(low: number | undefined, high: number | undefined, unit: string): string {
  if (low === undefined && high === undefined) return '';
  if (low === undefined || low === 0) return high === undefined ? '' : ` of at most ${high}${unit}`;
  return high === undefined ? ` of at least ${low}${unit}` : ` from ${low} to ${high}${unit}`;
}

/** What may stand at a node, in words. */
export function allowedText(node: SchemaNode): string {
  const { type } = node;
  if ('const' in node) return JSON.stringify(node.const);
  if (node.enum) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  if (node.properties) return `an object with ${Object.keys(node.properties).join(', ')}`;
  if (alternatives(node).length > 0) return alternatives(node).map(allowedText).join('; or ');
  const word = words[String(type)] ?? 'what the schema says';
  if (type === 'string') return `${word}${range(node.minLength, node.maxLength, ' characters')}`;
  if (type === 'array') return `${word}${range(node.minItems, node.maxItems, ' entries')}`;
  return `${word}${range(node.minimum, node.maximum, '')}`;
}
