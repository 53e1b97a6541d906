// The certified clients oauth4webapi and openid-client against the example authorization server.
//
//   node clients.mjs SERVER GENERATE
//
// SERVER is the binary of examples/authorization-server, GENERATE that of examples/generate.rs. Prints a line per case,
// and exits with 1 when one of them came out otherwise than expected.
//
// For the controls of ./run, INTEROP_CONTROL plants a fault: with `miss` the expectation of one case per client is wrong,
// with `crash` the program ends before its last case, and with `orphan` it leaves a process behind.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const PART = 'clients';
const CLIENT = 'example-client';
const OTHER = 'other-client';
// Nobody listens there: the redirect is read, not followed. The port of a loopback address is the client's to choose.
const REDIRECT_URI = 'http://127.0.0.1:49152/callback';

const UNUSUAL = '-._~-._~-._~-._~-._~-._~-._~-._~-._~-._~-._';

const FAULT = process.env.INTEROP_CONTROL;

const [SERVER, GENERATE] = process.argv.slice(2);
if (!SERVER || !GENERATE) {
  console.error('usage: node clients.mjs SERVER GENERATE');
  process.exit(2);
}

// --------------------------------------------------------------------------------------------------------------------
// The two clients, called in the same way
// --------------------------------------------------------------------------------------------------------------------

class Oauth4webapi {
  static title = 'oauth4webapi';
  static randomVerifier = oauth.generateRandomCodeVerifier;
  static challenge = oauth.calculatePKCECodeChallenge;

  static async discover(issuer, clientId) {
    const client = new this();
    const url = new URL(issuer);
    const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', [oauth.allowInsecureRequests]: true });
    client.server = await oauth.processDiscoveryResponse(url, response);
    client.client = { client_id: clientId };
    return client;
  }

  authorizationUrl(parameters) {
    const url = new URL(this.server.authorization_endpoint);
    url.search = new URLSearchParams([['response_type', 'code'], ['client_id', this.client.client_id], ...parameters]);
    return url;
  }

  // Checks the redirect, and redeems its code. `verifiers` holds one verifier, or what the client itself never sends.
  async redeem(redirect, state, verifiers) {
    const callback = oauth.validateAuthResponse(this.server, this.client, redirect, state);
    const options = { [oauth.allowInsecureRequests]: true, additionalParameters: unusual(verifiers) };
    const response = await oauth.authorizationCodeGrantRequest(
      this.server,
      this.client,
      oauth.None(),
      callback,
      REDIRECT_URI,
      usual(verifiers) ?? oauth.nopkce,
      options,
    );
    return oauth.processAuthorizationCodeResponse(this.server, this.client, response);
  }
}

class OpenidClient {
  static title = 'openid-client';
  static randomVerifier = openid.randomPKCECodeVerifier;
  static challenge = openid.calculatePKCECodeChallenge;

  static async discover(issuer, clientId) {
    const client = new this();
    const options = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] };
    client.config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), options);
    client.server = client.config.serverMetadata();
    return client;
  }

  authorizationUrl(parameters) {
    return openid.buildAuthorizationUrl(this.config, new URLSearchParams(parameters));
  }

  async redeem(redirect, state, verifiers) {
    const checks = { expectedState: state, pkceCodeVerifier: usual(verifiers) };
    return openid.authorizationCodeGrant(this.config, redirect, checks, unusual(verifiers));
  }
}

// The verifier as the client's own argument. Both clients refuse to send none, an empty one or two by that way.
function usual(verifiers) {
  return verifiers.length === 1 && verifiers[0] !== '' ? verifiers[0] : undefined;
}

// The same as additional parameters of the token request.
function unusual(verifiers) {
  return new URLSearchParams(usual(verifiers) ? [] : verifiers.map((v) => ['code_verifier', v]));
}

// --------------------------------------------------------------------------------------------------------------------
// The server, and the user
// --------------------------------------------------------------------------------------------------------------------

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}

