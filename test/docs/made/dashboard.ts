/**
 * Saved objects for OpenSearch Dashboards and Kibana: a pattern for the index, pictures over it, and a dashboard of them, in the form of version 7.9, which both read. They look at
 * fields alone that every event has (test/docs/siem.test.ts holds that), and at actions as the tables of events and rules have them.
 */
import { rules, type AlertRule } from '../../../src/alerts/rules.ts';

/** A saved object as an export has it, one a line. */
interface SavedObject {
  readonly id: string;
  readonly type: 'index-pattern' | 'visualization' | 'dashboard';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly { readonly name: string; readonly type: string; readonly id: string }[];
  readonly migrationVersion: Readonly<Record<string, string>>;
}

const PATTERN = 'wardmux-events';
const INDEX_REFERENCE = 'kibanaSavedObjectMeta.searchSourceJSON.index';

interface Aggregation {
  readonly type: 'count' | 'max' | 'cardinality' | 'date_histogram' | 'terms';
  readonly schema: 'metric' | 'segment' | 'group' | 'bucket';
  readonly params: Readonly<Record<string, unknown>>;
}

interface Picture {
  readonly name: string;
  readonly title: string;
  /** For whoever looks: what it is of, and what it does not say. */
  readonly description: string;
  readonly type: 'histogram' | 'table' | 'metric';
  /** In the query language of both. */
  readonly query: string;
  readonly aggs: readonly Aggregation[];
  /** Columns of 48, and rows. */
  readonly size: readonly [width: number, height: number];
}

const count: Aggregation = { type: 'count', schema: 'metric', params: {} };
const byHour: Aggregation = { type: 'date_histogram', schema: 'segment', params: { field: '@timestamp', interval: 'h', min_doc_count: 0 } };
const byDay: Aggregation = { type: 'date_histogram', schema: 'segment', params: { field: '@timestamp', interval: 'd', min_doc_count: 0 } };
const each = (schema: 'group' | 'bucket', field: string, size: number, orderBy = '1', order = 'desc'): Aggregation => ({
  type: 'terms',
  schema,
  params: { field, size, orderBy, order },
});
const events = (...actions: readonly string[]): string =>
  `event.dataset: "wardmux.ledger" and event.action: (${actions.map((one) => `"${one}"`).join(' or ')})`;

/** Actions of rules that cannot wait, but for those whose rules ask for more than the action: most of these are somebody who comes in, exports with what is withheld, or a schedule. */
const asksMore: readonly string[] = [
  'unlock',
  'verify',
  'selftest',
  'play',
  'view',
  'export',
  'policy.change',
  'person.keys',
  'revocation.look',
  'station.stop',
  'recording.deleted',
  'program.updated',
];
const urgent = Object.values(rules as Readonly<Record<string, AlertRule>>)
  .flatMap(({ severity, actions = [] }) => (severity === 'page' ? actions : []))
  .filter((action, n, all) => all.indexOf(action) === n && !asksMore.includes(action));

export const pictures: readonly Picture[] = [
  {
    name: 'failed-unlocks',
    title: 'Failed unlocks by hour',
    description: 'By workstation. Ten in ten minutes at one are an alert there; a reason of a failure stands in each event.',
    type: 'histogram',
    query: `${events('unlock')} and event.outcome: "failure"`,
    aggs: [count, byHour, each('group', 'host.name', 10)],
    size: [48, 12],
  },
  {
    name: 'urgent',
    title: 'What cannot wait',
    description: 'Events that raise an alert at the workstation which cannot wait, where their kind alone says so. Of the others there are Sigma rules.',
    type: 'table',
    query: events(...urgent),
    aggs: [count, each('bucket', 'event.action', 20), each('bucket', 'host.name', 20)],
    size: [24, 14],
  },
  {
    name: 'last-heard',
    title: 'When each workstation was heard last',
    description: 'The longest silent first. A workstation that is off sends nothing; one whose sending was stopped, neither.',
    type: 'table',
    query: 'event.dataset: "wardmux.ledger"',
    aggs: [{ type: 'max', schema: 'metric', params: { field: '@timestamp' } }, each('bucket', 'host.name', 100, '1', 'asc')],
    size: [24, 14],
  },
  {
    name: 'emergencies',
    title: 'Emergencies',
    description: 'Each is reviewed within three days after its end.',
    type: 'metric',
    query: events('breakglass.start'),
    aggs: [count],
    size: [12, 10],
  },
  {
    name: 'people',
    title: 'People who came in',
    description: 'Ids, each counted once; the names stay at the workstations.',
    type: 'metric',
    query: `${events('unlock')} and event.outcome: "success"`,
    aggs: [{ type: 'cardinality', schema: 'metric', params: { field: 'user.id' } }],
    size: [12, 10],
  },
  {
    name: 'exports',
    title: 'Exports by person',
    description: 'What was withheld of each stands in the event.',
    type: 'table',
    query: `${events('export')} and event.outcome: "success"`,
    aggs: [count, each('bucket', 'user.id', 20)],
    size: [24, 10],
  },
  {
    name: 'changes',
    title: 'People, roles, keys and policy by day',
    description: 'What was changed, of whom it was and who agreed stands in each event.',
    type: 'histogram',
    query: events('person.roles', 'person.state', 'person.keys', 'person.stop', 'policy.change', 'installation.key', 'station.stop'),
    aggs: [count, byDay, each('group', 'event.action', 10)],
    size: [24, 12],
  },
  {
    name: 'recordings',
    title: 'Recordings by day',
    description: 'Those that began, by workstation.',
    type: 'histogram',
    query: events('recording.start'),
    aggs: [count, byDay, each('group', 'host.name', 10)],
    size: [24, 12],
  },
];

