/**
 * What stands behind `npm start`, `npm test` and the other scripts of package.json: installs what is missing, then runs the
 * command under the project's own Node 24. Plain JavaScript without dependencies, because it runs before there are any, on
 * whatever Node the person has.
 *
 *   node tools/bootstrap.mjs start|test|build|check|bench|screenshots|package [argument…]     --help: what each takes
 *
 * Exit status: that of the command; 1 when something could not be installed; 2 for a wrong call.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Sentence, appEnvironment, checkClone, root, run, say, tolerant } from './bootstrap/common.mjs';
import { ensureModules, ensureNode, ensureNodePty, isReady, linkCommand } from './bootstrap/modules.mjs';
import { ensureSystem } from './bootstrap/system.mjs';
import { closingLine, runChecks, runTests } from './bootstrap/tests.mjs';

/** Debian 12's own. It fetches the Node that everything else runs on. */
const oldestNode = 18;

function checkNode() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode)
    throw new Sentence(
      `Node ${process.versions.node} is too old to start from: Wardmux needs ${oldestNode} or newer here, and brings the Node it runs on with it.`,
    );
}

/** Runs one of our scripts under Node 24 and gives its exit status. */
const script = (node, file, args = []) => run(node, [join(root, file), ...args]);

async function build(node, args = []) {
  const status = await script(node, 'tools/build.mjs', args);
  if (status !== 0) throw new Sentence('The build failed: nothing was started.');
}

/** A script that belongs to the clone; a missing one is said, not a stack trace. */
function own(file) {
  if (!existsSync(join(root, file))) throw new Sentence(`${file} is missing: is this clone complete? Try: git status`);
  return file;
}

/** `part`: which npm packages it needs (tools/bootstrap/modules.mjs). `help`: what `--help` prints, before anything is installed. */
const commands = {
  start: {
    part: 'program',
    help: `npm start
  Installs and builds what is missing, then opens the app; without a display, one recorded shell in this terminal.
  Examples:  npm start      WARDMUX_HOME=/srv/wardmux npm start`,
    async run(node, args) {
      await build(node, ['--quiet']);
      return await run(node, ['--disable-sigusr1', join(root, own('dist/start.mjs')), ...args], { env: appEnvironment() });
    },
  },
  test: {
    part: 'everything',
    help: `npm test [-- FILTER…]
  Builds, checks (format, lint, types, licences) and runs every test, or the files whose path has a FILTER in it.
  The last line counts them; the exit status is 0 when none failed. What was left out is listed with its reason.
  Examples:  npm test      npm test -- src/ledger`,
    run: (node, args) => runTests(node, args, () => build(node, ['--quiet'])),
  },
  build: {
    part: 'program',
    help: `npm run build [-- --force] [--quiet] [--package]
  Makes dist/, where something has changed. --force: in any case. --quiet: says nothing when nothing changed.
  --package: as it is shipped, without source maps.`,
    async run(node, args) {
      await build(node, args);
      return 0;
    },
  },
  check: {
    part: 'everything',
    help: 'npm run check\n  Format, lint, types and licences. The exit status is 0 when all passed.',
    async run(node) {
      const { failed } = await runChecks(node);
      return failed === 0 ? 0 : 1;
    },
  },
  bench: {
    part: 'everything',
    help: `npm run bench [-- OPTION…]
  Measures here and now, against the peers that are installed, and writes docs/bench/latest.md. Its options stand at the top
  of test/bench/main.ts.
  Examples:  npm run bench      npm run bench -- --quick --lock`,
    async run(node, args) {
      await build(node, ['--quiet']);
      return await script(node, own('test/bench/main.ts'), args);
    },
  },
  screenshots: {
    part: 'everything',
    help: `npm run screenshots [-- NAME…]
  Takes the pictures in docs/screenshots anew, all of them or those that are named, from the real app with invented people.`,
    async run(node, args) {
      await build(node, ['--quiet']);
      return await script(node, own('tools/screenshots.ts'), args);
    },
  },
  package: {
    part: 'everything',
    help: `npm run package [-- --output FOLDER] [--stand-in]
  Packages the Electron app for Linux as a folder, release/linux-unpacked. Without the Electron runtime it is made with a
  stand-in, which shows what would be shipped and does not start: the exit status is then 3, or 0 where --stand-in asked for it.`,
    async run(node, args) {
      await build(node, ['--package', '--quiet']);
      return await script(node, own('tools/package.mjs'), args);
    },
  },
};

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const isHelp = name === '--help' || name === '-h';
    process[isHelp ? 'stdout' : 'stderr'].write(
      `usage: npm start, npm test, npm run ${Object.keys(commands).slice(2).join('|')}; --help after " -- " says more\n`,
    );
    return isHelp ? 0 : 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${command.help}\n`);
    return 0;
  }
  checkNode();
  process.chdir(root);
  // What is installed and built here runs as whoever starts it: nobody else may write it, whatever the person's own mask is.
  process.umask(process.umask() | 0o022);
  checkClone({ isReady: isReady(command.part) });
  ensureSystem(name);
  await ensureModules(command.part);
  const node = await ensureNode();
  await ensureNodePty();
  tolerant('node_modules/.bin/wardmux', linkCommand);
  return await command.run(node, args);
}

// This process stays while the app runs: a signal is not to open a debugger in it. Older Nodes have no flag for that.
process.on('SIGUSR1', () => {});
try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Sentence ? error.message : (error?.stack ?? String(error)));
  // Whoever reads only the last line of a test run must not take a setup that failed for a run without failures.
  if (process.argv[2] === 'test') process.stdout.write(`${closingLine({ passed: 0, failed: 1, skipped: 0 })}\n`);
  process.exitCode = 1;
}
