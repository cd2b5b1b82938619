import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IPty, spawn } from 'node-pty';
import { beforeEach, expect, test } from 'vitest';
import { homePaths, requireInstallation } from '../storage/index.ts';
import { StorageFault } from '../disk/fault.ts';
import { FileSecretStore } from '../storage/secret-store.ts';
import { newScryptParameters } from '../crypto/kdf.ts';
import { asOperator } from '../people/active.fixture.ts';
import { listPeople, NOTHING_MORE, readPerson, unlockWithPassphrase } from '../people/person.ts';
import { readPassphraseFd } from '../terminal/passphrase.ts';
import { HiddenLine } from '../terminal/hidden-line.ts';
import { MOST_HIDDEN_BYTES } from '../types/most-typed.ts';
import { runInit, type InitIo } from './init.ts';

const words = 'kettle orbit willow prairie stamp';
let place: string;
let out: string;
let talk: string;
let io: InitIo;
const fdWith = (bytes: string | Buffer): number => {
  const path = join(place, 'passphrase');
  writeFileSync(path, bytes);
  return openSync(path, 'r');
};
const answers = (...texts: string[]): ((question: string) => Promise<Buffer>) => async () => Buffer.from(texts.shift()!); // prettier-ignore

/** All that a terminal shows until its program ends; its question is answered once. */
async function answered(terminal: IPty, typed: string): Promise<string> {
  let screen = '';
  let left: string | undefined = typed;
  await new Promise<void>((resolve) => {
    terminal.onData((data) => {
      screen += data;
      if (left === undefined || !screen.includes('Say it: ')) return;
      terminal.write(left);
      left = undefined;
    });
    terminal.onExit(() => resolve());
  });
  return screen;
}

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-init-'));
  [out, talk] = ['', ''];
  io = {
    env: { WARDMUX_HOME: join(place, 'home') },
    out: (text) => void (out += text),
    talk: (text) => void (talk += text),
    parts: {
      chooseStore: async (home) => ({ store: new FileSecretStore(home.secrets) }),
      kdf: newScryptParameters(),
      workstation: 'ward-3',
    },
  };
});
const options = (more: object = {}) => ({ name: 'Ada Example', auditKeyOut: join(place, 'audit-key.json'), ...more });

