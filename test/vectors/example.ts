/** The example recording: two segments, and an event of every code. Recipe for golden files, vectors and forged bundles. */
import { jweOf, sealSegment, thumbprintOf, bytesOf, type SealedFrame, type SealEvent, type SealRecord } from './second-writer.ts';

export const RECORDING = '20260304-050607-0a1b2c3d';
export const INSTALLATION = 'w-000000000001';
export const PERSON = 'p-000000000001';
export const STARTED_MS = Date.UTC(2026, 2, 4, 5, 6, 7, 89);
/** SHA-256 of a policy that nobody has to read here. */
export const POLICY = 'ab'.repeat(32);

type Public = { readonly x: string; readonly y: string };

/** The text of a segment header. */
export function headerText(
  name: string,
  segment: number,
  firstSeq: number,
  outputOffset: number,
  recipients: readonly { readonly role: 'owner' | 'audit'; readonly key: Public }[],
): string {
  const secret = secretOf(name, segment);
  return JSON.stringify({
    format: 'wardmux-segment',
    version: 1,
    recording: RECORDING,
    installation: INSTALLATION,
    person: PERSON,
    role: 'operator',
    class: 'nursing',
    reason: 'none',
    breakGlass: null,
    segment,
    firstSeq,
    outputOffset,
    started: new Date(STARTED_MS).toISOString(),
    policySha256: POLICY,
    recipients: recipients.map(({ role, key }) => ({ kid: thumbprintOf(key), role, jwe: jweOf(secret, key, `${name}/${segment}/${role}`) })),
  });
}

export function secretOf(name: string, segment: number): Buffer {
  return bytesOf(`${name}/secret/${segment}`, 32);
}

/** What happened, a record each: milliseconds since the start, then events as code and data. */
type Plan = readonly (readonly [ms: number, ...events: (readonly [code: string, data: string | Buffer])[]])[];

const FIRST: Plan = [
  [0, ['s', '{"command":["/bin/sh","-l"],"cwd":"/","cols":80,"rows":24,"term":"xterm-256color","version":"0.1.0"}']],
  [12.345, ['o', '$ printf "größe\\n"\r\n'], ['o', 'größe\r\n'], ['o', '$ ']],
  [1012.345, ['o', Buffer.from([0x66, 0xff, 0xfe, 0x00, 0x0a])], ['o', Buffer.from([0xc3])]],
  [1012.5, ['o', Buffer.from([0xa9, 0x0a])], ['o', 'é "quoted" \\ \u2028 \u007f \u001b[m\b\f\n']],
  [1013, ['r', '132x43']],
  [1013, ['n', '{"outputOffset":60,"cols":132,"rows":43}\nthe screen']],
  [1013.001, ['i', 'ls\r']],
  [1014, ['m', 'a marker']],
  [1015, ['l', '{"cause":"idle"}']],
];
const SECOND: Plan = [
  [1015, ['r', '132x43']],
  [3012.345, ['o', 'printed while locked\n']],
  [3012.345, ['u', `{"person":"${PERSON}","method":"passkey","role":"operator","reason":"none","breakGlass":null}`]],
  [3012.345, ['g', '{"bytes":5,"reason":"an-example"}']],
  [3012.345, ['o', Buffer.from([0xf0, 0x9f])]],
  [4000, ['x', '{"code":0,"signal":0}']],
  [4000, ['e', '{"reason":"exit"}']],
];

function recordsOf(plan: Plan): SealRecord[] {
  return plan.map(([ms, ...events]) => ({
    monoNs: BigInt(Math.round(ms * 1e6)),
    wallMs: STARTED_MS + Math.floor(ms),
    events: events.map(([code, data]): SealEvent => ({ code, timeUs: Math.round(ms * 1000), data: Buffer.from(data as string) })),
  }));
}

const outputOf = (records: readonly SealRecord[]): number =>
  records.flatMap(({ events }) => events).reduce((sum, { code, data }) => sum + (code === 'o' ? data.length : 0), 0);

export interface Example {
  readonly segments: readonly (readonly SealedFrame[])[];
  readonly frames: readonly SealedFrame[];
  readonly records: readonly (readonly SealRecord[])[];
  readonly outputBytes: number;
  readonly durationMs: number;
}

/** The example, sealed to these keys. */
export function makeExample(name: string, recipients: readonly { readonly role: 'owner' | 'audit'; readonly key: Public }[]): Example {
  const plans = [recordsOf(FIRST), recordsOf(SECOND)];
  const segments: SealedFrame[][] = [];
  let seq = 0;
  let outputOffset = 0;
  for (const [segment, records] of plans.entries()) {
    const { monoNs, wallMs } = records[0]!;
    const header = headerText(name, segment, seq, outputOffset, recipients);
    const frames = sealSegment(RECORDING, segment, seq, { header, monoNs, wallMs, secret: secretOf(name, segment), records });
    segments.push(frames);
    seq += frames.length;
    outputOffset += outputOf(records);
  }
  return { segments, frames: segments.flat(), records: plans, outputBytes: outputOffset, durationMs: 4000 };
}
