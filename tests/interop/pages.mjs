// The pages of the example authorization server in headless Chromium.
//
//   node pages.mjs SERVER FOLDER
//
// SERVER is the binary of examples/authorization-server. Screenshots go to FOLDER. Prints a line per case, and exits with
// 1 when one of them came out otherwise than expected.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { Program, check, fits, inChromium } from './harness.mjs';

const [SERVER, FOLDER] = process.argv.slice(2);

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const REDIRECT_URI = `https://app.example/${'a-long-path-without-a-break-'.repeat(8)}`;
const REQUEST = new URLSearchParams({
  response_type: 'code',
  client_id: 'app',
  redirect_uri: REDIRECT_URI,
  scope: `profile ${'a_long_scope'.repeat(12)}`,
  state: 'af0ifjsldkj',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
});

async function sentencesBeginWithACapital(page) {
  const texts = await page.locator('h1, p, button, dt').allInnerTexts();
  assert.ok(texts.length > 1);
  const sentences = texts.flatMap((text) => text.split(/(?<=[.?!])\s+/)).filter((s) => s !== '');
  assert.deepEqual(sentences.filter((s) => !/^[A-Z0-9]/.test(s)), []);
}

async function buttonsAreAlike(page) {
  const [deny, allow] = await page.locator('button').evaluateAll((buttons) =>
    buttons.map((button) => {
      const { width, height, y } = button.getBoundingClientRect();
      const style = getComputedStyle(button);
      const names = ['color', 'backgroundColor', 'fontSize', 'fontWeight', 'borderTopColor', 'borderTopWidth', 'opacity'];
      return { width, height, y, ...Object.fromEntries(names.map((name) => [name, style[name]])) };
    }),
  );
  assert.deepEqual(deny, allow);
  assert.ok(deny.height >= 44 && deny.width >= 44, 'the buttons are large enough for a finger');
}

async function pages(context, issuer) {
  const page = await context.newPage();
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 640 });
    for (const [name, path] of [
      ['first', '/'],
      ['consent', `/authorize?${REQUEST}`],
      ['error', '/authorize'],
      ['missing', '/login'],
    ]) {
      await check(`${name} page, ${width} pixels wide`, async () => {
        await page.goto(`${issuer}${path}`);
        await page.screenshot({ path: join(FOLDER, `server-${name}-${width}.png`), fullPage: true });
        await fits(page);
        await sentencesBeginWithACapital(page);
        if (name !== 'consent') {
          return 'it fits, and its sentences begin with a capital';
        }
        await buttonsAreAlike(page);
        return 'it fits, its sentences begin with a capital, and its two buttons are alike';
      });
    }
  }
  await page.close();
}

async function decisions(context, issuer) {
  const client = createServer((_, response) => response.end('back at the client')).listen(0, '127.0.0.1');
  await once(client, 'listening');
  const redirectUri = `http://127.0.0.1:${client.address().port}/callback`;
  const request = new URLSearchParams(REQUEST);
  request.set('client_id', 'native');
  request.set('redirect_uri', redirectUri);
  for (const [key, expected] of [['Deny', 'error=access_denied'], ['Allow', 'code=']]) {
    await check(`${key}, by keyboard`, async () => {
      const page = await context.newPage();
      await page.goto(`${issuer}/authorize?${request}`);
      for (let tabs = 0; tabs < 2; tabs += 1) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate(() => document.activeElement.textContent)) === key) {
          break;
        }
      }
      await page.keyboard.press('Enter');
      await page.waitForURL(`${redirectUri}?${expected}*`);
      await page.close();
      return 'back at the client';
    });
  }
  client.closeAllConnections();
  client.close();
}

// Each demand notices a page that does not meet it.
async function control(context, issuer) {
  const faults = {
    'a wide line': [fits, () => (document.querySelector('p').style.width = '2000px')],
    'a small letter': [sentencesBeginWithACapital, () => (document.querySelector('p').textContent = 'a client asks.')],
    'a coloured button': [buttonsAreAlike, () => (document.querySelector('button').style.backgroundColor = 'green')],
  };
  for (const [fault, [demand, plant]] of Object.entries(faults)) {
    await check(`control: ${fault}`, async () => {
      const page = await context.newPage();
      await page.goto(`${issuer}/authorize?${REQUEST}`);
      await demand(page);
      await page.evaluate(plant);
      await assert.rejects(demand(page), assert.AssertionError);
      await page.close();
      return 'noticed';
    });
  }
}

const clients = [`app=${REDIRECT_URI}`, 'native=http://127.0.0.1/callback'].flatMap((client) => ['--client', client]);
const server = new Program(SERVER, ['--listen', '127.0.0.1:0', ...clients]);
const issuer = await server.line(/^listening on (\S+)\n/m);
mkdirSync(FOLDER, { recursive: true });
await inChromium(async (newContext) => {
  const context = await newContext();
  await pages(context, issuer);
  await decisions(context, issuer);
  await control(context, issuer);
});
