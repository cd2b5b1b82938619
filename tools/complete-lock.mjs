/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out.
 *
 *   node tools/complete-lock.mjs [--check]
 *
 * npm writes an entry for each platform's native package only when the registry it asked has that package; a registry
 * mirror that keeps only some platforms makes a lock file that `npm ci` then refuses as "not in sync", on every machine.
 * The versions are exact in the parent's own optionalDependencies, so the missing entries can be written down; they have
 * no integrity hash, which concerns only the platforms that the mirror does not serve.
 *
 * Exit status: 0 complete (or completed), 1 with --check when something is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './bootstrap/common.mjs';

const platform =
  /-(aix|android|darwin|freebsd|linux|openharmony|sunos|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(gnu|musl|msvc|eabi|gnueabihf|musleabihf))?$/;

/** os, cpu and libc of a native package, read from its name as napi-rs builds it. */
export function platformOf(name) {
  const found = platform.exec(name);
  if (found === null) return undefined;
  const [, os, cpu, abi = ''] = found;
  const libc = os !== 'linux' ? undefined : abi.startsWith('gnu') ? 'glibc' : abi.startsWith('musl') ? 'musl' : undefined;
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }), os: [os] };
}

/** Gives the paths and entries that a lock file's `packages` lack. */
export function missingEntries(packages) {
  const missing = {};
  for (const [parent, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const places = [`${parent === '' ? '' : `${parent}/`}node_modules/${name}`, `node_modules/${name}`];
      const where = platformOf(name);
      if (where === undefined || !/^\d+\.\d+\.\d+\S*$/.test(version) || places.some((place) => packages[place] !== undefined)) continue;
      const { cpu, libc, os } = where;
      missing[`node_modules/${name}`] = { version, cpu, ...(entry.dev ? { dev: true } : {}), ...(libc ? { libc } : {}), optional: true, os };
    }
  }
  return missing;
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const file = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock.packages);
  const names = Object.keys(missing);
  if (names.length === 0) console.log('package-lock.json names every optional package');
  else if (process.argv.includes('--check')) {
    console.error(`package-lock.json lacks ${names.join(', ')}: run node tools/complete-lock.mjs`);
    process.exitCode = 1;
  } else {
    lock.packages = Object.fromEntries(Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en')));
    writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`added: ${names.join(', ')}`);
  }
}
