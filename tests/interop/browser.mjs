// The page of examples/browser in headless Chromium.
//
//   node browser.mjs SERVE FOLDER
//
// SERVE is the binary that builds and serves the page, or the address of a page that is served already. Screenshots go
// to FOLDER. Prints a line per case, and exits with 1 when one of them came out otherwise than expected.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { chromium } from 'playwright-core';

const [SERVE, FOLDER] = process.argv.slice(2);
if (!SERVE || !FOLDER) {
  console.error('usage: node browser.mjs SERVE FOLDER');
  process.exit(2);
}

// RFC 7636 Appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const GENERATED = /^[A-Za-z0-9_-]{43}$/;

let missed = 0;

// Runs one case: its outcome is what it returns, or why it failed.
async function check(name, run) {
  try {
    console.log(`ok    browser  ${name}: ${await run()}`);
  } catch (why) {
    missed += 1;
    const [first] = String(why.message ?? why).split('\n');
    console.log(`MISS  browser  ${name}: ${first} (expected as in browser.mjs)`);
    console.error(why);
  }
}

async function s256(verifier) {
  const digest = await webcrypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return Buffer.from(digest).toString('base64url');
}

// --------------------------------------------------------------------------------------------------------------------
// The cases
// --------------------------------------------------------------------------------------------------------------------

async function generates(page) {
  await check('generate', async () => {
    await page.click('#generate');
    const verifier = await page.inputValue('#verifier');
    assert.match(verifier, GENERATED);
    assert.equal(await page.inputValue('#s256'), await s256(verifier));
    assert.equal(await page.inputValue('#plain'), verifier);
    assert.equal(await page.textContent('#verifier-finding'), 'Well formed: 43 characters.');
    return '43 characters of the alphabet, S256 as crypto.subtle';
  });
  await check('generate 1,000 times', async () => {
    const made = await page.evaluate(() => {
      const value = (id) => document.getElementById(id).value;
      return Array.from({ length: 1000 }, () => {
        document.getElementById('generate').click();
        return [value('verifier'), value('s256')];
      });
    });
    for (const [verifier, challenge] of made) {
      assert.match(verifier, GENERATED);
      assert.equal(challenge, await s256(verifier));
    }
    assert.equal(new Set(made.map(([verifier]) => verifier)).size, 1000);
    return '1000 distinct verifiers, each S256 as crypto.subtle';
  });
}

// What is pasted, what the page says, and which character it marks at which place.
const PASTED = [
  ['42 characters', 'a'.repeat(42), /^Too short: 42 characters\. A verifier has 43 to 128/],
  ['129 characters', 'a'.repeat(129), /^Too long: 129 characters\. A verifier has 43 to 128/],
  ['a bad character', `${'a'.repeat(12)}+${'a'.repeat(40)}`, /^Character 13 is not allowed: \+/, 12, '+'],
  ['padding', `${VERIFIER}=`, /^Character 44 is not allowed: = /, 43, '='],
  ['a line break behind it', `${VERIFIER}\n`, /^Character 44 is not allowed: a line break /, 43, '⏎'],
  ['a space before it', ` ${VERIFIER}`, /^Character 1 is not allowed: a space /, 0, '␠'],
  ['a letter that is not ASCII', `${'a'.repeat(5)}é${'a'.repeat(40)}`, /^Character 6 .*: é \(U\+00E9\)/, 5, 'é'],
  ['a character of two units', `${'a'.repeat(50)}😀`, /^Character 51 .*: U\+1F600/, 50, '😀'],
  ['markup', `${'a'.repeat(43)}<img src=x>`, /^Character 44 .*: < /, 43, '<'],
];

const ACCEPTED = [
  ['Appendix B', VERIFIER],
  ['43 characters of all four symbols', `${'-._~'.repeat(10)}-._`],
  ['128 characters', 'Az09-._~'.repeat(16)],
];

// As a person does it: the clipboard, and the keys.
async function paste(page, field, text) {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.focus(field);
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
}

