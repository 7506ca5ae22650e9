// Finds a Chromium, and installs Debian's where that is possible without asking anyone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * The path of a Chromium to drive. Looks at CHROMIUM_PATH, the usual places, and the browsers that
 * Playwright keeps.
 */
export function findChromium() {
  return [process.env.CHROMIUM_PATH, ...systemPlaces, ...playwrightBrowsers()].find(
    (place) => place !== undefined && existsSync(place),
  );
}

/** As `findChromium`, after installing it by apt where this runs as root on Debian. */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write('Installing chromium by apt…\n');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 2], env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: ['ignore', 'ignore', 2],
      env,
    });
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    'The browser checks need Chromium. Install it (Debian: apt-get install chromium; elsewhere: npx playwright install chromium, or Google Chrome) or set CHROMIUM_PATH.',
  );
}

/** For a throw-away profile that talks to nobody but the page under test. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const systemPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function playwrightBrowsers() {
  const home = os.homedir();
  const stores = [
    process.env.PLAYWRIGHT_BROWSERS_PATH,
    path.join(home, '.cache', 'ms-playwright'),
    path.join(home, 'Library', 'Caches', 'ms-playwright'),
    path.join(home, 'AppData', 'Local', 'ms-playwright'),
  ].filter((store) => store !== undefined && existsSync(store));
  const programs = [
    ['chrome-linux64', 'chrome'],
    ['chrome-linux', 'chrome'],
    ['chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'],
    ['chrome-win64', 'chrome.exe'],
    ['chrome-win', 'chrome.exe'],
  ];
  return stores.flatMap((store) =>
    readdirSync(store)
      .filter((name) => /^chromium-\d+$/.test(name))
      .sort()
      .reverse()
      .flatMap((name) => programs.map((parts) => path.join(store, name, ...parts))),
  );
}