// Starts a server, calls `body` with its issuer, and ends it.
async function withServer(flags, body, register = '--client') {
  const clients = [CLIENT, OTHER].flatMap((id) => [register, `${id}=http://127.0.0.1/callback`]);
  const options = { stdio: ['ignore', 'pipe', 'ignore'] };
  const child = spawn(SERVER, ['--listen', '127.0.0.1:0', ...clients, ...flags], options);
  running.add(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await body(await firstLine(child));
  } finally {
    child.kill();
    await ended;
    running.delete(child);
  }
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not start within 60 seconds')), 60_000);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the server ended with ${code}`)));
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      const found = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
      found ? resolve(found[1]) : reject(new Error(`unexpected first line of the server: ${line}`));
    });
  });
}

// Sends the user to the authorization endpoint and lets them decide. Answers with the redirect and the state to expect.
async function authorize(client, pkce, decision = 'allow') {
  const state = oauth.generateRandomState();
  const url = client.authorizationUrl([['redirect_uri', REDIRECT_URI], ['state', state], ...pkce]);
  let response = await fetch(url, { redirect: 'manual' });
  if (response.status === 200) {
    await response.text();
    const form = new URLSearchParams(url.searchParams);
    form.set('decision', decision);
    response = await fetch(client.server.authorization_endpoint, { method: 'POST', body: form, redirect: 'manual' });
  }
  assert.equal(response.status, 303, 'the authorization endpoint redirects');
  const redirect = new URL(response.headers.get('location'));
  assert.equal(redirect.origin + redirect.pathname, REDIRECT_URI);
  return { redirect, state };
}

function s256(challenge) {
  return [['code_challenge', challenge], ['code_challenge_method', 'S256']];
}

// A verifier, and the redirect that its authorization request came back with.
async function granted(client, verifier = client.constructor.randomVerifier()) {
  return { verifier, ...(await authorize(client, s256(await client.constructor.challenge(verifier)))) };
}

// --------------------------------------------------------------------------------------------------------------------
// The cases
// --------------------------------------------------------------------------------------------------------------------

let misses = 0;

function report(name, outcome, expected) {
  if (outcome === expected) {
    console.log(`ok    ${PART}  ${name}: ${outcome}`);
  } else {
    misses += 1;
    console.log(`MISS  ${PART}  ${name}: ${outcome} (expected ${expected})`);
  }
}

const TOKEN = 'token';
const refusedByRedirect = (error) => `AuthorizationResponseError ${error}`;
const refusedAtToken = (error) => `ResponseBodyError 400 ${error}`;

// What the client sees: a token, or the error that it throws. Never the message, which might hold a parameter.
async function seen(attempt) {
  try {
    const answer = await attempt();
    return answer.access_token && answer.token_type === 'bearer' ? TOKEN : 'an answer without a bearer token';
  } catch (error) {
    if (error.error === undefined) {
      return `${error.name} ${error.code ?? ''}`.trim();
    }
    return error.name === 'ResponseBodyError'
      ? `${error.name} ${error.status} ${error.error}`
      : `${error.name} ${error.error}`;
  }
}

// A run of one client: the case's name begins with the client's.
function cases(Client) {
  return async (name, expected, attempt) => report(`${Client.title}, ${name}`, await seen(attempt), expected);
}

function methodsListed(client) {
  return client.server.code_challenge_methods_supported?.join(' ');
}

function metadata(Client, client, issuer) {
  report(`${Client.title}, issuer in the metadata`, client.server.issuer === issuer ? 'exact' : 'another', 'exact');
  report(`${Client.title}, methods in the metadata`, methodsListed(client), 'S256');
}

