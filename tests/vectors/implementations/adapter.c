// Runs the vectors through iddawc: the authorization URL that it builds must carry the challenge.
//
// Reads cases on standard input, writes one line per verdict; see table.py. Its functions read C strings, so cases with
// a NUL are left out.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iddawc.h>
#include <orcania.h>
#include <ulfius.h>

// Returns the octets of a field as a string, or NULL if one of them is NUL.
static char *decode(const char *field) {
    size_t length = 0;
    char *octets = calloc(1, strlen(field) + 1);
    if (!octets) {
        abort();
    }
    if (field[1] && !o_base64_decode((const unsigned char *)field + 1, strlen(field) - 1, (unsigned char *)octets, &length)) {
        abort();
    }
    octets[length] = '\0';
    if (strlen(octets) == length) {
        return octets;
    }
    free(octets);
    return NULL;
}

// Returns the challenge that iddawc sends, or NULL if it refuses the verifier.
static char *sent_challenge(const char *method, const char *verifier) {
    struct _i_session session;
    char *challenge = NULL;
    int is_set;
    i_init_session(&session);
    is_set = i_set_parameter_list(&session, I_OPT_RESPONSE_TYPE, I_RESPONSE_TYPE_CODE, I_OPT_CLIENT_ID, "client",
                 I_OPT_REDIRECT_URI, "https://client.example/cb", I_OPT_AUTH_ENDPOINT, "https://server.example/authorize",
                 I_OPT_STATE, "state", I_OPT_PKCE_METHOD, strcmp(method, "S256") ? I_PKCE_METHOD_PLAIN : I_PKCE_METHOD_S256,
                 I_OPT_NONE) == I_OK
        && i_set_str_parameter(&session, I_OPT_PKCE_CODE_VERIFIER, verifier) == I_OK;
    if (is_set && i_build_auth_url_get(&session) == I_OK) {
        const char *url = i_get_str_parameter(&session, I_OPT_REDIRECT_TO);
        const char *start = url ? strstr(url, "code_challenge=") : NULL;
        if (start) {
            start += strlen("code_challenge=");
            char *encoded = o_strndup(start, strcspn(start, "&"));
            challenge = ulfius_url_decode(encoded);
            o_free(encoded);
        }
    }
    i_clean_session(&session);
    return challenge;
}

int main(void) {
    char line[8192];
    while (fgets(line, sizeof line, stdin)) {
        char *fields[5];
        int count = 0;
        line[strcspn(line, "\n")] = '\0';
        for (char *field = strtok(line, "\t"); field && count < 5; field = strtok(NULL, "\t")) {
            fields[count++] = field;
        }
        if (count < 5 || strcmp(fields[1], "pairs")) {
            continue;
        }
        char *method = decode(fields[2]), *verifier = decode(fields[3]), *challenge = decode(fields[4]);
        if (method && verifier && challenge) {
            char *sent = sent_challenge(method, verifier);
            printf("%s\t%s\n", fields[0], sent && !strcmp(sent, challenge) ? "yes" : "no");
            free(sent);
        }
        free(method);
        free(verifier);
        free(challenge);
    }
    return 0;
}
