            code_challenge: code_challenge.map(str::to_owned),
            code_challenge_method: code_challenge_method.map(str::to_owned),
