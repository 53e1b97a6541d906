// The page of examples/browser in headless Chromium.
//
//   node browser.mjs SERVE FOLDER
//
// SERVE is the binary that builds and serves the page. Screenshots go to FOLDER. Prints a line per case, and exits with 1
// when one of them came out otherwise than expected.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Program, check, fits, inChromium, unread } from './harness.mjs';

const [SERVE, FOLDER] = process.argv.slice(2);

// RFC 7636 Appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const GENERATED = /^[A-Za-z0-9_-]{43}$/;

async function s256(verifier) {
  const digest = await webcrypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return Buffer.from(digest).toString('base64url');
}

// The fields that the page says are wrong.
const blamed = (page) => page.$$eval('[aria-invalid]', (all) => all.map((one) => `${one.id} ${one.ariaInvalid}`));

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

// What is pasted, what the page says, and which character it marks at which offset, and how.
const PASTED = [
  ['1 character', 'a', /^Too short: 1 character\. A verifier has 43 to 128 characters\.$/],
  ['42 characters', 'a'.repeat(42), /^Too short: 42 characters\. A verifier has 43 to 128/],
  ['129 characters', 'a'.repeat(129), /^Too long: 129 characters\. A verifier has 43 to 128/],
  ['a bad character', `${'a'.repeat(12)}+${'a'.repeat(40)}`, /at offset 12 is not allowed: \+ .* Offsets count from 0\.$/, 12, '+'],
  ['padding', `${VERIFIER}=`, /at offset 43 is not allowed: = /, 43, '='],
  ['a line break behind it', `${VERIFIER}\n`, /at offset 43 is not allowed: a line break /, 43, 'U+000A'],
  ['a blank before it', ` ${VERIFIER}`, /at offset 0 is not allowed: a space /, 0, 'U+0020'],
  ['a wide blank in it', `aaaaa\u3000${VERIFIER}`, /at offset 5 .*: U\+3000, which is not ASCII/, 5, 'U+3000'],
  ['a letter that is not ASCII', `aaaaaé${VERIFIER}`, /at offset 5 .*: U\+00E9, which is not ASCII/, 5, 'U+00E9'],
  ['letters from right to left', `aaaaa\u05d0\u05d1\u05d2${VERIFIER}`, /at offset 5 .*: U\+05D0, /, 5, 'U+05D0'],
  ['a direction control', `aaaaa\u202e${VERIFIER}\u202e`, /at offset 5 .*: U\+202E, /, 5, 'U+202E'],
  ['a direction control behind a blank', `aaaaa \u202e${VERIFIER}`, /at offset 5 .*: a space /, 5, 'U+0020'],
  ['a character of two units', `${'a'.repeat(50)}😀`, /at offset 50 .*: U\+1F600/, 50, 'U+1F600'],
  ['markup', `${'a'.repeat(43)}<img src=x>`, /at offset 43 .*: < /, 43, '<'],
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
  await page.waitForFunction(([field, text]) => document.querySelector(field).value === text, [field, text]);
}

// The parts of the marked text, each of which has to stand to the right of the one before it.
function marked(page) {
  return page.$eval('#verifier-marked', (p) => {
    const parts = [...p.childNodes].filter((part) => part.textContent !== '');
    const range = document.createRange();
    const boxes = parts.map((part) => (range.selectNodeContents(part), range.getBoundingClientRect()));
    const inOrder = boxes.every((box, i) => i === 0 || box.bottom > boxes[i - 1].bottom + 1 || box.left >= boxes[i - 1].right - 1);
    return { inOrder, before: p.firstChild.textContent, mark: p.querySelector('mark').textContent };
  });
}

async function pasted(page) {
  for (const [name, text, message, position, character] of PASTED) {
    await check(`paste ${name}`, async () => {
      await paste(page, '#verifier', text);
      const said = await page.textContent('#verifier-finding');
      assert.match(said, message);
      assert.deepEqual(await blamed(page), ['verifier true']);
      assert.equal(await page.inputValue('#s256'), '');
      assert.equal(await page.inputValue('#plain'), '');
      assert.equal(await page.isVisible('#verifier-marked'), position !== undefined);
      if (position !== undefined) {
        assert.deepEqual(await marked(page), { inOrder: true, before: text.slice(0, position), mark: character });
      }
      return said;
    });
  }
  for (const [name, text] of ACCEPTED) {
    await check(`paste ${name}`, async () => {
      await paste(page, '#verifier', text);
      assert.deepEqual(await blamed(page), []);
      assert.equal(await page.inputValue('#s256'), await s256(text));
      return 'well formed, S256 as crypto.subtle';
    });
  }
}

