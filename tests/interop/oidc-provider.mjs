// oidc-provider, a certified server, on a free port of 127.0.0.1, with a public native client and its built-in pages.
//
//   node oidc-provider.mjs
//
// Prints `listening on http://127.0.0.1:PORT`.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

// The issuer holds the port, so the port comes first.
const server = createServer();
await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'example-client',
      // Native: a loopback redirect without TLS, on any port.
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
});
server.on('request', provider.callback());

console.log(`listening on ${issuer}`);
