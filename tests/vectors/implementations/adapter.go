// Runs the vectors through golang.org/x/oauth2: the authorization URL that it writes must carry the challenge, which
// its users derive with Go's standard library.
//
// Reads cases on standard input, writes one line per verdict; see table.py.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"strings"

	"golang.org/x/oauth2"
)

func codeChallenge(verifier string) string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

func sentChallenge(verifier, method string) (string, error) {
	challenge := verifier
	if method == "S256" {
		challenge = codeChallenge(verifier)
	}
	config := oauth2.Config{ClientID: "client", Endpoint: oauth2.Endpoint{AuthURL: "https://server.example/authorize"}}
	address, err := url.Parse(config.AuthCodeURL("state",
		oauth2.SetAuthURLParam("code_challenge", challenge),
		oauth2.SetAuthURLParam("code_challenge_method", method)))
	if err != nil {
		return "", err
	}
	return address.Query().Get("code_challenge"), nil
}

func decode(field string) string {
	octets, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(field, "="))
	if err != nil {
		panic(err)
	}
	return string(octets)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if fields[1] != "pairs" {
			continue
		}
		method, verifier, challenge := decode(fields[2]), decode(fields[3]), decode(fields[4])
		sent, err := sentChallenge(verifier, method)
		switch {
		case err != nil:
			fmt.Printf("%s\tcrash\t%v\n", fields[0], err)
		case sent == challenge:
			fmt.Printf("%s\tyes\n", fields[0])
		default:
			fmt.Printf("%s\tno\n", fields[0])
		}
	}
}
