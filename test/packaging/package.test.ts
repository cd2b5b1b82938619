/**
 * Packages the Electron app without a network, and reads the result back: which files, which of them outside the archive,
 * which fuses. With a stand-in for the runtime, so that it is the same on every machine; where the runtime is installed,
 * its fuses are flipped and read back too.
 */
import { listPackage, extractFile } from '@electron/asar';
import { FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { electronRuntime } from '../../main/electron/runtime.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A proxy at a closed port: a download would fail, and the packaging with it. */
const offline = {
  http_proxy: 'http://127.0.0.1:9',
  https_proxy: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  no_proxy: '',
  NO_PROXY: '',
};

function runPackage(output: string, args: readonly string[]): { status: number | null; talk: string } {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, 'tools/package.mjs'), '--output', output, ...args], {
    cwd: root,
    env: { ...process.env, ...offline },
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, talk: stdout + stderr };
}

/** The digit of a fuse that is on. */
const ON = '1'.charCodeAt(0);

const wantedFuses: readonly (readonly [keyof typeof FuseV1Options, boolean])[] = [
  ['RunAsNode', false],
  ['EnableCookieEncryption', true],
  ['EnableNodeOptionsEnvironmentVariable', false],
  ['EnableNodeCliInspectArguments', false],
  ['EnableEmbeddedAsarIntegrityValidation', true],
  ['OnlyLoadAppFromAsar', true],
  ['LoadBrowserProcessSpecificV8Snapshot', false],
  ['GrantFileProtocolExtraPrivileges', false],
];

async function fusesOf(program: string): Promise<unknown[]> {
  const wire = (await getCurrentFuseWire(program)) as unknown as Record<number | string, unknown>;
  expect(String(wire['version'])).toBe(FuseVersion.V1);
  return wantedFuses.map(([name]) => [name, wire[FuseV1Options[name] as number] === ON]);
}