// A verifier, a challenge and a method; what the page says, and which field it blames.
const BEFORE = '^Refused before the login, at the authorization request, with invalid_request: invalid ';
const AFTER = '^Refused after the login, at the token request, with ';
const HEXADECIMAL = Buffer.from(CHALLENGE, 'base64url').toString('hex');
const PAIRS = [
  ['the right one', VERIFIER, CHALLENGE, 'S256', '^The verifier matches the S256 challenge\\.$'],
  ['a wrong one', CHALLENGE, CHALLENGE, 'S256', `${AFTER}invalid_grant: .*does not match.* one line break more`],
  ['a short one', 'a'.repeat(42), CHALLENGE, 'S256', `${AFTER}invalid_request: invalid length 42: [^.]*\\.$`, 'verifier'],
  ['a verifier and a newline', `${VERIFIER}\n`, CHALLENGE, 'S256', `${AFTER}invalid_request: .* offset 43: .* Remove the white space`, 'verifier'],
  ['a padded challenge', VERIFIER, `${CHALLENGE}=`, 'S256', `${BEFORE}length 44: .*\\. Remove the padding`, 'challenge'],
  ['a hexadecimal challenge', VERIFIER, HEXADECIMAL, 'S256', `${BEFORE}length 64: .*\\. These are hexadecimal digits`, 'challenge'],
  ['a challenge and a newline', VERIFIER, `${CHALLENGE}\n`, 'S256', `${BEFORE}length 44: .*\\. Remove the white space`, 'challenge'],
  ['a challenge of another alphabet', VERIFIER, `${CHALLENGE.slice(1)}+`, 'S256', `${BEFORE}byte at offset 42: .*\\. Use base64url`, 'challenge'],
  ['the right plain one', VERIFIER, VERIFIER, 'plain', '^The verifier matches the plain challenge\\.$'],
  ['a wrong plain one', VERIFIER, CHALLENGE, 'plain', `${AFTER}invalid_grant: .*does not match`],
];

