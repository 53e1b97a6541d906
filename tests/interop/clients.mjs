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
import { setTimeout as sleep } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

import { Program, check, must } from './harness.mjs';

const CLIENT = 'example-client';
const OTHER = 'other-client';
// Nobody listens there: the redirect is read, not followed. The port of a loopback address is the client's to choose.
const REDIRECT_URI = 'http://127.0.0.1:49152/callback';

const UNUSUAL = '-._~-._~-._~-._~-._~-._~-._~-._~-._~-._~-._';

const FAULT = process.env.INTEROP_CONTROL;

const [SERVER, GENERATE] = process.argv.slice(2);

// The two clients, called in the same way.

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

// Starts a server, calls `body` with its issuer, and ends it.
async function withServer(flags, body, register = '--client') {
  const clients = [CLIENT, OTHER].flatMap((id) => [register, `${id}=http://127.0.0.1/callback`]);
  const server = new Program(SERVER, ['--listen', '127.0.0.1:0', ...clients, ...flags]);
  await body(await server.line(/^listening on (http:\/\/127\.0\.0\.1:\d+)\n/));
  await server.kill();
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

// A login with these parameters and verifiers.
async function logIn(client, pkce, verifiers, decision) {
  const { redirect, state } = await authorize(client, pkce, decision);
  return client.redeem(redirect, state, verifiers);
}

const TOKEN = 'token';
const refusedByRedirect = (error) => `AuthorizationResponseError ${error}`;
const refusedAtToken = (error) => `ResponseBodyError 400 ${error}`;
const malformed = refusedAtToken('invalid_request');
const refused = refusedAtToken('invalid_grant');

// What the client sees: a token, or the error that it throws. Never the message, which might hold a parameter.
async function seen(attempt) {
  try {
    const answer = await attempt();
    return answer.access_token && answer.token_type === 'bearer' ? TOKEN : 'an answer without a bearer token';
  } catch (error) {
    const status = error.name === 'ResponseBodyError' ? [error.status] : [];
    return [error.name, ...status, error.error ?? error.code].join(' ').trim();
  }
}

const report = (client, name, expected, find) =>
  check(`${client.constructor.title}, ${name}`, async () => {
    const outcome = String(await find());
    must(outcome === String(expected), outcome, expected);
    return outcome;
  });

const attempt = (client, name, expected, run) => report(client, name, expected, () => seen(run));

const methodsListed = (client) => client.server.code_challenge_methods_supported?.join(' ');

async function metadata(client, issuer) {
  await report(client, 'issuer in the metadata is exact', true, () => client.server.issuer === issuer);
  await report(client, 'methods in the metadata', 'S256', () => methodsListed(client));
}

async function tokenEndpoint(client, issuer) {
  const { randomVerifier } = client.constructor;
  for (const [name, expected, verifiers] of [
    ['right verifier', TOKEN, (v) => [v]],
    ['wrong verifier', FAULT === 'miss' ? TOKEN : refused, () => [randomVerifier()]],
    ['missing verifier', refused, () => []],
    ['empty verifier', refused, () => ['']],
    ['verifier of 42 characters', malformed, (v) => [v.slice(0, 42)]],
    ['verifier of 129 characters', malformed, (v) => [v.repeat(4).slice(0, 129)]],
    ['bad character in the verifier', malformed, (v) => [`${v.slice(0, 42)}+`]],
    ['repeated code_verifier', malformed, (v) => [v, v]],
  ]) {
    await attempt(client, name, expected, async () => {
      const { verifier, redirect, state } = await granted(client);
      return client.redeem(redirect, state, verifiers(verifier));
    });
  }
  for (const length of [43, 128]) {
    await attempt(client, `right verifier of ${length} characters`, TOKEN, async () => {
      const { verifier, redirect, state } = await granted(client, UNUSUAL.repeat(3).slice(0, length));
      return client.redeem(redirect, state, [verifier]);
    });
  }

  const other = await client.constructor.discover(issuer, OTHER);
  for (const [name, first, verifiers, outcome, second] of [
    ['the right verifier', client, (v) => [v], TOKEN, refused],
    ['a wrong verifier', client, () => [randomVerifier()], refused, refused],
    ['another client', other, (v) => [v], refused, TOKEN],
  ]) {
    const { verifier, redirect, state } = await granted(client);
    await attempt(client, `a code, with ${name}`, outcome, () => first.redeem(redirect, state, verifiers(verifier)));
    await attempt(client, `that code, after ${name}`, second, () => client.redeem(redirect, state, [verifier]));
  }
}

async function authorizationEndpoint(client) {
  const verifier = client.constructor.randomVerifier();
  const challenge = await client.constructor.challenge(verifier);
  const method = (name) => ['code_challenge_method', name];
  for (const [name, pkce, error = 'invalid_request', decision = 'allow'] of [
    ['method plain', [['code_challenge', verifier], method('plain')]],
    ['method s256', [['code_challenge', challenge], method('s256')]],
    ['no method', [['code_challenge', challenge]]],
    ['no challenge', []],
    ['method only', [method('S256')]],
    ['empty challenge', s256('')],
    ['padded challenge', s256(`${challenge}=`)],
    ['challenge of 42 characters', s256(challenge.slice(0, 42))],
    ['repeated code_challenge', [...s256(challenge), ['code_challenge', challenge]]],
    ['repeated code_challenge_method', [...s256(challenge), method('S256')]],
    ['the user says no', s256(challenge), 'access_denied', 'deny'],
  ]) {
    await attempt(client, name, refusedByRedirect(error), () => logIn(client, pkce, [verifier], decision));
  }
}

// What the clients themselves notice about the redirect.
async function redirectChecks(client) {
  // openid-client wraps the errors of oauth4webapi in its own class.
  const noticed = `${client instanceof OpenidClient ? 'ClientError' : 'OperationProcessingError'} OAUTH_INVALID_RESPONSE`;
  for (const [name, parameter, value] of [
    ['state of another login', 'state', oauth.generateRandomState()],
    ['iss of another server', 'iss', 'http://127.0.0.1:1'],
  ]) {
    await attempt(client, name, noticed, async () => {
      const { verifier, redirect, state } = await granted(client);
      redirect.searchParams.set(parameter, value);
      return client.redeem(redirect, state, [verifier]);
    });
  }
}

async function expired(client) {
  const { verifier, redirect, state } = await granted(client);
  // The code lives for one second.
  await sleep(2_100);
  await attempt(client, 'expired code', refused, () => client.redeem(redirect, state, [verifier]));
}

async function plainAllowed(client) {
  const verifier = client.constructor.randomVerifier();
  const hashed = s256(await client.constructor.challenge(verifier));
  const plain = [['code_challenge', verifier], ['code_challenge_method', 'plain']];
  await report(client, 'plain allowed, methods in the metadata', 'S256 plain', () => methodsListed(client));
  for (const [name, pkce, sent, expected] of [
    ['method plain', plain, verifier, TOKEN],
    ['no method', plain.slice(0, 1), verifier, TOKEN],
    ['S256', hashed, verifier, TOKEN],
    ['wrong verifier', plain, client.constructor.randomVerifier(), refused],
    // Without its method the challenge is a plain one, which is not hashed.
    ['S256 challenge without its method', hashed.slice(0, 1), verifier, refused],
  ]) {
    await attempt(client, `plain allowed, ${name}`, expected, () => logIn(client, pkce, [sent]));
  }
}

async function pkceOptional(client) {
  const verifier = client.constructor.randomVerifier();
  const pkce = s256(await client.constructor.challenge(verifier));
  for (const [name, parameters, verifiers, expected] of [
    ['neither challenge nor verifier', [], [], TOKEN],
    ['right verifier', pkce, [verifier], TOKEN],
    ['verifier without challenge', [], [verifier], malformed],
    ['challenge without verifier', pkce, [], refused],
  ]) {
    await attempt(client, `PKCE optional, ${name}`, expected, () => logIn(client, parameters, verifiers));
  }
}

// Their values and ours.
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

async function values(client) {
  const { challenge, randomVerifier } = client.constructor;
  await report(client, 'their verifiers accepted by ours, with equal challenges', VALUES, async () => {
    const theirs = new Set(Array.from({ length: VALUES }, () => randomVerifier()));
    let equal = 0;
    for (const verifier of theirs) equal += ours(verifier)?.challenge === (await challenge(verifier));
    return equal;
  });
  await report(client, 'our verifiers hashed by theirs', LOGINS, async () => {
    let equal = 0;
    for (let i = 0; i < LOGINS; i += 1) {
      const made = ours();
      equal += made.challenge === (await challenge(made.verifier));
    }
    return equal;
  });
}

async function logins(client) {
  await report(client, 'logins with fresh verifiers', LOGINS, async () => {
    let tokens = 0;
    for (let i = 0; i < LOGINS; i += 1) {
      const { verifier, redirect, state } = await granted(client);
      tokens += (await seen(() => client.redeem(redirect, state, [verifier]))) === TOKEN;
    }
    return tokens;
  });
}

for (const Client of [Oauth4webapi, OpenidClient]) {
  await withServer([], async (issuer) => {
    const client = await Client.discover(issuer, CLIENT);
    await metadata(client, issuer);
    assert.notEqual(FAULT, 'crash', 'planted');
    await tokenEndpoint(client, issuer);
    await authorizationEndpoint(client);
    await redirectChecks(client);
    await logins(client);
    await values(client);
  });
  const at = (run) => async (issuer) => run(await Client.discover(issuer, CLIENT));
  await withServer(['--code-lifetime', '1'], at(expired));
  await withServer(['--allow-plain'], at(plainAllowed));
  await withServer([], at(pkceOptional), '--client-without-pkce');
}

if (FAULT === 'orphan') {
  spawn('sleep', ['60'], { stdio: 'ignore' }).unref();
}
