// Compiles schema.json in Ajv's strict mode and validates the vectors.   validate.mjs FOLDER-OF-THE-VECTORS

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'

const groups = [
  'verifiers',
  'challenges',
  'pairs',
  'methods',
  'stored_challenges',
  'authorization_requests',
  'token_requests',
]
const read = (name) => JSON.parse(readFileSync(join(process.argv[2], `${name}.json`), 'utf8'))
const fail = (message) => {
  console.log(`error: ${message}`)
  process.exit(1)
}

const ajv = new Ajv2020({ strict: true, strictTypes: true, strictTuples: true, strictRequired: true })
const validate = ajv.compile(read('schema'))

// Each of them must make a valid file invalid.
const faults = {
  'an unknown field': (file) => (file.cases[0].unknown = 1),
  'no basis': (file) => delete file.cases[0].basis,
  'a source that cannot be looked up': (file) => (file.cases[0].sources = ['a rumour']),
  'a decision of no group': (file) => (file.cases[0].expected.decision = 'maybe'),
  'an accepted refusal': (file) => (file.cases.find((it) => !it.expected.accepted).expected.accepted = true),
  'a stricter case without the RFC': (file) => (file.cases.find((it) => !it.rfc).basis = 'stricter'),
}
for (const group of groups) {
  if (!validate(read(group))) fail(`${group}.json: ${JSON.stringify(validate.errors[0])}`)
  for (const [name, change] of Object.entries(faults)) {
    const file = read(group)
    change(file)
    if (validate(file)) fail(`control: ${group}.json with ${name} is valid`)
  }
}
const planted = groups.length * Object.keys(faults).length
console.log(`Ajv, strict: ${groups.length} files are valid, ${planted} planted faults are seen`)