async function pairs(page) {
  for (const [name, verifier, challenge, method, message, fault] of PAIRS) {
    await check(`pair, ${name}`, async () => {
      await page.selectOption('#pair-method', method);
      await page.fill('#pair-verifier', verifier);
      await page.fill('#pair-challenge', challenge);
      const said = await page.textContent('#pair-finding');
      assert.match(said, new RegExp(message));
      assert.equal(await page.$eval('#pair-finding', (p) => p.classList.contains('good')), /matches/.test(message));
      assert.deepEqual(await blamed(page), fault ? [`pair-${fault} true`] : []);
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
      await page.waitForFunction(() => document.getElementById('state').value !== '');
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
  for (const [id, text, message] of [
    ['endpoint', 'server.example', /not an http or https URL/],
    ['endpoint', 'javascript:alert(1)', /not an http or https URL/],
    ['endpoint', 'https://server.example/#a', /must not have a fragment/],
    ['endpoint', 'https://a.example/x#', /must not have a fragment/],
    ['client-id', '', /is missing/],
    ['redirect-uri', 'callback', /not an absolute URI/],
    ['redirect-uri', '/callback', /not an absolute URI/],
    ['redirect-uri', 'https://app.example/callback#a', /must not have a fragment/],
    ['redirect-uri', 'https://app.example/callback#', /must not have a fragment/],
  ]) {
    await check(`authorization URL, ${id} '${text}'`, async () => {
      await page.fill('#endpoint', ENDPOINT);
      await page.fill('#client-id', 'app');
      await page.fill(`#${id}`, text);
      const said = await page.textContent('#url-finding');
      assert.match(said, message);
      assert.equal(await page.inputValue('#url'), '');
      assert.equal(await page.isDisabled('[data-copies=url]'), true);
      assert.deepEqual(await blamed(page), [`${id} true`]);
      return said;
    });
  }
  await check('authorization URL, redirect URI of a native app', async () => {
    await page.fill('#redirect-uri', 'com.example.app:/callback');
    assert.deepEqual((await parameters()).find(([name]) => name === 'redirect_uri'), ['redirect_uri', 'com.example.app:/callback']);
    return 'a scheme of its own is fine';
  });
}

async function keyboardOnly(context, address) {
  const { page } = await open(context, address);
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
  await page.close();
}

async function open(context, address) {
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  await page.goto(address);
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
    await page.reload();
    await page.waitForSelector('#generate:enabled');
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

// What each state of the page needs, from a page that has just started.
const STATES = {
  start: async () => {},
  ok: async (page) => {
    await page.fill('#verifier', VERIFIER);
    await page.fill('#endpoint', 'https://server.example/authorize');
    await page.fill('#client-id', 'app');
    await page.fill('#redirect-uri', 'http://127.0.0.1/callback');
    await page.click('#fill');
    await page.click('[data-copies=url]');
    await page.waitForSelector('#notice:not(:empty)');
  },
  padded: (page) => refusedPair(page, `${CHALLENGE}=`),
  hexadecimal: (page) => refusedPair(page, HEXADECIMAL),
  newline: (page) => refusedPair(page, `${CHALLENGE}\n`),
  direction: (page) => page.fill('#verifier', `aaaaa\u202e${VERIFIER}`),
  blank: (page) => page.fill('#verifier', `aaaaa ${VERIFIER}`),
  url: async (page) => {
    await page.fill('#verifier', VERIFIER);
    await page.fill('#client-id', 'app');
    await page.fill('#endpoint', 'https://a.example/x#');
  },
};

async function refusedPair(page, challenge) {
  await page.fill('#pair-verifier', VERIFIER);
  await page.fill('#pair-challenge', challenge);
}

async function looks(context, address) {
  for (const [name, prepare] of Object.entries(STATES)) {
    const { page } = await open(context, address);
    await prepare(page);
    for (const [scheme, width] of [['dark', 1280], ['dark', 360], ['light', 360], ['light', 1280]]) {
      await check(`looks, ${name}, ${scheme}, ${width} pixels wide`, async () => {
        await page.emulateMedia({ colorScheme: scheme });
        return looksRight(page, `page-${name}-${scheme}-${width}.png`, width);
      });
    }
    await page.close();
  }
}

async function looksRight(page, picture, width) {
  await page.setViewportSize({ width, height: 800 });
  await fits(page);
  await page.screenshot({ path: join(FOLDER, picture), fullPage: true });
  return `nothing is cut off, ${picture}`;
}

// What keeps the page from starting, and what it says then.
const MISSING = ['page.js', 'pkce_page.js', 'wasm.js'];
const NEEDS = /^Not started yet: this page needs JavaScript, WebAssembly and a web server\.$/;

async function cannotStart(newContext, address) {
  const says = async (name, page, expected) => {
    await page.goto(address);
    const finding = page.locator('#verifier-finding', { hasText: expected });
    await finding.waitFor();
    assert.equal(await page.isDisabled('#generate'), true);
    for (const width of [360, 1280]) {
      await looksRight(page, `page-${name}-${width}.png`, width);
    }
    return finding.textContent();
  };
  for (const file of MISSING) {
    await check(`${file} is missing`, async () => {
      const page = await (await newContext()).newPage();
      await page.route(`**/${file}`, (route) => route.fulfill({ status: 404 }));
      const expected = new RegExp(`^The page could not start \\(.*/${file.replace('.', '\\.')}\\)\\.$`);
      return says(`no-${file}`, page, file === 'page.js' ? NEEDS : expected);
    });
  }
  await check('no WebAssembly', async () => {
    const page = await (await newContext()).newPage();
    await page.addInitScript(() => delete globalThis.WebAssembly);
    return says('no-wasm', page, /^The page could not start \(this browser has no WebAssembly, or it is turned off\)\.$/);
  });
  await check('no JavaScript', async () => {
    const page = await (await newContext({ javaScriptEnabled: false })).newPage();
    await page.goto(address);
    assert.match(await page.textContent('#verifier-finding'), NEEDS);
    return page.textContent('#verifier-finding');
  });
}

async function serves(address) {
  await check('serve, paths', async () => {
    const get = async (path) => {
      const response = await fetch(new URL(path, address));
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    assert.deepEqual(await get('/index.html'), await get('/'));
    assert.equal((await get('/'))[0], 200);
    assert.equal((await get('/other.html'))[0], 404);
    return '/index.html as /, and 404 for others';
  });
  for (const [output, options, code] of [[1, ['--help'], 0], [1, ['--build-only'], 1], [1, ['--port', '0'], 1], [2, ['--wrong'], 2]]) {
    await check(`serve ${options.join(' ')}, output ${output} is a broken pipe`, async () => {
      const ended = await unread(output, SERVE, ...options).end();
      assert.equal(ended.code, code, JSON.stringify(ended));
      assert.equal(ended.stderr.includes('cannot write to standard output: Broken pipe'), code === 1);
      return `exit code ${code}, no panic`;
    });
  }
}

// The first start compiles the wasm part, which may take longer than anything that is waited for.
execFileSync(SERVE, ['--build-only'], { stdio: 'inherit' });
const server = new Program(SERVE, ['--port', '0']);
const address = await server.line(/^serving (\S+)\n/m);
mkdirSync(FOLDER, { recursive: true });
await serves(address);
await inChromium(async (newContext) => {
  const context = await newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  await onePage(context, address);
  await withoutClipboard(context, address);
  await keyboardOnly(context, address);
  await looks(context, address);
  await cannotStart(newContext, address);
});