describe('The package', () => {
  let output: string;
  let unpacked: string;
  let files: string[];

  beforeAll(() => {
    expect(existsSync(join(root, 'dist/electron.mjs')), 'dist/ is built first: npm run build').toBe(true);
    output = mkdtempSync(join(tmpdir(), 'wmx-package-'));
    const { status, talk } = runPackage(output, ['--stand-in']);
    expect(status, talk).toBe(0);
    expect(talk).toContain('the result does not start');
    unpacked = join(output, 'linux-unpacked');
    files = listPackage(join(unpacked, 'resources/app.asar'), { isPack: false }).map((path) => path.slice(1));
  });
  afterAll(() => rmSync(output, { recursive: true, force: true }));

  test('holds the bundles, the pages, the fonts and the verifier', () => {
    for (const name of [
      'package.json',
      'dist/electron.mjs',
      'dist/preload.cjs',
      'dist/pty-host.mjs',
      'dist/audit-host.mjs',
      'dist/vault-host.mjs',
      'dist/wardmux.node',
      'dist/assets/icons/256x256.png',
      'dist/assets/verify.py',
    ])
      expect(files).toContain(name);
    for (const surface of ['setup', 'lock', 'workspace', 'guest']) expect(files).toContain(`dist/renderer/${surface}.html`);
    expect(files.some((name) => name.endsWith('.woff2'))).toBe(true);
    const manifest = JSON.parse(extractFile(join(unpacked, 'resources/app.asar'), 'package.json').toString()) as { main: string; version: string };
    expect(files).toContain(manifest.main);
    expect(manifest.version).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
  });

  test('holds no sources, tests, source maps, other host, second Node or foreign binaries', () => {
    const packages = new Set(files.map((name) => /^node_modules\/(@[^/]+\/[^/]+|[^@/][^/]*)\//.exec(name)?.[1]).filter(Boolean));
    for (const name of packages) expect(['node-pty', '@napi-rs/keyring', '@napi-rs/keyring-linux-x64-gnu', '@napi-rs/keyring-linux-x64-musl']).toContain(name);
    expect(packages.has('node-pty')).toBe(true);
    expect(files.filter((name) => /\.(tsx?|map|pdb|dll|exe|cc|h|gyp)$|\.test\.|\.build\.json$/.test(name))).toEqual([]);
    expect(files.filter((name) => /^(src|main|renderer|test|tools|docs|bin)\//.test(name))).toEqual([]);
    expect(files).not.toContain('dist/start.mjs');
    expect(files).not.toContain('dist/cli.mjs');
    expect(files.filter((name) => /(^|\/)node$/.test(name))).toEqual([]);
  });

  test('holds every file that its bundles import, and no tool of the tests', () => {
    for (const name of files.filter((path) => /^dist\/[^/]+\.mjs$/.test(path))) {
      const code = extractFile(join(unpacked, 'resources/app.asar'), name).toString();
      for (const [, specifier] of code.matchAll(/^(?:import|export)\b[^'"]*['"](\.[^'"]+)['"]/gm))
        expect(files, `${name} imports ${specifier}`).toContain(`dist/${specifier!.slice(2)}`);
      expect(code, name).not.toMatch(/from ["']playwright-core["']/);
    }
  });

  test('keeps native code outside the archive', () => {
    expect(statSync(join(unpacked, 'resources/app.asar.unpacked/dist/wardmux.node')).size).toBeGreaterThan(10_000);
    const outside = join(unpacked, 'resources/app.asar.unpacked/node_modules');
    expect(statSync(join(outside, 'node-pty/build/Release/pty.node')).size).toBeGreaterThan(10_000);
    const keyring = readdirSync(join(outside, '@napi-rs')).find((name) => name.startsWith('keyring-linux'))!;
    expect(readdirSync(join(outside, '@napi-rs', keyring)).some((name) => name.endsWith('.node'))).toBe(true);
    expect(files.filter((name) => name.endsWith('.node')).every((name) => existsSync(join(unpacked, 'resources/app.asar.unpacked', name)))).toBe(true);
  });

  test("makes node-pty's second program executable, which lies outside the archive", async () => {
    const hook = (await import(join(root, 'tools/after-pack.mjs'))) as { default: (context: { appOutDir: string }) => string[] };
    const folder = join(output, 'Wardmux.app/Contents/Resources/app.asar.unpacked/node_modules/node-pty/prebuilds/darwin-arm64');
    mkdirSync(folder, { recursive: true });
    // As npm's package brings it.
    writeFileSync(join(folder, 'spawn-helper'), '', { mode: 0o644 });
    expect(hook.default({ appOutDir: output })).toEqual([join(folder, 'spawn-helper')]);
    expect(statSync(join(folder, 'spawn-helper')).mode & 0o777).toBe(0o755);
    const config = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
    expect(config).toMatch(/^afterPack: tools\/after-pack\.mjs$/m);
    expect(config).toMatch(/^asarUnpack:\n {2}- node_modules\/node-pty\/\*\*$/m);
    expect(config).toMatch(/^mac:\n(?: .*\n)* {4}- node_modules\/node-pty\/prebuilds\/darwin-\*\/spawn-helper$/m);
  });

  test('has its fuses flipped in the binary', async () => {
    expect(await fusesOf(join(unpacked, 'wardmux'))).toEqual(wantedFuses.map((row) => [...row]));
  });

  test('the stand-in had other fuses, so that the test before can fail', async () => {
    expect(await fusesOf(join(root, '.cache/package/stand-in/electron'))).not.toEqual(wantedFuses.map((row) => [...row]));
  });

  test('brings the licences along', () => {
    const licences = readdirSync(join(unpacked, 'resources/licences'));
    expect(licences).toContain('README.md');
    for (const name of ['node-pty', '@napi-rs__keyring', '@xterm__xterm', 'preact', 'zod', 'jose', '@simplewebauthn__server'])
      expect(
        licences.some((file) => file.startsWith(`${name}-`)),
        name,
      ).toBe(true);
    expect(licences.some((file) => file.startsWith('fonts-'))).toBe(true);
    expect(readFileSync(join(unpacked, 'LICENSE.electron.txt'), 'utf8')).toMatch(/Electron/);
    expect(existsSync(join(unpacked, 'LICENSES.chromium.html'))).toBe(true);
  });

  test('a wrong call is refused with the usage', () => {
    const { status, talk } = runPackage(output, ['--nonsense']);
    expect(status).toBe(2);
    expect(talk).toContain('usage:');
  });
});

test('The real runtime is packaged with its fuses flipped', async ({ skip }) => {
  skip(!electronRuntime(root), 'the Electron runtime is not installed here');
  const output = mkdtempSync(join(tmpdir(), 'wmx-package-'));
  try {
    const { status, talk } = runPackage(output, []);
    expect(status, talk).toBe(0);
    expect(await fusesOf(join(output, 'linux-unpacked/wardmux'))).toEqual(wantedFuses.map((row) => [...row]));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
});
