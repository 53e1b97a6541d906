// Asks rustdoc's own search code, on the index that it built, for the words that users type.
//
//     node search.mjs DOCS      (started by `search`, with the folder that rustdoc wrote)

import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const SHOWN = 5

// Each word, and the items that must be among the first five results. The first item of a list must come first.
const EXPECTED = {
  random: ['CodeVerifier::generate'],
  new: [null, 'CodeVerifier::generate'],
  create: ['CodeVerifier::generate'],
  rng: ['CodeVerifier::generate', 'CodeVerifier::generate_with', 'CodeVerifier::generate_from_rng'],
  // The method of this name compares without a policy. See also `sendsServersOn`.
  verify: ['CodeChallenge::verify', 'ServerPolicy::check_token_request'],
  check: ['ServerPolicy::check_token_request', 'ServerPolicy::check_authorization_request'],
  compare: ['CodeChallenge::verify', 'ServerPolicy::check_token_request'],
  validate: [null, 'ServerPolicy::check_token_request', 'ServerPolicy::check_authorization_request'],
  hash: [null, 'CodeChallengeMethod::S256', 'CodeVerifier::challenge'],
  sha256: ['CodeChallengeMethod::S256', 'CodeVerifier::challenge'],
  s256: ['CodeChallengeMethod::S256', 'CodeVerifier::challenge', 'S256Support'],
  base64: [null, 'CodeVerifier::challenge', 'CodeVerifier::from_random_bytes'],
  plain: ['CodeChallengeMethod::Plain', 'ServerPolicy::allow_plain'],
  padding: ['CodeChallenge::parse'],
  database: [null, 'CodeChallenge::from_stored', 'CodeChallenge::to_stored'],
  db: [null, 'CodeChallenge::from_stored', 'CodeChallenge::to_stored'],
  store: [null, 'CodeChallenge::from_stored', 'CodeChallenge::to_stored'],
  row: [null, 'CodeChallenge::from_stored', 'CodeChallenge::to_stored'],
  column: [null, 'CodeChallenge::from_stored', 'CodeChallenge::to_stored'],
  session: ['CodeVerifier::expose_secret'],
  cookie: ['CodeVerifier::expose_secret'],
  serialize: ['expose_secret::serialize', 'CodeVerifier::expose_secret'],
  state: ['CodeVerifier::expose_secret'],
  nonce: ['guides::client'],
  arc: ['CodeVerifier'],
  redirect: ['CodeChallenge::authorization_params'],
  url: ['CodeChallenge::authorization_params'],
  query: ['CodeChallenge::authorization_params'],
  axum: ['ServerPolicy'],
  server: [null, 'ServerPolicy', 'ServerPolicy::check_token_request'],
  require: [null, 'ServerPolicy', 'LenientPolicy::require_pkce'],
  enforce: ['ServerPolicy'],
  refresh: ['ServerPolicy::check_token_request'],
  device: ['ServerPolicy::check_token_request'],
  mcp: ['S256Support'],
  downgrade: ['ServerPolicy::allow_non_pkce', 'TokenError::UnexpectedVerifier'],
  secret: ['CodeVerifier::expose_secret'],
  reveal: ['CodeVerifier::expose_secret'],
  wipe: ['CodeVerifier'],
  zeroize: ['CodeVerifier'],
}

const docs = resolve(process.argv[2])

// rustdoc's search code, which is made to run outside of a browser too.
async function load() {
  const statics = join(docs, 'static.files')
  const script = (start) => join(statics, readdirSync(statics).find((name) => name.startsWith(start)))
  // From the page's other script.
  globalThis.nonnull = (value) => value
  globalThis.nonundef = (value) => value
  const require = createRequire(import.meta.url)
  const { Stringdex, RoaringBitmap } = require(script('stringdex-'))
  const { initSearch } = require(script('search-'))
  let callbacks
  const run = (...path) => {
    const text = readFileSync(join(docs, 'search.index', ...path), 'utf8')
    new Function(...Object.keys(callbacks), text)(...Object.values(callbacks))
  }
  return initSearch(Stringdex, RoaringBitmap, {
    loadRoot(given) {
      callbacks = given
      run('root.js')
    },
    loadTreeByHash: (hash) => run(`${hash}.js`),
    loadDataByNameAndHash: (name, hash) => run(name, `${hash}.js`),
  })
}

const { docSearch, DocSearch } = await load()

// The first results, as `Type::member`, `module::function`, `Type` or `guides::page`.
async function results(word) {
  const found = await docSearch.execQuery(DocSearch.parseQuery(word), null, 'pkce_core')
  const items = []
  for await (const result of found.others) {
    items.push(item(result.href))
    if (items.length === SHOWN) {
      break
    }
  }
  return items
}

function item(href) {
  const [, path, member] = href.match(/pkce_core\/([^#]*)\.html(?:#[a-z]+\.(\w+))?$/)
  const names = path.split('/').map((name) => name.replace(/^[a-z]+\./, ''))
  return [...names.filter((name) => name !== 'index'), ...(member ? [member] : [])].join('::')
}

// What is wrong with the results of a word.
function fault(expected, found) {
  const [first] = expected
  if (first !== null && found[0] !== first) {
    return `${first} is not the first result`
  }
  const missing = expected.filter((name) => name !== null && !found.includes(name))
  return missing.length === 0 ? null : `${missing.join(', ')} is not among the first ${SHOWN}`
}

// Whether the first paragraph on `CodeChallenge::verify` names what a server calls.
function sendsServersOn() {
  const page = readFileSync(join(docs, 'pkce_core/struct.CodeChallenge.html'), 'utf8')
  const [, after] = page.split('id="method.verify"')
  return after.match(/<p>(.*?)<\/p>/s)[1].includes('ServerPolicy::check_token_request')
}

let passed = 0
let failed = 0
function check(name, problem) {
  if (problem === null) {
    passed += 1
  } else {
    failed += 1
    console.log(`FAILED ${name}: ${problem}`)
  }
}

for (const [word, expected] of Object.entries(EXPECTED)) {
  const found = await results(word)
  const problem = fault(expected, found)
  check(word, problem && `${problem}: ${found.join(', ') || 'nothing found'}`)
}
check('docs of CodeChallenge::verify', sendsServersOn() ? null : 'the first paragraph does not name check_token_request')

// Controls: a word that is nowhere, an item that the word does not lead to, and the right item in the wrong place.
check('control: a word that is nowhere', (await results('xyzzy')).length === 0 ? null : 'something was found')
const random = await results('random')
check('control: another item', fault(['CodeChallenge::from_stored'], random) ? null : 'it was not noticed')
check('control: not the first', fault(['CodeVerifier::generate_with'], random) ? null : 'it was not noticed')

console.log(`search: ${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
