// The fields and buttons of the page. The rules of PKCE are in the wasm part.

import start, { challenge, check_pair, check_verifier, generate } from './pkce_page.js';
import wasm from './wasm.js';

const at = (id) => document.getElementById(id);
const copyButtons = document.querySelectorAll('button[data-copies]');

// The optional parameters, and the fields that hold them.
const optional = { redirect_uri: 'redirect-uri', scope: 'scope', state: 'state' };

function say(id, good, message) {
  const finding = at(id);
  // A screen reader reads a text again if it is set again.
  if (finding.textContent !== message) {
    finding.textContent = message;
  }
  finding.classList.toggle('good', good === true);
  finding.classList.toggle('bad', good === false);
}

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

// Shows the text, and marks the character that is not allowed.
function mark(text, position) {
  const marked = at('verifier-marked');
  marked.hidden = position === undefined;
  marked.replaceChildren();
  if (position !== undefined) {
    const character = String.fromCodePoint(text.codePointAt(position));
    const box = document.createElement('mark');
    // White space is invisible in the box.
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

// Returns what is missing or wrong, or undefined if the URL can be built.
function missingForUrl() {
  const endpoint = at('endpoint').value.trim();
  if (endpoint === '') {
    return '';
  }
  const url = parsed(endpoint);
  if (!['https:', 'http:'].includes(url?.protocol)) {
    return 'The endpoint is not an http or https URL.';
  }
  if (url.hash !== '') {
    return 'The endpoint must not have a fragment (RFC 6749 section 3.1).';
  }
  const redirect = at('redirect-uri').value.trim();
  if (redirect !== '' && parsed(redirect) === undefined) {
    return 'The redirect URI is not an absolute URI.';
  }
  if (redirect.includes('#')) {
    return 'The redirect URI must not have a fragment (RFC 6749 section 3.1.2).';
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
    const value = at(id).value.trim();
    if (value !== '') {
      url.searchParams.set(name, value);
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

// Falls back to copying the selection, and then to asking the person to do it.
async function copy(id, name, button) {
  try {
    await navigator.clipboard.writeText(at(id).value);
  } catch {
    at(id).select();
    if (!document.execCommand('copy')) {
      notice(`${name} is selected, but this browser does not let pages copy. Press Ctrl+C or ⌘C.`);
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
  await start({ module_or_path: Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)) });
  listen();
  at('generate').disabled = false;
  at('fill').disabled = false;
  // A browser may keep the fields over a reload.
  verifierChanged();
  pairChanged();
} catch (why) {
  say('verifier-finding', false, `The page could not start: ${why}`);
}
