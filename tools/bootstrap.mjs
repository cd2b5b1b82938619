/**
 * What stands behind `npm start`, `npm test` and the other scripts of package.json: installs what is missing, then runs the
 * command under the project's own Node 24. Plain JavaScript without dependencies, because it runs before there are any.
 *
 *   node tools/bootstrap.mjs start [argument…]        builds and opens the app
 *   node tools/bootstrap.mjs test [filter…]           builds, checks, runs every test; last line `tests: N passed, …`
 *   node tools/bootstrap.mjs build|check|bench|screenshots|package [argument…]
 *
 * Exit status: that of the command; 1 when something could not be installed; 2 for a wrong call.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Sentence, appEnvironment, root, run, say, tolerant } from './bootstrap/common.mjs';
import { ensureModules, ensureNode, ensureNodePty, linkCommand } from './bootstrap/modules.mjs';
import { ensureSystem } from './bootstrap/system.mjs';
import { closingLine, runChecks, runTests } from './bootstrap/tests.mjs';

/** The first Node whose `require(esm)` and Vite agree; it is what Debian users get from the usual sources. */
const oldestNode = [20, 19];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    throw new Sentence(
      `Node ${process.versions.node} is too old to start from: Wardmux needs ${oldestNode.join('.')} or newer here, and brings the Node it runs on with it.`,
    );
  }
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

const commands = {
  async start(node, args) {
    await build(node, ['--quiet']);
    return await run(node, ['--disable-sigusr1', join(root, own('dist/start.mjs')), ...args], { env: appEnvironment() });
  },
  async test(node, args) {
    return await runTests(node, args, () => build(node, ['--quiet']));
  },
  async build(node, args) {
    await build(node, args);
    return 0;
  },
  async check(node) {
    const { failed } = await runChecks(node);
    return failed === 0 ? 0 : 1;
  },
  async bench(node, args) {
    await build(node, ['--quiet']);
    return await script(node, own('test/bench/main.ts'), args);
  },
  async screenshots(node, args) {
    await build(node, ['--quiet']);
    return await script(node, own('tools/screenshots.ts'), args);
  },
  async package(node, args) {
    await build(node, ['--package', '--quiet']);
    return await script(node, own('tools/package.mjs'), args);
  },
};

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  if (!Object.hasOwn(commands, name)) {
    say(`usage: node tools/bootstrap.mjs ${Object.keys(commands).join('|')} [argument…]`);
    return 2;
  }
  checkNode();
  process.chdir(root);
  ensureSystem(name);
  await ensureModules();
  const node = await ensureNode();
  await ensureNodePty(node);
  tolerant('node_modules/.bin/wardmux', linkCommand);
  return await commands[name](node, args);
}

// This process stays while the app runs: a signal is not to open a debugger in it. Older Nodes have no flag for that.
process.on('SIGUSR1', () => {});
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Sentence)) throw error;
  say(error.message);
  // Whoever reads only the last line of a test run must not take a setup that failed for a run without failures.
  if (process.argv[2] === 'test') process.stdout.write(`${closingLine({ passed: 0, failed: 1, skipped: 0 })}\n`);
  process.exitCode = 1;
}
