// The page: its fields, its buttons, and what it says. All rules of PKCE are in the wasm part.

import start, { challenge, check_pair, check_verifier, generate } from './pkce_page.js';
import wasm from './wasm.js';

const at = (id) => document.getElementById(id);
const copyButtons = document.querySelectorAll('button[data-copies]');

// The fields as they are filled, under the names of the parameters.
const optional = { redirect_uri: 'redirect-uri', scope: 'scope', state: 'state' };

function say(id, good, message) {
  const finding = at(id);
  // A text that is set again would be read out again.
  if (finding.textContent !== message) {
    finding.textContent = message;
  }
  finding.classList.toggle('good', good === true);
  finding.classList.toggle('bad', good === false);
}

// There is nothing to copy from an empty field.
function copyable(id) {
  for (const button of copyButtons) {
    if (button.dataset.copies === id) {
      button.disabled = at(id).value === '';
    }
  }
}

function show(id, value) {
  at(id).value = value;
  copyable(id);
}

// Shows the text with the character that is not allowed marked.
function mark(text, position) {
  const marked = at('verifier-marked');
  marked.hidden = position === undefined;
  marked.replaceChildren();
  if (position !== undefined) {
    const character = String.fromCodePoint(text.codePointAt(position));
    const box = document.createElement('mark');
    // White space would be an empty box.
    box.textContent = { ' ': '␠', '\n': '⏎', '\t': '⇥' }[character] ?? character;
    marked.append(text.slice(0, position), box, text.slice(position + character.length));
  }
}

function verifierChanged() {
  const verifier = at('verifier').value;
  copyable('verifier');
  const finding = verifier === '' ? undefined : check_verifier(verifier);
  const good = finding?.good;
  say('verifier-finding', good, finding?.message ?? '');
  at('verifier').setAttribute('aria-invalid', String(good === false));
  mark(verifier, finding?.position);
  show('s256', good ? challenge(verifier, 'S256') : '');
  show('plain', good ? challenge(verifier, 'plain') : '');
  finding?.free();
  urlChanged();
}

function parsed(text) {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

// What is still missing for the URL, or nothing.
function missingForUrl() {
  const endpoint = at('endpoint').value.trim();
  if (endpoint === '') {
    return '';
  }
  const url = parsed(endpoint);
  if (!['https:', 'http:'].includes(url?.protocol)) {
    return 'The endpoint is not an http or https address.';
  }
  if (url.hash !== '') {
    return 'The endpoint must not have a fragment (RFC 6749 section 3.1).';
  }
  if (at('client-id').value === '') {
    return 'The client ID is missing.';
  }
  if (at('verifier').value === '') {
    return 'A verifier is missing: generate one above.';
  }
  return at('s256').value === '' ? 'The verifier above is not well formed.' : undefined;
}

function authorizationUrl() {
  const url = new URL(at('endpoint').value.trim());
  const method = at('url-method').value;
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('client_id', at('client-id').value);
  for (const [name, id] of Object.entries(optional)) {
    if (at(id).value !== '') {
      url.searchParams.set(name, at(id).value);
    }
  }
  url.searchParams.set('code_challenge', challenge(at('verifier').value, method));
  url.searchParams.set('code_challenge_method', method);
  return url.href;
}

function urlChanged() {
  const missing = missingForUrl();
  show('url', missing === undefined ? authorizationUrl() : '');
  say('url-finding', missing ? false : undefined, missing ?? '');
}

function pairChanged() {
  const [verifier, stored] = [at('pair-verifier').value, at('pair-challenge').value];
  if (verifier === '' || stored === '') {
    say('pair-finding', undefined, verifier === stored ? '' : 'Enter a verifier and a challenge.');
    return;
  }
  const finding = check_pair(verifier, stored, at('pair-method').value);
  say('pair-finding', finding.good, finding.message);
  finding.free();
}

function fillIn() {
  const method = at('pair-method').value;
  at('pair-verifier').value = at('verifier').value;
  at('pair-challenge').value = method === 'S256' ? at('s256').value : at('plain').value;
  pairChanged();
}

function notice(text) {
  at('notice').textContent = text;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => (at('notice').textContent = ''), 4000);
}

function generateVerifier() {
  try {
    at('verifier').value = generate();
    verifierChanged();
  } catch (why) {
    say('verifier-finding', false, String(why));
  }
}

// Browsers without a clipboard for pages still copy what is selected; failing that, the person can.
async function copy(id, name, button) {
  try {
    await navigator.clipboard.writeText(at(id).value);
  } catch {
    at(id).select();
    if (!document.execCommand('copy')) {
      notice(`${name} is selected, but this browser lets no page copy. Press Ctrl+C or ⌘C.`);
      return;
    }
  }
  button.focus();
  notice(`${name} copied.`);
}

function listen() {
  at('generate').addEventListener('click', generateVerifier);
  at('fill').addEventListener('click', fillIn);
  at('verifier').addEventListener('input', verifierChanged);
  for (const id of ['endpoint', 'client-id', 'url-method', ...Object.values(optional)]) {
    at(id).addEventListener('input', urlChanged);
  }
  for (const id of ['pair-verifier', 'pair-challenge', 'pair-method']) {
    at(id).addEventListener('input', pairChanged);
  }
  for (const button of copyButtons) {
    button.addEventListener('click', () => copy(button.dataset.copies, button.dataset.name, button));
  }
}

try {
  await start({ module_or_path: Uint8Array.from(atob(wasm), (letter) => letter.charCodeAt(0)) });
  listen();
  at('generate').disabled = false;
  at('fill').disabled = false;
  // A browser may have kept what was typed before a reload.
  verifierChanged();
  pairChanged();
} catch (why) {
  say('verifier-finding', false, `The page could not start: ${why}`);
}
