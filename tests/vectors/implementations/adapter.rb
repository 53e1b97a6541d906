# Runs the vectors through rack-oauth2, a server library.
#
# Reads cases on standard input, writes one line per verdict; see table.py.

require 'base64'
require 'rack/oauth2'
require 'rack/oauth2/server/extension/pkce'

# The library checks a code_verifier in the token request; the application stores the challenge.
def token(challenge, method, verifier)
  parameters = { 'grant_type' => 'authorization_code', 'client_id' => 'client', 'code' => 'code' }
  parameters['code_verifier'] = verifier unless verifier.nil?
  env = Rack::MockRequest.env_for('https://server.example/token', method: 'POST', params: parameters)
  request = Rack::OAuth2::Server::Token::AuthorizationCode::Request.new(env)
  request.verify_code_verifier!(challenge, method)
  'yes'
rescue Rack::OAuth2::Server::Abstract::BadRequest
  'no'
end

def decode(field)
  return field == 'true' if %w[true false].include?(field)

  field == '-' ? nil : Base64.strict_decode64(field[1..]).force_encoding('UTF-8')
end

$stdin.each_line(chomp: true) do |line|
  id, group, *fields = line.split("\t", -1)
  verdict =
    begin
      values = fields.map { |field| decode(field) }
      case group
      when 'pairs'
        method, verifier, challenge = values
        token(challenge, method, verifier)
      when 'token_requests'
        require_pkce, allow_plain, challenge, method, verifier = values
        # It has one policy: PKCE is optional, and plain is allowed.
        token(challenge, method, verifier) if allow_plain && !require_pkce
      end
    rescue StandardError => e
      "crash\t#{e.class}"
    end
  puts "#{id}\t#{verdict}" if verdict
end
