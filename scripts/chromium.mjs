// Finds a Chromium, and installs Debian's where that is possible without asking anyone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * The path of a Chromium to drive. Looks at CHROMIUM_PATH, the usual places, and the browsers that
 * Playwright keeps. The shell without windows comes first: it is the same engine, and makes a fresh profile in a
 * fifth of the time, as it has no pages of its own to load.
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
    // A Debian before 12 has the browser alone.
    for (const name of ['chromium-headless-shell', 'chromium']) {
      if (findChromium() !== undefined) break;
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
        stdio: ['ignore', 'ignore', 2],
        env,
      });
    }
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    'The browser checks need Chromium. Install it (Debian: apt-get install chromium-headless-shell; elsewhere: npx playwright install chromium-headless-shell, or Google Chrome) or set CHROMIUM_PATH.',
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
  '/usr/bin/chromium-headless-shell',
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
  const shells = [
    ['chrome-headless-shell-linux64', 'chrome-headless-shell'],
    ['chrome-linux', 'headless_shell'],
    ['chrome-headless-shell-mac-arm64', 'chrome-headless-shell'],
    ['chrome-headless-shell-mac-x64', 'chrome-headless-shell'],
    ['chrome-mac', 'headless_shell'],
    ['chrome-headless-shell-win64', 'chrome-headless-shell.exe'],
    ['chrome-win', 'headless_shell.exe'],
  ];
  const browsers = [
    ['chrome-linux64', 'chrome'],
    ['chrome-linux', 'chrome'],
    ['chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'],
    ['chrome-win64', 'chrome.exe'],
    ['chrome-win', 'chrome.exe'],
  ];
  const found = (pattern, programs) =>
    stores.flatMap((store) =>
      readdirSync(store)
        .filter((name) => pattern.test(name))
        .sort()
        .reverse()
        .flatMap((name) => programs.map((parts) => path.join(store, name, ...parts))),
    );
  return [...found(/^chromium_headless_shell-\d+$/, shells), ...found(/^chromium-\d+$/, browsers)];
}