async function pasted(page) {
  for (const [name, text, message, position, character] of PASTED) {
    await check(`paste ${name}`, async () => {
      await paste(page, '#verifier', text);
      const said = await page.textContent('#verifier-finding');
      assert.match(said, message);
      assert.equal(await page.getAttribute('#verifier', 'aria-invalid'), 'true');
      assert.equal(await page.inputValue('#s256'), '');
      assert.equal(await page.inputValue('#plain'), '');
      assert.equal(await page.isVisible('#verifier-marked'), position !== undefined);
      if (position !== undefined) {
        const [before, marked] = await page.$eval('#verifier-marked', (p) => [
          p.firstChild.textContent,
          p.querySelector('mark').textContent,
        ]);
        assert.deepEqual([before, marked], [text.slice(0, position), character]);
      }
      return said;
    });
  }
  for (const [name, text] of ACCEPTED) {
    await check(`paste ${name}`, async () => {
      await paste(page, '#verifier', text);
      assert.equal(await page.getAttribute('#verifier', 'aria-invalid'), 'false');
      assert.equal(await page.inputValue('#s256'), await s256(text));
      return 'well formed, S256 as crypto.subtle';
    });
  }
}

const PAIRS = [
  ['the right one', VERIFIER, CHALLENGE, 'S256', true, /matches the S256 challenge/],
  ['a wrong one', CHALLENGE, CHALLENGE, 'S256', false, /^Refused with invalid_grant: .*does not match/],
  ['a short one', 'a'.repeat(42), CHALLENGE, 'S256', false, /with invalid_request: invalid length 42: a code_verifier /],
  ['a padded challenge', VERIFIER, `${CHALLENGE}=`, 'S256', false, /^The server's own fault, server_error: stored challenge: invalid length 44: an S256 /],
  ['a challenge of another alphabet', VERIFIER, `${CHALLENGE.slice(1)}~`, 'S256', false, /own fault, server_error: .* at offset 42/],
  ['the right plain one', VERIFIER, VERIFIER, 'plain', true, /matches the plain challenge/],
  ['a wrong plain one', VERIFIER, CHALLENGE, 'plain', false, /^Refused with invalid_grant: .*does not match/],
];

async function pairs(page) {
  for (const [name, verifier, challenge, method, good, message] of PAIRS) {
    await check(`pair, ${name}`, async () => {
      await page.selectOption('#pair-method', method);
      await page.fill('#pair-verifier', verifier);
      await page.fill('#pair-challenge', challenge);
      const said = await page.textContent('#pair-finding');
      assert.match(said, message);
      assert.equal(await page.$eval('#pair-finding', (p) => p.classList.contains('good')), good);
      return said;
    });
  }
  await check('pair, filled in from above', async () => {
    await page.selectOption('#pair-method', 'S256');
    await page.click('#generate');
    await page.click('#fill');
    assert.equal(await page.inputValue('#pair-verifier'), await page.inputValue('#verifier'));
    assert.match(await page.textContent('#pair-finding'), /matches/);
    return 'it matches';
  });
}

const COPIED = { verifier: 'Verifier', s256: 'S256 challenge', plain: 'Plain challenge', url: 'Authorization URL' };

async function copies(page, name) {
  await check(name, async () => {
    await page.fill('#endpoint', 'https://server.example/authorize');
    await page.fill('#client-id', 'app');
    await page.click('#generate');
    for (const [field, title] of Object.entries(COPIED)) {
      await page.click(`[data-copies=${field}]`);
      await page.waitForSelector(`#notice[role=status]:text-is("${title} copied.")`);
      // What is on the clipboard, as another program would get it.
      await page.fill('#state', '');
      await page.focus('#state');
      await page.keyboard.press('Control+V');
      const copied = await page.inputValue('#state');
      await page.fill('#state', '');
      assert.equal(copied, await page.inputValue(`#${field}`));
    }
    return 'verifier, S256, plain and URL are on the clipboard, and it is said';
  });
}

// What is typed, and the parameters of the URL in their order.
const ENDPOINT = 'https://server.example/authorize?tenant=a%26b';
async function urls(page) {
  const parameters = async () => [...new URL(await page.inputValue('#url')).searchParams];
  await page.fill('#verifier', VERIFIER);
  await page.selectOption('#url-method', 'S256');
  await check('authorization URL, least', async () => {
    await page.fill('#endpoint', 'https://server.example/authorize');
    await page.fill('#client-id', 'app');
    assert.deepEqual(await parameters(), [
      ['response_type', 'code'],
      ['client_id', 'app'],
      ['code_challenge', CHALLENGE],
      ['code_challenge_method', 'S256'],
    ]);
    return 'response_type, client_id, code_challenge, code_challenge_method';
  });
  await check('authorization URL, all', async () => {
    await page.fill('#endpoint', ENDPOINT);
    await page.fill('#client-id', 'app & co');
    await page.fill('#redirect-uri', 'http://127.0.0.1:8080/callback?a=b&c=d');
    await page.fill('#scope', 'openid profile');
    await page.fill('#state', 'ü+%#');
    assert.equal((await page.inputValue('#url')).startsWith(`${ENDPOINT}&response_type=code&`), true);
    assert.deepEqual(await parameters(), [
      ['tenant', 'a&b'],
      ['response_type', 'code'],
      ['client_id', 'app & co'],
      ['redirect_uri', 'http://127.0.0.1:8080/callback?a=b&c=d'],
      ['scope', 'openid profile'],
      ['state', 'ü+%#'],
      ['code_challenge', CHALLENGE],
      ['code_challenge_method', 'S256'],
    ]);
    return 'the query of the endpoint is kept, all values come back decoded';
  });
  await check('authorization URL, plain', async () => {
    await page.selectOption('#url-method', 'plain');
    const all = new Map(await parameters());
    assert.deepEqual([all.get('code_challenge'), all.get('code_challenge_method')], [VERIFIER, 'plain']);
    return 'the verifier, and plain said by name';
  });
  for (const [endpoint, message] of [
    ['server.example', /not an http or https URL/],
    ['javascript:alert(1)', /not an http or https URL/],
    ['https://server.example/#a', /must not have a fragment/],
  ]) {
    await check(`authorization URL, endpoint ${endpoint}`, async () => {
      await page.fill('#endpoint', endpoint);
      assert.match(await page.textContent('#url-finding'), message);
      assert.equal(await page.inputValue('#url'), '');
      assert.equal(await page.isDisabled('[data-copies=url]'), true);
      return await page.textContent('#url-finding');
    });
  }
  await page.fill('#endpoint', ENDPOINT);
  for (const [uri, message] of [
    ['callback', /not an absolute URI/],
    ['/callback', /not an absolute URI/],
    ['https://app.example/callback#a', /must not have a fragment/],
    ['https://app.example/callback#', /must not have a fragment/],
  ]) {
    await check(`authorization URL, redirect URI ${uri}`, async () => {
      await page.fill('#redirect-uri', uri);
      assert.match(await page.textContent('#url-finding'), message);
      assert.equal(await page.inputValue('#url'), '');
      return await page.textContent('#url-finding');
    });
  }
  await check('authorization URL, redirect URI of a native app', async () => {
    await page.fill('#redirect-uri', 'com.example.app:/callback');
    assert.deepEqual((await parameters()).find(([name]) => name === 'redirect_uri'), ['redirect_uri', 'com.example.app:/callback']);
    return 'a scheme of its own is fine';
  });
}

async function keyboardOnly(page) {
  await check('keyboard only', async () => {
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.copies);
    const tabTo = async (wanted) => {
      for (let i = 0; i < 40; i += 1) {
        await page.keyboard.press('Tab');
        if ((await focused()) === wanted) {
          const style = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
          assert.equal(style, 'solid', `the focus on ${wanted} cannot be seen`);
          return;
        }
      }
      assert.fail(`Tab never comes to ${wanted}`);
    };
    await tabTo('generate');
    await page.keyboard.press('Enter');
    const verifier = await page.inputValue('#verifier');
    assert.match(verifier, GENERATED);
    await tabTo('verifier'); // The button that copies it, next in order.
    await page.keyboard.press('Space');
    await page.waitForSelector('#notice:text-is("Verifier copied.")');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), verifier);
    await tabTo('endpoint');
    await page.keyboard.type('https://server.example/authorize');
    await tabTo('client-id');
    await page.keyboard.type('app');
    assert.match(await page.inputValue('#url'), /code_challenge_method=S256$/);
    await tabTo('pair-method');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.inputValue('#pair-method'), 'plain');
    await tabTo('fill');
    await page.keyboard.press('Enter');
    assert.match(await page.textContent('#pair-finding'), /matches the plain challenge/);
    return 'generate, copy, URL and check by Tab, Enter, Space and arrows, the focus always seen';
  });
  await check('names', async () => {
    const nameless = await page.$$eval('input, textarea, select, button', (all) =>
      all.filter((one) => !one.labels?.length && !one.textContent.trim()).map((one) => one.id),
    );
    assert.deepEqual(nameless, []);
    return 'every field has a label, every button a text';
  });
}