const sourceOf = (query: string, withIndex: boolean): string =>
  JSON.stringify({ query: { query, language: 'kuery' }, filter: [], ...(withIndex && { indexRefName: INDEX_REFERENCE }) });

const idOf = ({ name }: Picture): string => `wardmux-${name}`;

/** Of each type of picture what it has to have beside its numbers. */
function paramsOf(type: Picture['type']): object {
  if (type === 'table')
    return {
      perPage: 20,
      showPartialRows: false,
      showMetricsAtAllLevels: false,
      sort: { columnIndex: null, direction: null },
      showTotal: false,
      totalFunc: 'sum',
      percentageCol: '',
    };
  if (type === 'metric') {
    const metric = {
      percentageMode: false,
      useRanges: false,
      colorSchema: 'Green to Red',
      metricColorMode: 'None',
      colorsRange: [{ from: 0, to: 10_000 }],
      labels: { show: true },
      invertColors: false,
    };
    return {
      addTooltip: true,
      addLegend: false,
      type: 'metric',
      metric: { ...metric, style: { bgFill: '#000', bgColor: false, labelColor: false, subText: '', fontSize: 60 } },
    };
  }
  const axis = { show: true, style: {}, labels: { show: true, filter: true, truncate: 100 } };
  return {
    type: 'histogram',
    grid: { categoryLines: false },
    categoryAxes: [{ ...axis, id: 'CategoryAxis-1', type: 'category', position: 'bottom', scale: { type: 'linear' }, title: {} }],
    valueAxes: [
      { ...axis, id: 'ValueAxis-1', name: 'LeftAxis-1', type: 'value', position: 'left', scale: { type: 'linear', mode: 'normal' }, title: { text: 'Events' } },
    ],
    seriesParams: [
      {
        show: true,
        type: 'histogram',
        mode: 'stacked',
        data: { label: 'Events', id: '1' },
        valueAxis: 'ValueAxis-1',
        drawLinesBetweenPoints: true,
        lineWidth: 2,
        showCircles: true,
      },
    ],
    addTooltip: true,
    addLegend: true,
    legendPosition: 'right',
    times: [],
    addTimeMarker: false,
    labels: { show: false },
    thresholdLine: { show: false, value: 10, width: 1, style: 'full', color: '#E7664C' },
  };
}

const visualization = (picture: Picture): SavedObject => ({
  id: idOf(picture),
  type: 'visualization',
  attributes: {
    title: `Wardmux: ${picture.title}`,
    description: picture.description,
    visState: JSON.stringify({
      title: `Wardmux: ${picture.title}`,
      type: picture.type,
      params: paramsOf(picture.type),
      aggs: picture.aggs.map((agg, n) => ({ id: `${n + 1}`, enabled: true, ...agg })),
    }),
    uiStateJSON: '{}',
    version: 1,
    kibanaSavedObjectMeta: { searchSourceJSON: sourceOf(picture.query, true) },
  },
  references: [{ name: INDEX_REFERENCE, type: 'index-pattern', id: PATTERN }],
  migrationVersion: { visualization: '7.8.0' },
});

/** From left to right, then below: no picture lies over another one. */
function places(): readonly { readonly x: number; readonly y: number; readonly w: number; readonly h: number }[] {
  let [x, y, below] = [0, 0, 0];
  return pictures.map(({ size: [w, h] }) => {
    if (x + w > 48) [x, y] = [0, below];
    const place = { x, y, w, h };
    x += w;
    below = Math.max(below, y + h);
    return place;
  });
}

function dashboard(): SavedObject {
  const panels = places().map((place, n) => ({
    version: '7.9.0',
    gridData: { ...place, i: `${n}` },
    panelIndex: `${n}`,
    embeddableConfig: {},
    panelRefName: `panel_${n}`,
  }));
  return {
    id: 'wardmux',
    type: 'dashboard',
    attributes: {
      title: 'Wardmux',
      description: 'Events of Wardmux ledgers. What a picture shows is what was sent: wardmux ledger verify --against compares that with a ledger.',
      hits: 0,
      panelsJSON: JSON.stringify(panels),
      optionsJSON: JSON.stringify({ useMargins: true, hidePanelTitles: false }),
      version: 1,
      timeRestore: true,
      timeFrom: 'now-7d',
      timeTo: 'now',
      kibanaSavedObjectMeta: { searchSourceJSON: sourceOf('', false) },
    },
    references: pictures.map((picture, n) => ({ name: `panel_${n}`, type: 'visualization', id: idOf(picture) })),
    migrationVersion: { dashboard: '7.9.0' },
  };
}

const pattern: SavedObject = {
  id: PATTERN,
  type: 'index-pattern',
  attributes: { title: 'wardmux', timeFieldName: '@timestamp' },
  references: [],
  migrationVersion: { 'index-pattern': '7.6.0' },
};

/** docs/siem/dashboard.ndjson: a saved object a line, those that others point to first. */
export const dashboardText = (): string => [pattern, ...pictures.map(visualization), dashboard()].map((one) => `${JSON.stringify(one)}\n`).join('');
