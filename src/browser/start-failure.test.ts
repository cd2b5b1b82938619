import { expect, test } from 'vitest';
import { startFailure } from './start-failure.ts';

const facts = { name: 'Chromium', path: '/usr/lib/chromium/chromium', env: { DISPLAY: ':77' } };
const bus = '[1:2:1128/090035.662553:ERROR:dbus/bus.cc:405] Failed to connect to the bus: Failed to connect to socket /run/dbus/system_bus_socket';

// Lines as Chromium 150 of Debian 13 writes them.
test.each([
  [
    'a display that is not there',
    `${bus}\n[1:1:1128/090035.664431:ERROR:ui/ozone/platform/x11/ozone_platform_x11.cc:257] Missing X server or $DISPLAY\n[1:1:1128/090035.664448:ERROR:ui/aura/env.cc:246] The platform failed to initialize.  Exiting.`,
    'nothing answers at the display :77. In a terminal of the desktop that you sit at, echo $DISPLAY says the right one: set DISPLAY to it, and start Wardmux again.',
  ],
  [
    'a display of somebody else',
    'Authorization required, but no authorization protocol specified\n\n[1:1:1128/0.1:ERROR:ui/ozone/platform/x11/ozone_platform_x11.cc:257] Missing X server or $DISPLAY',
    'the display :77 does not let this account in. Start Wardmux as the account that is logged in there, or set XAUTHORITY to its key file.',
  ],
  [
    'no user namespaces',
    `${bus}\n[1:1:1128/090057.908798:ERROR:content/browser/zygote_host/zygote_host_impl_linux.cc:128] No usable sandbox! If this is a Debian system, please install the chromium-sandbox package to solve this problem.`,
    'Chromium cannot make its sandbox on this machine, and is not opened without one. On Debian: sudo apt-get install chromium-sandbox. Elsewhere, allow user namespaces for it. It said: "No usable sandbox! If this is a Debian system, please install the chromium-sandbox package to solve this problem.".',
  ],
  [
    'a library that is missing',
    '/usr/lib/chromium/chromium: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file or directory',
    'Chromium (/usr/lib/chromium/chromium) is not whole: install it again. It said: "/usr/lib/chromium/chromium: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file or directory".',
  ],
  [
    'what nobody has thought of: its own last line',
    `[1:1:1128/0.1:FATAL:base/odd.cc:7] The moon is full.\n[1:1:1128/0.1:WARNING:a.cc:1] so it goes\n${bus}\n`,
    'Chromium (/usr/lib/chromium/chromium) did not come up: it ended with SIGTRAP. It said: "The moon is full.".',
  ],
  ['nothing', '', 'Chromium (/usr/lib/chromium/chromium) did not come up: it ended with SIGTRAP.'],
])('%s', (_, said, sentence) => {
  expect(startFailure('it ended with SIGTRAP', said, facts)).toBe(sentence);
});

test('a long line is cut', () => {
  expect(startFailure('it ended with status 1', 'x'.repeat(5000), facts).length).toBeLessThan(600);
});