// --------------------------------------------------------------------------------------------------------------------
// The page, and what it asks of the network
// --------------------------------------------------------------------------------------------------------------------

async function open(context, address) {
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  await page.goto(address, { waitUntil: 'networkidle' });
  await page.waitForSelector('#generate:enabled');
  return { page, seen };
}

async function onePage(context, address) {
  const { page, seen } = await open(context, address);
  const loaded = seen.requests.splice(0);
  await context.setOffline(true);
  await generates(page);
  await pasted(page);
  await pairs(page);
  await copies(page, 'copy');
  await urls(page);
  await check('network', async () => {
    assert.deepEqual([...new Set(loaded.map((url) => new URL(url).origin))], [new URL(address).origin]);
    assert.deepEqual(seen, { requests: [], errors: [] });
    return `${loaded.length} requests to load the page, all to its origin; none after that, all of the above offline`;
  });
  await context.setOffline(false);
  await check('network, controls', async () => {
    const blocked = await page.evaluate((url) => fetch(url).then(() => 'sent', () => 'blocked'), address);
    assert.equal(blocked, 'blocked');
    assert.match(seen.errors.join(), /Content Security Policy/);
    seen.requests.length = 0;
    await page.reload({ waitUntil: 'networkidle' });
    assert.equal(seen.requests.length, loaded.length);
    return 'a fetch is blocked by the policy, a reload is recorded';
  });
  await page.close();
}

