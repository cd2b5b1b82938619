/** What every pty keeps, the real one and the fake. */
import { afterEach, describe, expect, test } from 'vitest';
import { FakePty } from './fake.ts';
import { maxQueuedInput, type Pty, type PtyEvents, type PtyExit } from './pty.ts';
import { spawnThreadedPty, spawnUnixPty } from './unix.ts';

interface Subject {
  readonly pty: Pty;
  /** Output so far. */
  readonly output: () => string;
  readonly exit: Promise<PtyExit>;
  readonly isExited: () => boolean;
}

/** A program that reads lines of commands; both sides understand the same few. */
const script = `stty -echo -icanon min 1 2>/dev/null
echo ready
while IFS= read -r line; do
  case $line in
    'print '*) printf '%s' "\${line#print }" ;;
    'flood '*) head -c "\${line#flood }" /dev/zero | tr '\\0' x ;;
    'floodexit '*) exec head -c "\${line#floodexit }" /dev/zero ;;
    size) stty size ;;
    deaf) sleep 1000 ;;
    'exit '*) exit "\${line#exit }" ;;
  esac
done`;

function play(fake: FakePty, line: string): void {
  const [verb, argument = ''] = line.split(/ (.*)/s);
  if (verb === 'print') fake.print(argument);
  if (verb === 'flood') fake.print('x'.repeat(Number(argument)));
  if (verb === 'size') {
    const size = fake.sizes.at(-1) ?? fake.options;
    fake.print(`${size.rows} ${size.cols}\r\n`);
  }
  if (verb === 'deaf') fake.reads(false);
  if (verb === 'exit') fake.finish({ code: Number(argument), signal: 0 });
  if (verb === 'floodexit') {
    fake.print('\0'.repeat(Number(argument)));
    fake.finish({ code: 0, signal: 0 });
  }
}

const open: Pty[] = [];
afterEach(() => {
  for (const pty of open.splice(0)) pty.kill('SIGKILL');
});

function start(kind: 'event loop' | 'thread' | 'fake', seen: (bytes: Uint8Array) => void = () => {}): Subject {
  const chunks: Buffer[] = [];
  let exited = false;
  let resolve: (exit: PtyExit) => void;
  const exit = new Promise<PtyExit>((done) => {
    resolve = done;
  });
  const events: PtyEvents = {
    data(bytes) {
      expect(exited).toBe(false);
      chunks.push(Buffer.from(bytes));
      seen(bytes);
    },
    exit(value) {
      expect(exited).toBe(false);
      exited = true;
      resolve(value);
    },
  };
  const options = {
    command: ['/bin/bash', '--norc', '-c', script],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', BASH_ENV: '/nonexistent' },
    cols: 80,
    rows: 24,
  };
  let pty: Pty;
  if (kind !== 'fake') pty = (kind === 'event loop' ? spawnUnixPty : spawnThreadedPty)(options, events);
  else {
    const fake = new FakePty(4242, options, events);
    const { write } = fake;
    fake.write = (bytes) => {
      const taken = write.call(fake, bytes);
      if (fake.queuedBytes === 0) for (const line of Buffer.from(bytes).toString().split('\n')) play(fake, line);
      return taken;
    };
    fake.print('ready\r\n');
    pty = fake;
  }
  open.push(pty);
  return { pty, output: () => Buffer.concat(chunks).toString('latin1'), exit, isExited: () => exited };
}

const send = (subject: Subject, line: string): boolean => subject.pty.write(Buffer.from(`${line}\n`));
const until = (subject: Subject, check: (output: string) => boolean): Promise<void> => expect.poll(() => check(subject.output()), { interval: 2 }).toBe(true);

describe.each(['event loop', 'thread', 'fake'] as const)('a pty (%s)', (kind) => {
  test('gives output, takes input, and tells the exit last', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    send(subject, 'print héllo');
    await until(subject, (output) => output.endsWith(Buffer.from('héllo').toString('latin1')));
    send(subject, 'exit 7');
    expect(await subject.exit).toEqual({ code: 7, signal: 0 });
  });

  test('zeroes its buffer when the consumer has returned', async () => {
    const kept: Uint8Array[] = [];
    const subject = start(kind, (bytes) => kept.push(bytes));
    await until(subject, (output) => output === 'ready\r\n');
    // Whatever comes next into the same buffer may be there, but not what was there.
    expect(kept.some((bytes) => Buffer.from(bytes).includes('ready'))).toBe(false);
  });

  test('loses nothing when it is paused as the program ends', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    subject.pty.pause();
    send(subject, 'floodexit 8000');
    expect(await subject.exit).toEqual({ code: 0, signal: 0 });
    expect(subject.output().length).toBe('ready\r\n'.length + 8000);
  });

  test('is silent while paused and complete after', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    subject.pty.pause();
    send(subject, 'flood 200000');
    // When another pty has given as much, this one has had its time.
    const other = start(kind);
    await until(other, (output) => output === 'ready\r\n');
    send(other, 'flood 200000');
    await until(other, (output) => output.length === 'ready\r\n'.length + 200_000);
    expect(subject.output()).toBe('ready\r\n');
    subject.pty.resume();
    await until(subject, (output) => output.length === 'ready\r\n'.length + 200_000);
  });

  test('resizes', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    subject.pty.resize(132, 43);
    send(subject, 'size');
    await until(subject, (output) => output.endsWith('43 132\r\n'));
  });

  test('tells the signal that ended the program', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    subject.pty.kill('SIGKILL');
    expect(await subject.exit).toEqual({ code: 0, signal: 9 });
    subject.pty.kill('SIGKILL');
    subject.pty.resize(10, 10);
    expect(send(subject, 'print x')).toBe(false);
  });

  test('keeps input for a program that does not read, up to a limit, and wipes it when told', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    send(subject, 'deaf');
    const mebibyte = Buffer.alloc(1024 * 1024, 'a');
    for (let taken = 0; taken < maxQueuedInput / mebibyte.length; taken++) expect(subject.pty.write(mebibyte)).toBe(true);
    expect(subject.pty.queuedBytes).toBeGreaterThan(maxQueuedInput - mebibyte.length);
    expect(subject.pty.write(mebibyte)).toBe(false);
    expect(subject.pty.discardInput()).toBeGreaterThan(0);
    expect(subject.pty.queuedBytes).toBe(0);
  });

  test('close() hangs up, drops what was not read, and still tells the exit', async () => {
    const subject = start(kind);
    await until(subject, (output) => output === 'ready\r\n');
    subject.pty.pause();
    send(subject, 'flood 5000');
    subject.pty.close();
    const { signal } = await subject.exit;
    expect(signal).toBe(1);
    expect(subject.output()).toBe('ready\r\n');
  });
});
