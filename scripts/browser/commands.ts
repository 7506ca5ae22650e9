import type { Page } from 'playwright';
import type { BrowserCommand } from 'vitest/node';

const tabs = new WeakMap<object, Page[]>();

/**
 * Takes the network away from what a test's pages ask under a path, as a train in a tunnel does, and
 * gives it back. Not Playwright's `setOffline`, which cuts the pages off from Vitest as well.
 */
const setOffline: BrowserCommand<[path: string, offline: boolean]> = async (
  { context },
  path,
  offline,
) => {
  if (offline) await context.route(`**${path}/**`, (route) => route.abort('internetdisconnected'));
  else await context.unroute(`**${path}/**`);
};

/** Opens a page beside the test's own, in the same browser profile. Answers the tab's number. */
const openTab: BrowserCommand<[path: string]> = async ({ context, page }, path) => {
  const tab = await context.newPage();
  const open = tabs.get(context) ?? [];
  tabs.set(context, [...open, tab]);
  await tab.goto(new URL(path, page.url()).href);
  return open.length;
};

/** The text that a tab shows. */
const readTab: BrowserCommand<[tab: number]> = async ({ context }, tab) =>
  (await tabOf(context, tab).textContent('body')) ?? '';

const clickTab: BrowserCommand<[tab: number, selector: string]> = ({ context }, tab, selector) =>
  tabOf(context, tab).click(selector);

const closeTabs: BrowserCommand<[]> = async ({ context }) => {
  const open = tabs.get(context) ?? [];
  tabs.delete(context);
  await Promise.all(open.map((tab) => tab.close()));
};

function tabOf(context: object, tab: number): Page {
  const page = tabs.get(context)?.[tab];
  if (page === undefined) throw new Error(`There is no tab ${tab}.`);
  return page;
}

/** What tests may ask of the browser itself, through `commands` of `vitest/browser`. */
export const browserCommands = { setOffline, openTab, readTab, clickTab, closeTabs };
