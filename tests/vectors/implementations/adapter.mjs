// Runs the vectors through implementations in JavaScript.
//
//     adapter.mjs NAME      (reads cases on standard input, writes one line per verdict; see table.py)

import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

// Client libraries: what they derive is compared with the challenge.
const derives = (name) => async () => {
  const { calculatePKCECodeChallenge } = await import(name)
  return {
    pairs: async (method, verifier, challenge) => {
      if (method !== 'S256') return undefined
      try {
        return (await calculatePKCECodeChallenge(verifier)) === challenge
      } catch (error) {
        if (error.code === 'ERR_INVALID_ARG_VALUE') return false
        throw error
      }
    },
  }
}

async function pkceChallenge() {
  const { generateChallenge, verifyChallenge } = await import('pkce-challenge')
  return {
    pairs: (method, verifier, challenge) => verifyChallenge(verifier, challenge, method),
    methods: (method) =>
      generateChallenge('A'.repeat(43), method).then(
        () => true,
        (error) => {
          if (error.message.startsWith('Unsupported')) return false
          throw error
        },
      ),
  }
}

// A server, over HTTP. It supports S256 only.
async function oidcProvider() {
  console.warn = console.info = console.error = () => {}
  const { Provider } = await import('oidc-provider')
  const redirectUri = 'https://client.example/callback'
  const servers = {}
  for (const required of [true, false]) {
    const provider = new Provider('http://127.0.0.1', {
      clients: [
        {
          client_id: 'client',
          token_endpoint_auth_method: 'none',
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
        },
      ],
      pkce: { required: () => required },
      findAccount: (ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    })
    const server = createServer(provider.callback()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    server.unref()
    servers[required] = { provider, base: `http://127.0.0.1:${server.address().port}` }
  }

  async function authorize(required, challenge, method) {
    const query = new URLSearchParams({ client_id: 'client', response_type: 'code', scope: 'openid' })
    query.set('redirect_uri', redirectUri)
    if (challenge !== null) query.set('code_challenge', challenge)
    if (method !== null) query.set('code_challenge_method', method)
    const response = await fetch(`${servers[required].base}/auth?${query}`, { redirect: 'manual' })
    const location = new URL(response.headers.get('location') ?? 'about:blank', servers[required].base)
    if (location.pathname.startsWith('/interaction/')) return true
    if (['invalid_request', 'unsupported_response_type'].includes(location.searchParams.get('error'))) return false
    throw new Error(`status ${response.status}`)
  }

  async function token(required, challenge, method, verifier) {
    const { provider, base } = servers[required]
    const client = await provider.Client.find('client')
    const grant = new provider.Grant({ clientId: 'client', accountId: 'account' })
    grant.addOIDCScope('openid')
    const code = new provider.AuthorizationCode({
      client,
      accountId: 'account',
      redirectUri,
      scope: 'openid',
      grantId: await grant.save(),
      gty: 'authorization_code',
      codeChallenge: challenge ?? undefined,
      codeChallengeMethod: method ?? undefined,
    })
    const form = new URLSearchParams({ client_id: 'client', grant_type: 'authorization_code' })
    form.set('redirect_uri', redirectUri)
    form.set('code', await code.save())
    if (verifier !== null) form.set('code_verifier', verifier)
    const response = await fetch(`${base}/token`, { method: 'POST', body: form })
    if (response.status === 200) return true
    if (response.status === 400) return false
    throw new Error(`status ${response.status}`)
  }

  return {
    pairs: async (method, verifier, challenge) => {
      if (method !== 'S256') return undefined
      return (await authorize(true, challenge, method)) && token(true, challenge, method, verifier)
    },
    authorization_requests: async (required, plain, challenge, method) =>
      plain ? undefined : authorize(required, challenge, method),
    token_requests: async (required, plain, challenge, method, verifier) =>
      plain ? undefined : token(required, challenge, method, verifier),
  }
}

// A server: its handlers, with a model in memory.
async function nodeOauth2Server() {
  const { default: OAuth2Server } = await import('@node-oauth/oauth2-server')
  const { OAuthError, Request, Response } = OAuth2Server
  const client = { id: 'client', grants: ['authorization_code'], redirectUris: ['https://client.example/'] }
  const user = { id: 'user' }

  async function accepts(promise) {
    try {
      await promise
      return true
    } catch (error) {
      if (error instanceof OAuthError && error.code < 500) return false
      throw error
    }
  }

  function authorize(plain, challenge, method) {
    const query = { client_id: 'client', response_type: 'code', state: 'state' }
    if (challenge !== null) query.code_challenge = challenge
    if (method !== null) query.code_challenge_method = method
    const model = {
      getAccessToken: () => ({ user, accessTokenExpiresAt: new Date(Date.now() + 60_000) }),
      getClient: () => client,
      saveAuthorizationCode: (code) => ({ ...code, client, user }),
    }
    const server = new OAuth2Server({ model })
    const request = new Request({ method: 'GET', query, headers: { authorization: 'Bearer token' } })
    return accepts(server.authorize(request, new Response(), { enablePlainPKCE: plain }))
  }

  function token(plain, challenge, method, verifier) {
    const body = { client_id: 'client', client_secret: 'secret', grant_type: 'authorization_code', code: 'code' }
    if (verifier !== null) body.code_verifier = verifier
    const code = { authorizationCode: 'code', expiresAt: new Date(Date.now() + 60_000), client, user }
    if (challenge !== null) Object.assign(code, { codeChallenge: challenge, codeChallengeMethod: method })
    const model = {
      getAuthorizationCode: () => code,
      getClient: () => client,
      revokeAuthorizationCode: () => true,
      saveToken: (token) => ({ ...token, client, user }),
    }
    const server = new OAuth2Server({ model })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1' }
    const request = new Request({ method: 'POST', query: {}, headers, body })
    return accepts(server.token(request, new Response(), { enablePlainPKCE: plain }))
  }

  return {
    // It has no policy that requires PKCE, so an empty challenge is a login without it.
    pairs: async (method, verifier, challenge) => {
      if (challenge === '') return undefined
      return (await authorize(true, challenge, method)) && token(true, challenge, method, verifier)
    },
    authorization_requests: async (required, plain, challenge, method) =>
      required ? undefined : authorize(plain, challenge, method),
    token_requests: async (required, plain, challenge, method, verifier) =>
      required ? undefined : token(plain, challenge, method, verifier),
  }
}

const adapters = {
  'oauth4webapi': derives('oauth4webapi'),
  'openid-client': derives('openid-client'),
  'pkce-challenge': pkceChallenge,
  'oidc-provider': oidcProvider,
  '@node-oauth/oauth2-server': nodeOauth2Server,
}

function decode(field) {
  if (field === 'true' || field === 'false') return field === 'true'
  return field === '-' ? null : Buffer.from(field.slice(1), 'base64').toString('utf8')
}

const functions = await adapters[process.argv[2]]()
const lines = []
for await (const line of createInterface({ input: process.stdin })) lines.push(line)
for (const line of lines) {
  const [id, group, ...fields] = line.split('\t')
  if (!(group in functions)) continue
  let verdict
  try {
    const accepted = await functions[group](...fields.map(decode))
    verdict = accepted === undefined ? undefined : accepted ? 'yes' : 'no'
  } catch (error) {
    verdict = `crash\t${error.name}: ${error.message}`.replaceAll('\n', ' ')
  }
  if (verdict !== undefined) process.stdout.write(`${id}\t${verdict}\n`)
}
process.exitCode = 0
