# Net::OAuth2 never calls auto_save, which it documents for keeping a refreshed token: it only looks whether there is one. Where a refresh gives a new refresh token, the stored one is spent, and after the next start nobody is signed in.
set -euo pipefail
perl -MNet::OAuth2 -e 1 2>/dev/null || { echo "needs Debian's libnet-oauth2-perl: apt-get install libnet-oauth2-perl" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.pl" <<'PERL'
use strict;
use warnings;
use JSON::MaybeXS qw(encode_json);
use Net::OAuth2;
use Net::OAuth2::AccessToken;
use Net::OAuth2::Profile::WebServer;

my ($site) = @ARGV;
my $saved = 0;
my $profile = Net::OAuth2::Profile::WebServer->new(
    client_id => 'client', client_secret => 'insecure', site => $site,
    access_token_path => '/access_token', refresh_token_path => '/access_token',
    auto_save => sub { $saved++ },
);
my $token = $profile->get_access_token('insecure');
my $signed_in = $saved;
my $first = $token->refresh_token;
# The token that the site gave lasts ten seconds, which Net::OAuth2 takes for ended: it refreshes by itself.
my $access = $token->access_token;
my $kept = $saved;
# The same by hand.
$token->refresh;
print encode_json({
    version => $Net::OAuth2::VERSION, access => $access, first => $first, last => $token->refresh_token,
    saved => [$signed_in, $kept, $saved],
});
PERL
cat >"$folder/show.py" <<'PYTHON'
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

given = []


class Site(BaseHTTPRequestHandler):
    """Gives another access token and another refresh token each time, the first for ten seconds."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        given.append(f"refresh {len(given)}")
        tokens = {"access_token": f"access {len(given) - 1}", "refresh_token": given[-1], "token_type": "Bearer"}
        answer = json.dumps({**tokens, "expires_in": 10 if len(given) == 1 else 1209600}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()
command = ["perl", sys.argv[1], f"http://127.0.0.1:{server.server_port}"]
seen = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
print(f"Net::OAuth2 {seen['version']}, auto_save given; a sign-in and two refreshes")
print("expected: auto_save is called at each refresh, with the new refresh token to keep")
print(f"seen: the refresh token went from {seen['first']!r} to {seen['last']!r}; auto_save was called {seen['saved'][-1]} times")
assert (seen["access"], seen["first"], seen["last"]) == ("access 1", "refresh 0", "refresh 2")
assert seen["saved"] == [0, 0, 0]
PYTHON
python3 "$folder/show.py" "$folder/ask.pl"