async function withoutClipboard(context, address) {
  const { page } = await open(context, address);
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await copies(page, 'copy without the Clipboard API');
  await page.evaluate(() => (document.execCommand = () => false));
  await check('copy where no page may', async () => {
    await page.click('[data-copies=s256]');
    await page.waitForSelector('#notice:text("S256 challenge is selected")');
    const selected = await page.$eval('#s256', (field) => field.value.slice(field.selectionStart, field.selectionEnd));
    assert.equal(selected, await page.inputValue('#s256'));
    return 'the value is selected, and it is said';
  });
  await page.close();
}

async function withKeys(context, address) {
  const { page } = await open(context, address);
  await keyboardOnly(page);
  await page.close();
}

async function looks(context, address) {
  const { page } = await open(context, address);
  const picture = (name) => page.screenshot({ path: join(FOLDER, `page-${name}.png`), fullPage: true });
  await page.fill('#verifier', VERIFIER);
  await page.fill('#endpoint', 'https://server.example/authorize');
  await page.fill('#client-id', 'app');
  await page.fill('#redirect-uri', 'http://127.0.0.1/callback');
  await page.fill('#scope', 'openid');
  await page.click('#fill');
  for (const [scheme, width] of [['light', 1000], ['dark', 1000], ['light', 360], ['dark', 360]]) {
    await check(`${scheme}, ${width} pixels wide`, async () => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      await picture(`${scheme}-${width}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `the page is ${wide} pixels wide`);
      const clipped = await page.$$eval('textarea', (all) =>
        all.filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1).map((one) => one.id),
      );
      assert.deepEqual(clipped, []);
      const [red, green, blue] = await page.evaluate(() =>
        getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number),
      );
      assert.equal(red + green + blue > 384, scheme === 'light');
      return `nothing is cut off, page-${scheme}-${width}.png`;
    });
  }
  await page.fill('#verifier', `${VERIFIER.slice(0, 12)}+${VERIFIER.slice(13)}`);
  await page.fill('#pair-verifier', CHALLENGE);
  await page.focus('#generate');
  await page.keyboard.press('Tab');
  await picture('dark-360-refused');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1000, height: 800 });
  await picture('light-1000-refused');
  await page.close();
}

// --------------------------------------------------------------------------------------------------------------------
// What has to be started, and ended
// --------------------------------------------------------------------------------------------------------------------

async function serve() {
  if (/^https?:/.test(SERVE)) {
    return { address: SERVE, end: () => {} };
  }
  const server = spawn(SERVE, ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => server.kill());
  for await (const line of createInterface({ input: server.stdout })) {
    const address = line.match(/^serving (http:\S+)$/)?.[1];
    if (address) {
      return { address, end: () => server.kill() };
    }
  }
  throw new Error('the server ended before it served');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}

mkdirSync(FOLDER, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'browser-'));
const server = await serve();
try {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(20000);
  try {
    await onePage(context, server.address);
    await withoutClipboard(context, server.address);
    await withKeys(context, server.address);
    await looks(context, server.address);
  } finally {
    await context.close();
  }
} finally {
  server.end();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(missed === 0 ? 0 : 1);
