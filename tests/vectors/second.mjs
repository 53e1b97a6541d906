// Runs the pairs through oauth4webapi, a client library: is the S256 challenge that it makes of each verifier the one
// of the vectors?   second.mjs FOLDER-OF-THE-VECTORS   (started by `second`, from where the package is installed)
//
// Exit code 1 where an answer differs from the vectors and is not listed below, or is listed and does not differ.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculatePKCECodeChallenge, generateRandomCodeVerifier } from 'oauth4webapi'

const folder = process.argv[2]
const read = (group) => JSON.parse(readFileSync(join(folder, `${group}.json`), 'utf8')).cases

const s256 = (verifier) => createHash('sha256').update(verifier).digest('base64url')

// What differs, and why. A client library makes its own verifiers, so that this is no fault of its flow.
const known = [
  {
    why: 'it hashes any text that is not empty, without a look at the length or the alphabet',
    covers: (it) => it.result === 'malformed_verifier' && it.verifier !== '' && it.challenge === s256(it.verifier),
  },
]

// For a client, a pair is right if the challenge is the one that it would send.
async function isRight({ verifier, challenge }) {
  try {
    return (await calculatePKCECodeChallenge(verifier)) === challenge
  } catch {
    return false
  }
}

let faults = 0
let compared = 0
const counts = new Map(known.map((it) => [it, 0]))
for (const it of read('pairs').filter(({ method }) => method === 'S256')) {
  compared += 1
  const differs = (await isRight(it)) !== (it.result === 'match')
  const reason = known.find(({ covers }) => covers(it))
  if (differs && reason) {
    counts.set(reason, counts.get(reason) + 1)
  } else if (differs || reason) {
    faults += 1
    console.log(`error: ${it.id}: ${differs ? 'differs from the vectors' : 'is listed, but does not differ'}`)
  }
}

const differences = [...counts.values()].reduce((sum, count) => sum + count, 0)
const agree = compared - differences - faults

const form = /^[A-Za-z0-9._~-]{43,128}$/
const made = Array.from({ length: 100 }, generateRandomCodeVerifier)
const wellFormed = made.filter((verifier) => form.test(verifier)).length
if (wellFormed !== made.length) {
  faults += 1
  console.log('error: it makes verifiers that are not well formed')
}

console.log(`oauth4webapi: ${compared} S256 pairs, ${agree} agree, ${differences} differ as listed`)
for (const [{ why }, count] of counts) console.log(`  ${String(count).padStart(4)}  ${why}`)
console.log(`oauth4webapi: ${made.length} verifiers made, ${wellFormed} well formed`)
process.exit(faults === 0 ? 0 : 1)
