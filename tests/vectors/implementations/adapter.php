<?php
// Runs the vectors through a client in plain PHP. Debian has no PHP library with PKCE.
//
// Reads cases on standard input, writes one line per verdict; see table.py.

function code_challenge(string $verifier): string
{
    return rtrim(strtr(base64_encode(hash('sha256', $verifier, true)), '+/', '-_'), '=');
}

while (($line = fgets(STDIN)) !== false) {
    [$id, $group] = $fields = explode("\t", rtrim($line, "\n"));
    if ($group !== 'pairs') {
        continue;
    }
    [$method, $verifier, $challenge] = array_map(
        fn(string $field): string => base64_decode(substr($field, 1), true),
        array_slice($fields, 2),
    );
    $expected = $method === 'S256' ? code_challenge($verifier) : $verifier;
    echo $id, "\t", hash_equals($expected, $challenge) ? 'yes' : 'no', "\n";
}
