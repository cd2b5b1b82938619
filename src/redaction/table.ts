/** The one table of recognisers. A new one is a word in `recogniserKinds` (src/types/words.ts) and a row in one of these files, and another version below; documents, options, tests and figures follow from it. */
import { columnsRow } from './columns.ts';
import { fhirRow } from './fhir.ts';
import { hl7Row } from './hl7.ts';
import { identifierRows } from './identifiers.ts';
import type { Kind, RecogniserRow } from './recogniser.ts';
import { secretRows } from './secrets.ts';
import { x12Row } from './x12.ts';

/** Of the table: it changes whenever a row finds something else than before. It stands in the list of each redacted export and in the ledger. */
export const RECOGNISERS_VERSION = '1.3.0';

export const recognisers: readonly RecogniserRow[] = [...identifierRows, hl7Row, fhirRow, columnsRow, x12Row, ...secretRows];

export const rowOf = (kind: Kind): RecogniserRow => recognisers.find((row) => row.kind === kind)!;

/** What `--redact default` runs. */
export const standardKinds: readonly Kind[] = recognisers.filter(({ standard }) => standard).map(({ kind }) => kind);
