// Checks the built documentation at 1,280 pixels: no table or code block is cut off, no image is missing, and the front
// page shows its code within the first screen and its list of items within two.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = process.argv[2];
const SCREEN = { width: 1280, height: 800 };
const problems = [];

const pages = readdirSync(root, { recursive: true })
  .filter((name) => name.endsWith('.html') && !name.endsWith('sidebar-items.html'))
  .map((name) => join(root, name));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--allow-file-access-from-files',
  ],
});
const page = await browser.newPage({ viewport: SCREEN });

// The elements that are wider than the box that shows them.
const clipped = () =>
  page.$$eval('main table, main pre', (all) =>
    all
      .filter((e) => {
        const box = e.closest('.example-wrap, .docblock > div, .docblock') ?? e.parentElement;
        return e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > box.getBoundingClientRect().right + 1;
      })
      .map((e) => `${e.tagName.toLowerCase()} starting with "${e.textContent.trim().slice(0, 40)}"`),
  );

for (const file of pages) {
  await page.goto(pathToFileURL(file).href);
  await page.evaluate(() => document.querySelectorAll('details').forEach((e) => (e.open = true)));
  const name = relative(root, file);
  for (const what of await clipped()) problems.push(`${name}: cut off: ${what}`);
  const dead = await page.$$eval('img', (all) => all.filter((e) => !e.naturalWidth).map((e) => e.src));
  for (const src of dead) problems.push(`${name}: missing image ${src}`);
}

await page.goto(pathToFileURL(join(root, 'index.html')).href);
const top = (selector) => page.$eval(selector, (e) => e.getBoundingClientRect().top);
const code = await top('main pre');
const items = await top('main h2.section-header');
if (code > SCREEN.height) problems.push(`index.html: the first code block starts at pixel ${code}`);
if (items > 2 * SCREEN.height) problems.push(`index.html: the list of items starts at pixel ${items}`);

// The control: a table that is too wide is seen.
await page.setContent(`<main><div class="docblock" style="width:900px"><table><tr><td style="white-space:nowrap">${'x'.repeat(400)}</td></tr></table></div></main>`);
if ((await clipped()).length !== 1) problems.push('control: a table that is too wide was not seen');

await browser.close();
for (const problem of problems) console.log(problem);
console.log(
  `${pages.length} pages, ${problems.length} problems; code at pixel ${Math.round(code)}, items at pixel ${Math.round(items)}`,
);
process.exit(problems.length ? 1 : 0);
