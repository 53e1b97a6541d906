// The native client, from start to token: a real browser logs in at oidc-provider; and everything that can go wrong.
//
//   node native.mjs NATIVE-CLIENT
//
// NATIVE-CLIENT is the binary of examples/native-client. Prints a line per case, and exits with 1 when one was missed.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const [CLIENT] = process.argv.slice(2);
if (!CLIENT) {
  console.error('usage: node native.mjs NATIVE-CLIENT');
  process.exit(2);
}

const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

// No case takes a tenth of this.
const PATIENCE = 60_000;

// --------------------------------------------------------------------------------------------------------------------
// Programs and servers, and their end
// --------------------------------------------------------------------------------------------------------------------

const children = new Set();
const folder = mkdtempSync(join(tmpdir(), 'native-'));
process.on('exit', () => {
  children.forEach((child) => child.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

// A program whose output is kept. `line` waits for the first match in it, `end` for the exit code.
class Program {
  output = { stdout: '', stderr: '' };

  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
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
    const end = Date.now() + PATIENCE;
    for (;;) {
      const ended = !children.has(this.child);
      const found = await probe();
      if (found) return found;
      must(!ended && Date.now() < end, JSON.stringify(this.output), expected);
      await sleep(20);
    }
  }

  async end() {
    const code = await Promise.race([this.closed, sleep(PATIENCE, 'still running', { ref: false })]);
    return { code, ...this.output };
  }
}

// A native client, and the address that it wants to have opened.
async function start(issuer, ...options) {
  const scope = options.includes('--scope') ? [] : ['--scope', 'openid'];
  const client = new Program(CLIENT, [issuer, '--no-browser', ...scope, ...options]);
  const url = new URL(await client.line(/^Open this address in a browser: (\S+)\n/m));
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

// A server that has nothing but the metadata it is given.
const metadataOnly = (metadata) => madeFor({ metadata });

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

// --------------------------------------------------------------------------------------------------------------------
// The user
// --------------------------------------------------------------------------------------------------------------------

let browser;

// Opens the address in a fresh profile, does `act` there, and returns the text of the page that the client shows at last.
async function visit(url, act) {
  const context = await browser.newContext();
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

async function cancel(page) {
  await page.click('text=Cancel');
}

// The redirect as somebody else would send it: the parameters are given to overwrite the right ones.
async function forge(url, issuer, parameters) {
  const redirect = new URL(url.searchParams.get('redirect_uri'));
  const right = { state: url.searchParams.get('state'), iss: issuer, code: 'made-up' };
  redirect.search = new URLSearchParams(Object.entries({ ...right, ...parameters }).filter(([, value]) => value));
  return (await fetch(redirect, { headers: { connection: 'close' } })).text();
}

// --------------------------------------------------------------------------------------------------------------------
// The cases
// --------------------------------------------------------------------------------------------------------------------

const TOKEN = /^Logged in\.\ntoken_type: +[Bb]earer\nexpires_in: +\d+\nscope: +openid\naccess_token: [\w-]{8}…\n$/;

const GRANTED = { access_token: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ', token_type: 'bearer', expires_in: 3600, scope: 'openid' };

const CASES = {
  async 'login in Chromium'(issuer) {
    const { client, url } = await start(issuer);
    const page = await visit(url, logIn);
    must(page.includes('You can close this window'), page, 'a page that says it is done');
    return gotToken(await client.end(), url);
  },

  async 'login in Chromium, on a given port'(issuer) {
    const port = await freePort();
    const { client, url } = await start(issuer, '--port', port);
    const redirect = url.searchParams.get('redirect_uri');
    must(redirect === `http://127.0.0.1:${port}/callback`, redirect, `port ${port}`);
    await visit(url, logIn);
    return gotToken(await client.end(), url);
  },

  async 'login in Chromium, opened by --browser'(issuer) {
    const command = join(folder, 'browser');
    await writeFile(command, `#!/bin/sh\nprintf '%s\\n' "$1" >"$(dirname "$0")/address"\n`);
    await chmod(command, 0o755);
    const client = new Program(CLIENT, [issuer, '--scope', 'openid', '--browser', command]);
    const address = () => readFile(join(folder, 'address'), 'utf8').catch(() => '');
    const url = new URL(await client.until(async () => /^(.+)\n$/.exec(await address())?.[1], 'the browser to be started'));
    await visit(url, logIn);
    return gotToken(await client.end(), url);
  },

  async 'login in Chromium, after requests for other paths'(issuer) {
    const { client, url } = await start(issuer);
    const origin = new URL(url.searchParams.get('redirect_uri')).origin;
    for (const path of ['/favicon.ico', '/', '/callback', '/callback/?code=x', '/other?code=x']) {
      const { status } = await fetch(origin + path, { headers: { connection: 'close' } });
      must(status === 404, `${path} answered with ${status}`, '404');
    }
    await visit(url, logIn);
    return gotToken(await client.end(), url);
  },

  async 'login cancelled in Chromium'(issuer) {
    const { client, url } = await start(issuer);
    const page = await visit(url, cancel);
    must(page.includes('Not logged in'), page, 'a page that says it failed');
    return refused(await client.end(), 'the login was refused: access_denied (End-User aborted interaction)');
  },

  async 'login in Chromium, after redirects with a wrong state or none'(issuer) {
    const { client, url } = await start(issuer);
    for (const state of ['other', '']) {
      const page = await forge(url, issuer, { state });
      must(page.includes('Not this login'), page, 'an error page');
    }
    await visit(url, logIn);
    return gotToken(await client.end(), url);
  },

  async 'nonce for a scope with openid, and none without'(issuer) {
    const { client, url } = await start(issuer);
    client.child.kill('SIGKILL');
    must(/^[0-9a-f]{32}$/.test(url.searchParams.get('nonce')), url, 'a nonce');
    const other = await start(issuer, '--scope', 'email');
    other.client.child.kill('SIGKILL');
    must(!other.url.searchParams.has('nonce'), other.url, 'no nonce');
    return 'as expected';
  },

  async 'https with a private authority'() {
    const { ca, tls } = await privateAuthority();
    const outcome = await loginAt({ tls, token: GRANTED }, '--ca', ca);
    return gotToken(outcome, outcome.url);
  },

  async 'https with an authority that is not trusted'() {
    const { tls } = await privateAuthority();
    const { issuer, close } = await madeFor({ tls });
    const outcome = await run(issuer);
    close();
    return refused(outcome, `the server's metadata at ${issuer}/.well-known/oauth-authorization-server cannot be reached: `);
  },

  async 'certificate file that is none'(issuer) {
    return refused(await run(issuer, '--ca', fileURLToPath(import.meta.url)), 'there is no certificate in ');
  },

  async 'expires_in as text, as 3600.0, and a content type in capitals'() {
    for (const expires_in of ['3600', 3600.5]) {
      const outcome = await loginAt({ type: 'Application/JSON; charset=UTF-8', token: { ...GRANTED, expires_in } });
      gotToken(outcome, outcome.url);
    }
    return 'token';
  },

  async 'null for a flag of the metadata'() {
    const metadata = { authorization_response_iss_parameter_supported: null, scopes_supported: null };
    const outcome = await loginAt({ metadata, token: GRANTED });
    return gotToken(outcome, outcome.url);
  },

  async 'empty access_token'() {
    return refused(await loginAt({ token: { ...GRANTED, access_token: '' } }), 'the token endpoint sent an empty access_token');
  },

  async 'unknown token_type'() {
    const outcome = await loginAt({ token: { ...GRANTED, token_type: 'mac\u202e' } });
    return refused(outcome, 'the token endpoint sent a token of the unknown type mac\ufffd');
  },

  async 'metadata that is too large'() {
    const { issuer, close } = await madeFor({ pad: 300_000 });
    const outcome = await run(issuer);
    close();
    return refused(outcome, `the server's metadata at ${issuer}/.well-known/oauth-authorization-server is too large: `);
  },

  async 'metadata that is too slow'() {
    const { issuer, close } = await madeFor({ slow: true });
    const outcome = await run(issuer);
    close();
    return refused(outcome, `the server's metadata at ${issuer}/.well-known/oauth-authorization-server is too slow: `);
  },

  async 'iss of another server in the redirect'(issuer) {
    const { client, url } = await start(issuer);
    await forge(url, issuer, { iss: 'https://attacker.example' });
    return refused(await client.end(), 'the redirect comes from another server: iss is https://attacker.example');
  },

  async 'no iss from a server that announces it'(issuer) {
    const { client, url } = await start(issuer);
    await forge(url, issuer, { iss: '' });
    return refused(await client.end(), 'the redirect does not say which server it comes from: iss is missing');
  },

  async 'made-up code'(issuer) {
    const { client, url } = await start(issuer);
    await forge(url, issuer, {});
    const reason = 'the token endpoint refused the code: invalid_grant (grant request is invalid)';
    return refused(await client.end(), reason);
  },

  async 'no login in time'(issuer) {
    const { client } = await start(issuer, '--timeout', '1');
    return refused(await client.end(), 'no login within 1 s');
  },

  async 'port in use'(issuer) {
    const { port } = new URL(issuer);
    const reason = `port ${port} is in use: choose another one, or leave --port out to take a free one`;
    return refused(await run(issuer, '--port', port), reason);
  },

  async 'server that nobody reaches'() {
    const url = `http://127.0.0.1:${await freePort()}`;
    const reason = `the server's metadata at ${url}/.well-known/oauth-authorization-server cannot be reached: `;
    return refused(await run(url), reason);
  },

  async 'server without metadata'() {
    const server = createServer((_request, response) => response.writeHead(404, { connection: 'close' }).end());
    const outcome = await run(await listen(server));
    server.close();
    return refused(outcome, 'no metadata found: ');
  },

  async 'metadata of another issuer'() {
    const { issuer, close } = await metadataOnly({ issuer: 'https://other.example' });
    const outcome = await run(issuer);
    close();
    return refused(outcome, `the metadata at ${issuer}/.well-known/oauth-authorization-server cannot be used: `);
  },

  async 'server that lists only plain'() {
    const { issuer, close } = await metadataOnly({ code_challenge_methods_supported: ['plain'] });
    const outcome = await run(issuer);
    close();
    return refused(outcome, 'the server does not support PKCE with S256, so a login there would not be protected');
  },

  async 'server that lists no methods'() {
    const { issuer, close } = await metadataOnly({});
    const { client, url } = await start(issuer);
    close();
    must(url.searchParams.get('code_challenge_method') === 'S256', url, 'code_challenge_method=S256');
    await client.line(/^(warning: the server does not say whether it supports PKCE)/m, 'stderr');
    client.child.kill('SIGKILL');
    await client.end();
    return 'warning, and S256 all the same';
  },

  async 'wrong usage'(issuer) {
    for (const args of [[], ['http://server.example'], [issuer, '--timeout', '0'], [issuer, '--port', '65536']]) {
      const { code } = await new Program(CLIENT, args).end();
      must(code === 2, `exit code ${code} for ${args.join(' ')}`, 'exit code 2');
    }
    return 'exit code 2';
  },
};

const run = (issuer, ...options) => new Program(CLIENT, [issuer, '--no-browser', ...options]).end();

async function freePort() {
  const server = createServer();
  const { port } = new URL(await listen(server));
  server.close();
  await once(server, 'close');
  return port;
}

function must(holds, outcome, expected) {
  if (!holds) throw new Error(`${outcome} (expected ${expected})`);
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

// --------------------------------------------------------------------------------------------------------------------
// The runner
// --------------------------------------------------------------------------------------------------------------------

const provider = new Program(process.execPath, [fileURLToPath(new URL('oidc-provider.mjs', import.meta.url))]);
let misses = 0;
try {
  const issuer = await provider.line(/^listening on (\S+)\n/m);
  browser = await chromium.launch(CHROMIUM);
  for (const [name, body] of Object.entries(CASES)) {
    try {
      console.log(`ok    native  ${name}: ${await body(issuer)}`);
    } catch (error) {
      misses += 1;
      console.log(`MISS  native  ${name}: ${error.message.replaceAll('\n', ' ')}`);
    }
  }
} finally {
  await browser?.close();
}
process.exit(misses === 0 ? 0 : 1); // What still runs is ended above, on exit.