async function tokenEndpoint(Client, client, issuer) {
  const check = cases(Client);
  const malformed = refusedAtToken('invalid_request');
  const refused = refusedAtToken('invalid_grant');
  const attempt = (verifiers) => async () => {
    const { verifier, redirect, state } = await granted(client);
    return client.redeem(redirect, state, verifiers(verifier));
  };

  await check('right verifier', TOKEN, attempt((v) => [v]));
  for (const length of [43, 128]) {
    await check(`right verifier of ${length} characters`, TOKEN, async () => {
      const { verifier, redirect, state } = await granted(client, UNUSUAL.repeat(3).slice(0, length));
      return client.redeem(redirect, state, [verifier]);
    });
  }
  const wrong = FAULT === 'miss' ? TOKEN : refused;
  await check('wrong verifier', wrong, attempt(() => [Client.randomVerifier()]));
  await check('missing verifier', refused, attempt(() => []));
  await check('empty verifier', refused, attempt(() => ['']));
  await check('verifier of 42 characters', malformed, attempt((v) => [v.slice(0, 42)]));
  await check('verifier of 129 characters', malformed, attempt((v) => [v.repeat(4).slice(0, 129)]));
  await check('bad character in the verifier', malformed, attempt((v) => [`${v.slice(0, 42)}+`]));
  await check('repeated code_verifier', malformed, attempt((v) => [v, v]));

  const used = await granted(client);
  await client.redeem(used.redirect, used.state, [used.verifier]);
  await check('reused code', refused, () => client.redeem(used.redirect, used.state, [used.verifier]));

  const tried = await granted(client);
  await seen(() => client.redeem(tried.redirect, tried.state, [Client.randomVerifier()]));
  await check('right verifier after a wrong one', refused, () =>
    client.redeem(tried.redirect, tried.state, [tried.verifier]),
  );

  const other = await Client.discover(issuer, OTHER);
  const taken = await granted(client);
  await check('code of another client', refused, () =>
    other.redeem(taken.redirect, taken.state, [taken.verifier]),
  );
  await check('that code by its own client', TOKEN, () => client.redeem(taken.redirect, taken.state, [taken.verifier]));
}

async function authorizationEndpoint(Client, client) {
  const check = cases(Client);
  const verifier = Client.randomVerifier();
  const challenge = await Client.challenge(verifier);
  const method = (name) => ['code_challenge_method', name];
  const refused = {
    'method plain': [['code_challenge', verifier], method('plain')],
    'method s256': [['code_challenge', challenge], method('s256')],
    'no method': [['code_challenge', challenge]],
    'no challenge': [],
    'method only': [method('S256')],
    'empty challenge': s256(''),
    'padded challenge': s256(`${challenge}=`),
    'challenge of 42 characters': s256(challenge.slice(0, 42)),
    'repeated code_challenge': [...s256(challenge), ['code_challenge', challenge]],
    'repeated code_challenge_method': [...s256(challenge), method('S256')],
  };
  for (const [name, parameters] of Object.entries(refused)) {
    await check(name, refusedByRedirect('invalid_request'), async () => {
      const { redirect, state } = await authorize(client, parameters);
      return client.redeem(redirect, state, [verifier]);
    });
  }
  await check('the user says no', refusedByRedirect('access_denied'), async () => {
    const { redirect, state } = await authorize(client, s256(challenge), 'deny');
    return client.redeem(redirect, state, [verifier]);
  });
}

// What the clients themselves notice about the redirect.
async function redirectChecks(Client, client) {
  const check = cases(Client);
  const changed = (name, value) => async () => {
    const { verifier, redirect, state } = await granted(client);
    redirect.searchParams.set(name, value);
    return client.redeem(redirect, state, [verifier]);
  };
  // openid-client wraps the errors of oauth4webapi in its own class.
  const noticed = `${Client === OpenidClient ? 'ClientError' : 'OperationProcessingError'} OAUTH_INVALID_RESPONSE`;
  await check('state of another login', noticed, changed('state', oauth.generateRandomState()));
  await check('iss of another server', noticed, changed('iss', 'http://127.0.0.1:1'));
}

async function expired(Client, client) {
  const { verifier, redirect, state } = await granted(client);
  // The code lives for one second.
  await sleep(2_100);
  const refused = refusedAtToken('invalid_grant');
  await cases(Client)('expired code', refused, () => client.redeem(redirect, state, [verifier]));
}

async function plainAllowed(Client, client) {
  const check = cases(Client);
  const verifier = Client.randomVerifier();
  const attempt = (parameters, sent) => async () => {
    const { redirect, state } = await authorize(client, parameters);
    return client.redeem(redirect, state, [sent]);
  };
  report(`${Client.title}, plain allowed, methods in the metadata`, methodsListed(client), 'S256 plain');
  const plain = [['code_challenge', verifier], ['code_challenge_method', 'plain']];
  await check('plain allowed, method plain', TOKEN, attempt(plain, verifier));
  await check('plain allowed, no method', TOKEN, attempt(plain.slice(0, 1), verifier));
  await check('plain allowed, S256', TOKEN, attempt(s256(await Client.challenge(verifier)), verifier));
  const mismatch = refusedAtToken('invalid_grant');
  await check('plain allowed, wrong verifier', mismatch, attempt(plain, Client.randomVerifier()));
  // Without its method the challenge is a plain one, which is not hashed.
  const hashed = [['code_challenge', await Client.challenge(verifier)]];
  await check('plain allowed, S256 challenge without its method', mismatch, attempt(hashed, verifier));
}

