// The native client, from start to token: a real browser logs in at oidc-provider; and everything that can go wrong.
//
//   node native.mjs NATIVE-CLIENT
//
// NATIVE-CLIENT is the binary of examples/native-client. Prints a line per case, and exits with 1 when one was missed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Program, check, inChromium, must, unread } from './harness.mjs';

const [CLIENT] = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), 'native-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const OPEN = /^Open this address in a browser: (\S+)\n/m;

// A native client, and the address that it wants to have opened.
async function start(issuer, ...options) {
  const scope = options.includes('--scope') ? [] : ['--scope', 'openid'];
  const client = new Program(CLIENT, [issuer, '--no-browser', ...scope, ...options]);
  const url = new URL(await client.line(OPEN));
  return { client, url };
}

// A server made for one case: its metadata, the headers it is sent with, and the response of its token endpoint.
async function madeFor({ metadata = {}, type = 'application/json', token = {}, tls, pad = 0, slow = false }) {
  const reply = (request, response) => {
    const found = request.url === '/.well-known/oauth-authorization-server';
    const body = found ? document : request.url === '/t' ? token : null;
    response.writeHead(body ? 200 : 404, { 'content-type': type, connection: 'close' });
    if (found && slow) return response.write('{');
    response.end(JSON.stringify(body) + ' '.repeat(pad));
  };
  const server = tls ? createSecureServer(tls, reply) : createServer(reply);
  const issuer = (await listen(server)).replace('http:', tls ? 'https:' : 'http:');
  const document = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, ...metadata };
  return { issuer, close: () => (server.close(), server.closeAllConnections()) };
}

// A certificate authority, and a certificate for 127.0.0.1 that it signed.
async function privateAuthority() {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl(
    'req', '-x509', ...key, '-subj', '/CN=server', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-addext', 'basicConstraints=critical,CA:FALSE', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'tls.key', '-out', 'tls.pem',
  );
  const [cert, keyText] = await Promise.all(['tls.pem', 'tls.key'].map((name) => readFile(join(folder, name))));
  return { ca: join(folder, 'ca.pem'), tls: { cert, key: keyText } };
}

