// What a visitor does on the page of every example.

/** What the scripts of pages threw: such a page often stands still, and its test waits for nothing. */
export const pageErrors = [];

/** Progress, another visitor, cancel, a reload in the middle, publish. */
export async function drive(browser, address) {
  const page = await open(browser, address);
  try {
    await driveBook(browser, page, address);
  } catch (error) {
    const shown = await page.getByRole('status').textContent().catch(String);
    throw new Error(`${error?.stack ?? error}\n--- the page says ---\n${shown}`);
  }
}

async function driveBook(browser, page, address) {
  const status = page.getByRole('status');
  const first = await page
    .getByText(/^(Nothing is published yet\.|Published: version .*)$/)
    .textContent();
  await printLong(page);
  await status.getByText(/^Page \d+ of 500$/).waitFor();

  // A page is rendered by another copy of the server's modules, for another visitor: that neither ends
  // the job nor shows it.
  const theirs = await open(browser, address);
  const seen = await theirs.evaluate(async () => (await fetch('/jobs')).json());
  if (seen.jobs.length > 0) throw new Error('A visitor sees the jobs of another.');
  await theirs.context().close();
  await status.getByText(/^Page ([5-9]|\d\d+) of 500$/).waitFor();

  // Who loads the page again goes on where they were.
  await page.reload();
  await status.getByText(/^Page ([5-9]|\d\d+) of 500$/).waitFor();
  const canceled = status.getByText('Canceled: nothing was published.');
  await clickUntil(page, 'Cancel', canceled);
  await canceled.waitFor();
  await page.reload();
  await page.getByText(first, { exact: true }).waitFor();

  await print(page);
  await status.getByText(/Published 60 pages as version /).waitFor();
  const published = await page.evaluate(async () => {
    const { jobs } = await (await fetch('/jobs')).json();
    return jobs.map(({ status, progress }) => `${status} ${progress.percent}`);
  });
  // One click was one job, and a job that is done says so.
  if (published.length !== 2 || published[0] !== 'succeeded 100') {
    throw new Error(`There are other jobs than a canceled and a published one: ${published}`);
  }
  await page.reload();
  await page.getByText(/^Published: version /).waitFor();
  await page.context().close();
}

/** A page on which a job is under way. */
export async function withJob(browser, address) {
  const page = await open(browser, address);
  await printLong(page);
  await page
    .getByRole('status')
    .getByText(/^Page \d+ of 500$/)
    .waitFor();
  return page;
}

/** What a page says of a job whose server was killed and started again. */
export async function expectLost(page) {
  await page.getByRole('status').getByText('This job is gone').waitFor();
}

async function open(browser, address) {
  // Each has cookies of its own.
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => pageErrors.push(error.stack || String(error)));
  page.setDefaultTimeout(45_000);
  await page.goto(address);
  return page;
}

/**
 * A job that is still under way when it is to be canceled or killed, however slow the machine: the server is
 * asked for more pages than the page asks for.
 */
async function printLong(page) {
  const address = '**/jobs/book.print';
  await page.route(address, (route) =>
    route.continue({ postData: route.request().postData()?.replace('"pages":60', '"pages":500') }),
  );
  await print(page);
  await page.unroute(address);
}

const print = (page) => clickUntil(page, 'Print', page.getByRole('button', { name: 'Cancel' }));

/** Clicks until the page has its scripts: before that a click does nothing. */
async function clickUntil(page, name, sign) {
  const button = page.getByRole('button', { name });
  for (let tries = 0; tries < 40 && !(await sign.isVisible()); tries += 1) {
    // It may go, or be disabled, at any moment.
    await button.click({ timeout: 1000 }).catch(() => {});
    await sign.waitFor({ timeout: 1000 }).catch(() => {});
  }
}
