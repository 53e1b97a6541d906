// The fields and buttons of the page. The rules of PKCE are in the wasm part.

const at = (id) => document.getElementById(id);
const copyButtons = document.querySelectorAll('button[data-copies]');

// The optional parameters, and the fields that hold them.
const optional = { redirect_uri: 'redirect-uri', scope: 'scope', state: 'state' };

// The wasm part, once it has started.
let pkce;

// Marks the one of these fields that is at fault, if any.
function blame(fields, wrong) {
  for (const id of fields) {
    if (id === wrong) {
      at(id).setAttribute('aria-invalid', 'true');
    } else {
      at(id).removeAttribute('aria-invalid');
    }
  }
}

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

// Shows the text, and marks the character that is not allowed. What is invisible, not in every font, or written from right
// to left is shown by its number, and cannot move the mark.
function mark(text, position) {
  const marked = at('verifier-marked');
  marked.hidden = position === undefined;
  marked.replaceChildren();
  if (position !== undefined) {
    const code = text.codePointAt(position);
    const box = document.createElement('mark');
    const rest = document.createElement('bdi');
    box.textContent = code > 0x20 && code < 0x7f ? text[position] : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    rest.textContent = text.slice(position + String.fromCodePoint(code).length);
    marked.append(text.slice(0, position), box, rest);
  }
}

function verifierChanged() {
  const verifier = at('verifier').value;
  copyable('verifier');
  const finding = verifier === '' ? undefined : pkce.check_verifier(verifier);
  const good = finding?.good;
  say('verifier-finding', good, finding?.message ?? '');
  blame(['verifier'], finding?.fault);
  mark(verifier, finding?.position);
  show('s256', good ? pkce.challenge(verifier, 'S256') : '');
  show('plain', good ? pkce.challenge(verifier, 'plain') : '');
  finding?.free();
  urlChanged();
}

// Returns the field that keeps the URL from being built, and why, or undefined if it can be built.
function faultOfUrl() {
  const endpoint = at('endpoint').value.trim();
  const redirect = at('redirect-uri').value.trim();
  if (!/^https?:/i.test(endpoint) || !URL.canParse(endpoint)) {
    return ['endpoint', 'The endpoint is not an http or https URL.'];
  }
  // The property `hash` would not show an empty fragment.
  if (endpoint.includes('#')) {
    return ['endpoint', 'The endpoint must not have a fragment (RFC 6749 section 3.1).'];
  }
  if (redirect !== '' && !URL.canParse(redirect)) {
    return ['redirect-uri', 'The redirect URI is not an absolute URI.'];
  }
  if (redirect.includes('#')) {
    return ['redirect-uri', 'The redirect URI must not have a fragment (RFC 6749 section 3.1.2).'];
  }
  if (at('client-id').value === '') {
    return ['client-id', 'The client ID is missing.'];
  }
  if (at('s256').value === '') {
    return ['', `The verifier above is ${at('verifier').value === '' ? 'missing: generate one' : 'not well formed'}.`];
  }
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
  url.searchParams.set('code_challenge', pkce.challenge(at('verifier').value, method));
  url.searchParams.set('code_challenge_method', method);
  return url.href;
}

function urlChanged() {
  const empty = at('endpoint').value.trim() === '';
  const [wrong, message] = (empty ? undefined : faultOfUrl()) ?? [];
  show('url', empty || message ? '' : authorizationUrl());
  say('url-finding', message ? false : undefined, message ?? '');
  blame(['endpoint', 'client-id', 'redirect-uri'], wrong);
}

function pairChanged() {
  const [verifier, challenge] = [at('pair-verifier').value, at('pair-challenge').value];
  const complete = verifier !== '' && challenge !== '';
  const finding = complete ? pkce.check_pair(verifier, challenge, at('pair-method').value) : undefined;
  const missing = verifier === challenge ? '' : 'Enter a verifier and a challenge.';
  say('pair-finding', finding?.good, finding?.message ?? missing);
  blame(['pair-verifier', 'pair-challenge'], `pair-${finding?.fault}`);
  finding?.free();
}

function fillIn() {
  const method = at('pair-method').value;
  at('pair-verifier').value = at('verifier').value;
  at('pair-challenge').value = method === 'S256' ? at('s256').value : at('plain').value;
  pairChanged();
}

// Shows a notice for as long as the element has the focus.
function notice(text, element) {
  element.focus();
  at('notice').textContent = text;
  element.addEventListener('blur', () => (at('notice').textContent = ''), { once: true });
}

function generateVerifier() {
  try {
    at('verifier').value = pkce.generate();
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
      notice(`${name} is selected, but this browser does not let pages copy. Press Ctrl+C or ⌘C.`, at(id));
      return;
    }
  }
  notice(`${name} copied.`, button);
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

async function start() {
  if (typeof WebAssembly === 'undefined') {
    throw new Error('this browser has no WebAssembly, or it is turned off');
  }
  // Not at the top, where a file that is missing would stop the page without a word.
  const [script, { default: wasm }] = await Promise.all([import('./pkce_page.js'), import('./wasm.js')]);
  await script.default({ module_or_path: Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)) });
  pkce = script;
  listen();
  at('generate').disabled = false;
  at('fill').disabled = false;
  // A browser may keep the fields over a reload.
  verifierChanged();
  pairChanged();
}

start().catch((why) => say('verifier-finding', false, `The page could not start (${why.message}).`));
