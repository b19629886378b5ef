// A sign-in provider of somebody else's making, for the tests: OpenID Connect with resource indicators, JWT access tokens, and pages on which
// anybody signs in under any name. Says where it listens on its first line of output.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [modules, audience] = process.argv.slice(2);
const { default: Provider } = await import(createRequire(`${modules}/`).resolve('oidc-provider'));

const server = createServer();
await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'console', client_secret: 'between us', application_type: 'native', grant_types: ['authorization_code'],
      response_types: ['code'], redirect_uris: ['http://127.0.0.1/sign-in/return'], token_endpoint_auth_method: 'client_secret_basic',
    },
    { client_id: 'robot', client_secret: 'robot', grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
  ],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        audience: resource, scope: 'sijil:read sijil:record', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
server.on('request', provider.callback());
console.log(issuer, audience);