// A login at a server made for it, with the redirect sent by hand.
async function loginAt(made, ...options) {
  const { issuer, close } = await madeFor(made);
  const { client, url } = await start(issuer, ...options);
  await forge(url, issuer, {});
  const outcome = await client.end();
  close();
  return { ...outcome, url };
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

let newContext;

// Opens the address in a fresh profile, does `act` there, and returns the text of the page that the client shows at last.
async function visit(url, act) {
  const context = await newContext();
  try {
    // The provider's pages want a font from elsewhere.
    await context.route('**', (route) =>
      new URL(route.request().url()).hostname === '127.0.0.1' ? route.continue() : route.abort(),
    );
    const page = await context.newPage();
    await page.goto(String(url));
    await act(page);
    await page.waitForURL('**/callback?**');
    return await page.innerText('body');
  } finally {
    await context.close();
  }
}

async function logIn(page) {
  await page.fill('input[name=login]', 'user');
  await page.fill('input[name=password]', 'any');
  await page.click('button[type=submit]');
  await page.waitForSelector('input[name=prompt][value=consent]', { state: 'attached' });
  await page.click('button[type=submit]');
}

// The redirect as somebody else would send it: the parameters overwrite the right ones.
async function forge(url, issuer, parameters) {
  const redirect = new URL(url.searchParams.get('redirect_uri'));
  const right = { state: url.searchParams.get('state'), iss: issuer, code: 'made-up' };
  redirect.search = new URLSearchParams(Object.entries({ ...right, ...parameters }).filter(([, value]) => value));
  return (await fetch(redirect, { headers: { connection: 'close' } })).text();
}

const TOKEN = /^Logged in\.\ntoken_type: +[Bb]earer\nexpires_in: +\d+\nscope: +openid\naccess_token: [\w-]{8}…\n$/;

const GRANTED = { access_token: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ', token_type: 'bearer', expires_in: 3600, scope: 'openid' };

const { ca, tls } = await privateAuthority();

const CASES = {
  async 'login in Chromium'(issuer) {
    const { client, url } = await start(issuer);
    must(/^[0-9a-f]{32}$/.test(url.searchParams.get('nonce')), url, 'a nonce');
    return logsIn(client, url);
  },

  async 'login in Chromium, on a given port'(issuer) {
    const port = await freePort();
    const { client, url } = await start(issuer, '--port', port);
    const redirect = url.searchParams.get('redirect_uri');
    must(redirect === `http://127.0.0.1:${port}/callback`, redirect, `port ${port}`);
    return logsIn(client, url);
  },

  async 'login in Chromium, opened by --browser'(issuer) {
    const command = await script('browser', `printf '%s\\n' "$1" >"$(dirname "$0")/address"`);
    const client = new Program(CLIENT, [issuer, '--scope', 'openid', '--browser', command]);
    const address = () => readFile(join(folder, 'address'), 'utf8').catch(() => '');
    const url = new URL(await client.until(async () => /^(.+)\n$/.exec(await address())?.[1], 'the browser to be started'));
    return logsIn(client, url);
  },

  async 'login in Chromium, after requests for other paths'(issuer) {
    const { client, url } = await start(issuer);
    const origin = new URL(url.searchParams.get('redirect_uri')).origin;
    for (const path of ['/favicon.ico', '/', '/callback', '/callback/?code=x', '/other?code=x']) {
      const { status } = await fetch(origin + path, { headers: { connection: 'close' } });
      must(status === 404, `${path} answered with ${status}`, '404');
    }
    return logsIn(client, url);
  },

  async 'login cancelled in Chromium'(issuer) {
    const { client, url } = await start(issuer);
    const page = await visit(url, (page) => page.click('text=Cancel'));
    must(page.includes('Not logged in'), page, 'a page that says it failed');
    return refused(await client.end(), 'the login was refused: access_denied (End-User aborted interaction)');
  },

  async 'login in Chromium, after redirects with a wrong state or none'(issuer) {
    return loginAfter(issuer, [{ state: 'other' }, { state: '' }]);
  },

  async 'login in Chromium, after redirects with the right state and a wrong iss or none'(issuer) {
    const iss = 'https://attacker.example';
    return loginAfter(issuer, [{ iss }, { iss: '' }, { iss, code: '', error: 'access_denied' }]);
  },

  async 'https with a private authority, and a content type in capitals'() {
    const outcome = await loginAt({ tls, token: GRANTED, type: 'Application/JSON; charset=UTF-8' }, '--ca', ca);
    return gotToken(outcome, outcome.url);
  },

  async 'certificate file that is none'(issuer) {
    return refused(await run(issuer, '--ca', fileURLToPath(import.meta.url)), 'there is no certificate in ');
  },

  async 'made-up code'(issuer) {
    const { client, url } = await start(issuer);
    await forge(url, issuer, {});
    const reason = 'the token endpoint refused the code: invalid_grant (grant request is invalid)';
    return refused(await client.end(), reason);
  },

  async 'no login in time, but a redirect from another server'(issuer) {
    const { client, url } = await start(issuer, '--timeout', '10');
    await forge(url, issuer, { iss: 'https://attacker.example' });
    const why = 'the last redirect was ignored: it comes from another server, https://attacker.example';
    return refused(await client.end(), `no login within 10 s; ${why}`);
  },

  async 'no browser, or one that cannot show the page'(issuer) {
    // Neither finds another program than the second one's `xdg-open`.
    await mkdir(join(folder, 'none'));
    await script('failing/xdg-open', 'exit 3');
    for (const [path, ...options] of [['none'], ['failing'], ['none', '--browser', 'firefox']]) {
      const client = new Program(CLIENT, [issuer, ...options], { env: { PATH: join(folder, path) } });
      await client.line(/^(No browser .*)\n/m, 'stderr');
      const { stderr } = await client.kill();
      assert.match(stderr, /^No browser could be started, so open this address in one: http:\S+\n$/);
    }
    return 'one sentence, the address once';
  },

  async 'server that nobody reaches'() {
    const url = 'http://127.0.0.1:1';
    const reason = `the server's metadata at ${url}/.well-known/oauth-authorization-server cannot be reached: `;
    return refused(await run(url), reason);
  },

  async 'server without metadata'() {
    const server = createServer((_request, response) => response.writeHead(404, { connection: 'close' }).end());
    const outcome = await run(await listen(server));
    server.close();
    assert.match(outcome.stderr, /; check the issuer, which may need a path/);
    return refused(outcome, 'no metadata found: ');
  },

  async 'server that lists no methods, and a scope without openid'() {
    const { issuer, close } = await madeFor({});
    const { client, url } = await start(issuer, '--scope', 'email');
    close();
    must(url.searchParams.get('code_challenge_method') === 'S256', url, 'code_challenge_method=S256');
    must(!url.searchParams.has('nonce'), url, 'no nonce');
    await client.line(/^(warning: the server does not say whether it supports PKCE)/m, 'stderr');
    await client.kill();
    return 'warning, S256 all the same, and no nonce';
  },

  async 'wrong usage'(issuer) {
    const protectedOnly = "for '<ISSUER>': must be https://…, or http:// on 127.0.0.1, [::1] or localhost\n";
    for (const [args, message] of [
      [[], 'required arguments were not provided'],
      [['http://server.example'], protectedOnly],
      [['server.example'], protectedOnly],
      [[issuer, '--client-id', ''], "error: invalid value '' for '--client-id <ID>': must not be empty\n"],
      [[issuer, '--timeout', '0'], "'--timeout <SECONDS>'"],
      [[issuer, '--port', '65536'], "'--port <PORT>'"],
    ]) {
      const { code, stderr } = await new Program(CLIENT, args).end();
      must(code === 2 && stderr.includes(message), `exit code ${code}, ${stderr}`, `exit code 2, ${message}`);
    }
    return 'exit code 2, and a sentence';
  },

  async 'standard output that nobody reads'(issuer) {
    const outcome = await unread(1, CLIENT, issuer, '--no-browser').end();
    return refused(outcome, 'cannot write to standard output: Broken pipe');
  },

  async 'standard error that nobody reads'() {
    const { issuer, close } = await madeFor({});
    // It warns there before it prints the address.
    const client = unread(2, CLIENT, issuer, '--no-browser');
    await client.line(OPEN);
    await client.kill();
    close();
    return 'no panic, the address is printed';
  },
};

// What a server sends, and why the client refuses it. METADATA and ISSUER stand for its addresses.
const unusable = "the server's metadata at METADATA ";
const other = 'https://other.example';
const REFUSED = {
  'https with an authority that is not trusted': [{ tls }, `${unusable}cannot be reached: `],
  'metadata that is too large': [{ pad: 300_000 }, `${unusable}is too large: `],
  'metadata that is too slow': [{ slow: true }, `${unusable}is too slow: `],
  'metadata of another issuer': [
    { metadata: { issuer: other } },
    `cannot use the metadata at METADATA: the server calls itself ${other}, not ISSUER: if that is the server you mean, use ${other} `,
  ],
  'server that lists only plain': [
    { metadata: { code_challenge_methods_supported: ['plain'] } },
    'the server does not support PKCE with S256, so a login there would not be protected',
  ],
};

async function refusedAt([made, reason]) {
  const { issuer, close } = await madeFor(made);
  const outcome = await run(issuer);
  close();
  const metadata = `${issuer}/.well-known/oauth-authorization-server`;
  return refused(outcome, reason.replace('METADATA', metadata).replace('ISSUER', issuer));
}

const run = (issuer, ...options) => new Program(CLIENT, [issuer, '--no-browser', ...options]).end();

// A login in Chromium, after redirects that are not its own.
async function loginAfter(issuer, redirects) {
  const { client, url } = await start(issuer);
  for (const parameters of redirects) {
    const page = await forge(url, issuer, parameters);
    must(page.includes('Not this login: the terminal still waits'), page, 'an error page');
  }
  return logsIn(client, url);
}

async function logsIn(client, url) {
  const page = await visit(url, logIn);
  must(page.includes('You can close this window'), page, 'a page that says it is done');
  return gotToken(await client.end(), url);
}

async function script(name, text) {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

// Not one of those that the system hands out to others in the meantime.
async function freePort() {
  const port = randomInt(10_000, 30_000);
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(() => once(server.close(), 'close')).then(() => port, freePort);
}

function gotToken({ code, stdout, stderr }, url) {
  const answer = stdout.slice(stdout.indexOf('Logged in.'));
  must(code === 0 && TOKEN.test(answer), `exit code ${code}, ${JSON.stringify({ stdout, stderr })}`, 'a token');
  // Whatever is printed, the verifier is not.
  const hash = (text) => createHash('sha256').update(text).digest('base64url');
  const printed = [...`${stdout}${stderr}`.matchAll(/(?=([\w.~-]{43}))/g)].map(([, text]) => text);
  const challenge = url.searchParams.get('code_challenge');
  must(printed.includes(challenge), 'no challenge in the output', 'the address');
  must(!printed.some((text) => hash(text) === challenge), 'the verifier is printed', 'that it is not');
  return 'exit code 0, token';
}

function refused({ code, stderr }, reason) {
  const error = stderr.trim().split('\n').at(-1);
  const holds = code === 1 && error.startsWith(`error: ${reason}`);
  must(holds, `exit code ${code}, ${JSON.stringify(stderr)}`, `exit code 1, error: ${reason}`);
  // The table reads the same every time.
  return `exit code 1, ${error.replaceAll(/(127\.0\.0\.1:|port )\d+/g, '$1PORT')}`;
}

const provider = new Program(process.execPath, [fileURLToPath(new URL('oidc-provider.mjs', import.meta.url))]);
const issuer = await provider.line(/^listening on (\S+)\n/m);
await inChromium(async (make) => {
  newContext = make;
  for (const [name, body] of Object.entries(CASES)) await check(name, () => body(issuer));
  for (const [name, row] of Object.entries(REFUSED)) await check(name, () => refusedAt(row));
});
