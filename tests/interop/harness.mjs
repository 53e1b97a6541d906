// What the parts in JavaScript share: their cases, the programs that they start, the browser, and what is demanded of a page.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

// For everything that is waited for. Nothing takes a tenth of it, so a busy machine does not reach it.
const PATIENCE = 60_000;

// `need_chromium` in .ci/lib.sh sets CHROMIUM.
export const launch = (...flags) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...flags,
    ],
    timeout: PATIENCE,
  });

// Runs one case: its outcome is what it returns, or why it failed.
export async function check(name, run) {
  const part = basename(process.argv[1], '.mjs');
  const late = sleep(5 * PATIENCE, undefined, { ref: false }).then(() => Promise.reject(new Error('still running')));
  try {
    console.log(`ok    ${part}  ${name}: ${await Promise.race([run(), late])}`);
  } catch (why) {
    process.exitCode = 1;
    const [first] = String(why.message ?? why).split('\n');
    console.log(`MISS  ${part}  ${name}: ${first}`);
    console.error(why);
  }
}

export function must(holds, outcome, expected) {
  if (!holds) throw new Error(`${outcome} (expected ${expected})`);
}

// Nothing is cut off, and nothing needs scrolling sideways.
export async function fits(page) {
  // The browser has painted the page in its new width once the frame after the next begins.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const cut = await page.$$eval('body *', (all) => {
    const width = document.documentElement.clientWidth;
    // The text of an input scrolls.
    const isCut = (e) => e.tagName !== 'INPUT' && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1;
    const isLow = (e) => e.tagName === 'TEXTAREA' && e.scrollHeight > e.clientHeight + 1;
    return all
      .filter((e) => e.getBoundingClientRect().right > width || isCut(e) || isLow(e))
      .map((e) => e.id || e.tagName);
  });
  assert.deepEqual(cut, []);
}

// Runs the cases, each in pages of this function's making, and ends the process.
export async function inChromium(cases) {
  const browser = await launch();
  try {
    await cases(async (options) => {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PATIENCE);
      return context;
    });
  } finally {
    await browser.close();
  }
  process.exit();
}

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

// A program whose output is kept. `line` waits for the first match in it, `end` for the exit code.
export class Program {
  output = { stdout: '', stderr: '' };

  constructor(command, args, options) {
    this.child = spawn(command, args, options);
    children.add(this.child);
    for (const name of ['stdout', 'stderr']) {
      this.child[name].setEncoding('utf8').on('data', (text) => (this.output[name] += text));
    }
    this.closed = once(this.child, 'close').then(([code]) => {
      children.delete(this.child);
      return code;
    });
    // A program that cannot be started is told where it is waited for.
    this.closed.catch(() => children.delete(this.child));
  }

  line(pattern, name = 'stdout') {
    return this.until(() => pattern.exec(this.output[name])?.[1], `${name} with ${pattern}`);
  }

  // What `probe` finds at last, unless the program ends first.
  async until(probe, expected) {
    const limit = Date.now() + PATIENCE;
    for (;;) {
      const ended = !children.has(this.child);
      const found = await probe();
      if (found) return found;
      if (ended || Date.now() > limit) throw new Error(`${JSON.stringify(this.output)} (expected ${expected})`);
      await sleep(20);
    }
  }

  async end() {
    const code = await Promise.race([this.closed, sleep(PATIENCE, 'still running', { ref: false })]);
    return { code, ...this.output };
  }

  // Ends it now.
  kill() {
    this.child.kill('SIGKILL');
    return this.end();
  }
}

// The same program, with one of its outputs, 1 or 2, a pipe whose reader is gone.
export const unread = (output, command, ...args) =>
  new Program('bash', ['-c', `exec 3> >(:); wait $!; exec "$0" "$@" ${output}>&3`, command, ...args]);