async function pkceOptional(Client, client) {
  const check = cases(Client);
  const verifier = Client.randomVerifier();
  const attempt = (parameters, verifiers) => async () => {
    const { redirect, state } = await authorize(client, parameters);
    return client.redeem(redirect, state, verifiers);
  };
  const pkce = s256(await Client.challenge(verifier));
  await check('PKCE optional, neither challenge nor verifier', TOKEN, attempt([], []));
  await check('PKCE optional, right verifier', TOKEN, attempt(pkce, [verifier]));
  await check('PKCE optional, verifier without challenge', refusedAtToken('invalid_request'), attempt([], [verifier]));
  await check('PKCE optional, challenge without verifier', refusedAtToken('invalid_grant'), attempt(pkce, []));
}

// --------------------------------------------------------------------------------------------------------------------
// Their values and ours
// --------------------------------------------------------------------------------------------------------------------

const VALUES = 200;
const LOGINS = 20;

// Our verifier and challenge: of a fresh verifier, or of the given one. `undefined` when ours refuses it.
function ours(verifier) {
  const made = spawnSync(GENERATE, verifier === undefined ? [] : ['-'], { input: verifier ?? '', encoding: 'utf8' });
  if (made.error) {
    throw made.error;
  }
  const value = (name) => new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(made.stdout)?.[1];
  return made.status === 0 ? { verifier: value('code_verifier'), challenge: value('code_challenge') } : undefined;
}

async function values(Client) {
  const theirs = new Set(Array.from({ length: VALUES }, () => Client.randomVerifier()));
  let accepted = 0;
  let equal = 0;
  for (const verifier of theirs) {
    const made = ours(verifier);
    accepted += made !== undefined;
    equal += made !== undefined && made.challenge === (await Client.challenge(verifier));
  }
  report(`${Client.title}, their verifiers accepted by ours`, `${accepted}`, `${VALUES}`);
  report(`${Client.title}, their challenges equal to ours`, `${equal}`, `${VALUES}`);

  equal = 0;
  for (let i = 0; i < LOGINS; i += 1) {
    const { verifier, challenge } = ours();
    equal += challenge === (await Client.challenge(verifier));
  }
  report(`${Client.title}, our verifiers hashed by theirs`, `${equal} equal`, `${LOGINS} equal`);
}

async function logins(Client, client) {
  let tokens = 0;
  for (let i = 0; i < LOGINS; i += 1) {
    const { verifier, redirect, state } = await granted(client);
    tokens += (await seen(() => client.redeem(redirect, state, [verifier]))) === TOKEN;
  }
  report(`${Client.title}, logins with fresh verifiers`, `${tokens} tokens`, `${LOGINS} tokens`);
}

for (const Client of [Oauth4webapi, OpenidClient]) {
  await withServer([], async (issuer) => {
    const client = await Client.discover(issuer, CLIENT);
    metadata(Client, client, issuer);
    assert.notEqual(FAULT, 'crash', 'planted');
    await tokenEndpoint(Client, client, issuer);
    await authorizationEndpoint(Client, client);
    await redirectChecks(Client, client);
    await logins(Client, client);
  });
  await withServer(['--code-lifetime', '1'], async (issuer) => {
    await expired(Client, await Client.discover(issuer, CLIENT));
  });
  await withServer(['--allow-plain'], async (issuer) => {
    const client = await Client.discover(issuer, CLIENT);
    await plainAllowed(Client, client);
  });
  const optional = async (issuer) => pkceOptional(Client, await Client.discover(issuer, CLIENT));
  await withServer([], optional, '--client-without-pkce');
  await values(Client);
}

if (FAULT === 'orphan') {
  spawn('sleep', ['60'], { stdio: 'ignore' }).unref();
}
process.exitCode = misses === 0 ? 0 : 1;