test('a passphrase from a descriptor sets everything up, and the ledger says so', async () => {
  const fd = fdWith(`${words}\nanother line\n`);
  expect(await runInit(options({ passphraseFd: fd, json: true }), io)).toBe(0);
  closeSync(fd);
  const home = homePaths(join(place, 'home'));
  const said = JSON.parse(out) as { installation: string; person: string; auditKey: { kid: string; path: string } };
  expect(said).toMatchObject({ installation: requireInstallation(home).id, person: listPeople(home)[0], auditKey: { path: options().auditKeyOut } });
  (await unlockWithPassphrase(asOperator(readPerson(home, said.person)!), Buffer.from(words), NOTHING_MORE)).destroy();
  const [event] = readFileSync(join(home.ledger, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore
  expect(event).toMatchObject({ action: 'first-run', person: said.person, detail: { auditKeys: [said.auditKey.kid] } });
  expect(talk).toContain('off this workstation');
});

test('a second init is refused before anything is asked', async () => {
  const asked: string[] = [];
  expect(await runInit(options(), { ...io, prompt: answers(words, words) })).toBe(0);
  const before = readFileSync(options().auditKeyOut, 'utf8');
  const prompt = async (question: string): Promise<Buffer> => {
    asked.push(question);
    return Buffer.from(words);
  };
  expect(await runInit(options({ auditKeyOut: join(place, 'b.json') }), { ...io, prompt })).toBe(1);
  expect(asked).toEqual([]);
  expect(talk).toContain('already set up');
  expect(existsSync(join(place, 'b.json'))).toBe(false);
  expect(readFileSync(options().auditKeyOut, 'utf8')).toBe(before);
});

test('where the keyring keeps anything from being made, that is said before anything is asked', async () => {
  const asked: string[] = [];
  const prompt = async (question: string): Promise<Buffer> => {
    asked.push(question);
    return Buffer.from(words);
  };
  const chooseStore = () => Promise.reject(new StorageFault('secret-store', 'secret-service', 'The login keyring is locked. So nothing was made.'));
  expect(await runInit(options(), { ...io, prompt, parts: { ...io.parts, chooseStore } })).toBe(1);
  expect(asked).toEqual([]);
  expect(talk).toBe('wardmux init: The login keyring is locked. So nothing was made.\n');
});

test('an existing recovery path is refused and left alone', async () => {
  writeFileSync(options().auditKeyOut, 'mine');
  expect(await runInit(options(), { ...io, prompt: answers(words, words) })).toBe(1);
  expect(talk).toContain('already something at');
  expect(readFileSync(options().auditKeyOut, 'utf8')).toBe('mine');
  expect(existsSync(homePaths(join(place, 'home')).installation)).toBe(false);
});

test('a weak passphrase is asked for again; one that differs too', async () => {
  expect(await runInit(options(), { ...io, prompt: answers('short', words, `${words}!`, words, words) })).toBe(0);
  expect(talk).toContain('It needs 15 characters');
  expect(talk).toContain('not the same');
});

test('a weak passphrase from a descriptor is refused with exit status 2', async () => {
  const fd = fdWith('password password');
  expect(await runInit(options({ passphraseFd: fd }), io)).toBe(2);
  closeSync(fd);
  expect(existsSync(options().auditKeyOut)).toBe(false);
});

test('a descriptor that is not open is a sentence', async () => {
  expect(await runInit(options({ passphraseFd: 987 }), io)).toBe(2);
  expect(talk).toContain('cannot be read from file descriptor 987 (EBADF)');
});

test.each([
  ['word one', 'word one'],
  ['word one\n', 'word one'],
  ['word one\r\nmore', 'word one'],
  [' spaces stay \n', ' spaces stay '],
])('descriptor %j gives %j', async (given, expected) => {
  const fd = fdWith(given);
  expect((await readPassphraseFd(fd)).toString()).toBe(expected);
  closeSync(fd);
});

test.each(['', '\n', '\r\nmore'])('descriptor %j gives no passphrase, and that is said', async (given) => {
  const fd = fdWith(given);
  await expect(readPassphraseFd(fd)).rejects.toMatchObject({ code: 'empty', message: expect.stringContaining('gives no passphrase') as string });
  closeSync(fd);
});

test('a descriptor with a whole file behind it is refused', async () => {
  const fd = fdWith(Buffer.alloc(20_000, 97));
  await expect(readPassphraseFd(fd)).rejects.toMatchObject({ code: 'too-long' });
  closeSync(fd);
});

test.each(['', '\n', '\r\n', '\nmore'])('a line of 8192 bytes is read whole, of one more none of it; behind it %j', async (behind) => {
  const whole = fdWith(`${'x'.repeat(MOST_HIDDEN_BYTES)}${behind}`);
  expect((await readPassphraseFd(whole)).toString()).toBe('x'.repeat(MOST_HIDDEN_BYTES));
  closeSync(whole);
  const more = fdWith(`${'x'.repeat(MOST_HIDDEN_BYTES + 1)}${behind}`);
  await expect(readPassphraseFd(more)).rejects.toMatchObject({ code: 'too-long', message: expect.stringContaining('over 8192 bytes') as string });
  closeSync(more);
});

test('what is typed longer than a line takes is not cut, but refused; Ctrl-U begins anew', () => {
  const line = new HiddenLine();
  expect(line.type(Buffer.from('x'.repeat(MOST_HIDDEN_BYTES)))).toBeUndefined();
  expect(line.type(Buffer.from('\r'))).toBe('done');
  expect(line.take().toString()).toBe('x'.repeat(MOST_HIDDEN_BYTES));
  // What was taken off at its end may be what was never there.
  expect(line.type(Buffer.from(`${'x'.repeat(MOST_HIDDEN_BYTES + 1)}\u007f\u007f\r`))).toBe('too-long');
  expect(line.type(Buffer.from('\u0015right\r'))).toBe('done');
  expect(line.take().toString()).toBe('right');
  expect(line.type(Buffer.from(`${'x'.repeat(MOST_HIDDEN_BYTES + 1)}\r`))).toBe('too-long');
  line.take();
  expect(line.type(Buffer.from('right\r'))).toBe('done');
});

test('a descriptor that is not open says how to open one, and under npx, which hands on none, how to go without it', async () => {
  // A closed descriptor far above those that Node has opened.
  await expect(readPassphraseFd(999, {})).rejects.toMatchObject({ code: 'bad-descriptor', message: expect.stringMatching(/999 \(EBADF\).*3< FILE$/) });
  await expect(readPassphraseFd(999, { npm_command: 'exec' })).rejects.toMatchObject({
    code: 'bad-descriptor',
    message: expect.stringMatching(/npx .*no descriptor above 2.*bin\/wardmux in the clone/),
  });
});

test('typing: erase takes a character, Ctrl-U the line, Return ends, Ctrl-C cancels', () => {
  const line = new HiddenLine();
  expect(line.type(Buffer.from('ab\u00e9\u{1f600}\u007f\u007f\u007fx'))).toBeUndefined();
  expect(line.take().toString()).toBe('ax');
  expect(line.type(Buffer.from('wrong\u0015right\r'))).toBe('done');
  expect(line.take().toString()).toBe('right');
  expect(line.take().length).toBe(0);
  expect(line.type(Buffer.from([3]))).toBe('cancelled');
  expect(line.type(Buffer.from([4]))).toBe('cancelled');
  expect(line.type(Buffer.from('a\u0004'))).toBeUndefined();
});

test('the terminal is asked without echo, and its mode is put back', async () => {
  const module = new URL('../terminal/passphrase.ts', import.meta.url).pathname;
  const program = join(place, 'ask.ts');
  writeFileSync(
    program,
    `import { promptPassphrase } from ${JSON.stringify(module)};\nconst typed = await promptPassphrase('Say it: ');\nconsole.log('length=' + typed.length);\n`,
  );
  // `stty -a` says `echo` or `-echo`: the mode of the terminal after the program has ended.
  const terminal = spawn('/bin/sh', ['-c', `"$0" "$1" < /dev/null; stty -a | grep -o -- '-\\?echo '`, process.execPath, program], { cols: 80, rows: 24 });
  const screen = await answered(terminal, 'hunter2 hunter2\r');
  expect(screen).toContain('length=15');
  expect(screen).not.toContain('hunter2');
  expect(screen).toMatch(/(^|\n)echo /);
});

test('what is typed longer than a line takes is refused with a sentence', async () => {
  const module = new URL('../terminal/passphrase.ts', import.meta.url).pathname;
  const program = join(place, 'long.ts');
  writeFileSync(
    program,
    `import { promptPassphrase } from ${JSON.stringify(module)};\nawait promptPassphrase('Say it: ').then((typed) => console.log('length=' + typed.length), (error) => console.log(error.code + ': ' + error.message));\n`,
  );
  const terminal = spawn(process.execPath, [program], { cols: 200, rows: 24 });
  const screen = await answered(terminal, `${'x'.repeat(MOST_HIDDEN_BYTES + 1)}\r`);
  expect(screen).toContain('too-long: That has over 8192 bytes');
});

test('what is typed while a passphrase is being checked is not shown, and taken by nobody; ctrl-c still stops the command', async () => {
  const module = new URL('../terminal/passphrase.ts', import.meta.url).pathname;
  const program = join(place, 'checked.ts');
  // It is checked until the file is there: the test says when.
  const over = join(place, 'checked');
  writeFileSync(
    program,
    `import { existsSync } from 'node:fs';
import { ReadStream } from 'node:tty';
// Says how much of what was typed has come here: a terminal hands it on when it likes.
const { emit } = ReadStream.prototype;
let read = 0;
ReadStream.prototype.emit = function (name, ...values) {
  const bytes = name === 'data' ? values[0].length : 0;
  const heard = emit.call(this, name, ...values);
  if (bytes > 0) console.log('read ' + (read += bytes));
  return heard;
};
import { promptPassphrase, swallowTyped } from ${JSON.stringify(module)};
const ask = (question) => swallowTyped(async () => {
  const typed = await promptPassphrase(question);
  console.log('checking ' + typed.length);
  while (!existsSync(${JSON.stringify(over)})) await new Promise((next) => setTimeout(next, 10));
});
await ask('First: ');
console.log('length=' + (await promptPassphrase('Second: ')).length);
`,
  );
  const run = (act: (screen: string, type: (text: string) => void) => void): Promise<{ screen: string; code: number }> =>
    new Promise((resolve) => {
      // `cat` has what was left in the terminal for the next program.
      const terminal = spawn('/bin/sh', ['-c', `"$0" "$1" < /dev/null && stty -a | grep -o -- '-\\?echo ' && head -n 1`, process.execPath, program], {
        cols: 80,
        rows: 24,
      });
      let screen = '';
      terminal.onData((data) => {
        screen += data;
        act(screen, (text) => terminal.write(text));
      });
      terminal.onExit(({ exitCode }) => resolve({ screen, code: exitCode }));
    });
  let step = 0;
  const once = (at: number, seen: boolean, then: () => void): void => {
    if (step !== at || !seen) return;
    step += 1;
    then();
  };
  rmSync(over, { force: true });
  const { screen } = await run((seen, type) => {
    once(0, seen.includes('First: '), () => type('hunter2\r'));
    once(1, seen.includes('checking 7'), () => type('hunter3\r'));
    once(2, seen.includes('read 16'), () => writeFileSync(over, ''));
    once(3, seen.includes('Second: '), () => type('four\r'));
    once(4, /(^|\n)echo /.test(seen), () => type('left\r'));
  });
  expect(screen).toContain('length=4');
  expect(screen).not.toContain('hunter');
  expect(screen.split('left')).toHaveLength(3);
  rmSync(over);
  step = 0;
  const stopped = await run((seen, type) => {
    once(0, seen.includes('First: '), () => type('hunter2\r'));
    once(1, seen.includes('checking 7'), () => type('\u0003'));
  });
  expect(stopped.code).not.toBe(0);
  expect(stopped.screen).not.toContain('Second');
});

test('a question at which nobody is left ends, and what was typed there and not sent is not there for who comes next', async () => {
  const module = new URL('../terminal/passphrase.ts', import.meta.url).pathname;
  const program = join(place, 'left.ts');
  writeFileSync(
    program,
    `import { promptPassphrase } from ${JSON.stringify(module)};\nawait promptPassphrase('Say it: ', Number(process.argv[2]), 200).then((typed) => console.log('length=' + typed.length), (error) => console.log('code=' + error.code));\n`,
  );
  const ask = (waitMs: string, afterwards: string): Promise<string> =>
    new Promise((resolve) => {
      const terminal = spawn(process.execPath, [program, waitMs], { cols: 80, rows: 24 });
      let screen = '';
      let step = 0;
      terminal.onData((data) => {
        screen += data;
        if (step === 0 && screen.includes('Say it: ')) {
          step = 1;
          terminal.write('hunter2 hunter2');
        }
        if (step === 1 && screen.includes('is dropped')) {
          step = 2;
          if (afterwards !== '') terminal.write(afterwards);
        }
      });
      terminal.onExit(() => resolve(screen));
    });
  // Somebody else comes and presses Enter: there is nothing; what they type is theirs alone.
  expect(await ask('Infinity', '\r')).toContain('length=0');
  expect(await ask('Infinity', 'abc\r')).toContain('length=3');
  expect(await ask('400', '')).toContain('code=late');
});
