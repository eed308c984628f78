# LWP::Authen::OAuth2 refreshes no token before it has ended, whatever early_refresh_time says: it halves the time that is left and asks whether that time is less than its own half. A request that is under way at the end meets a 401.
set -euo pipefail
perl -MLWP::Authen::OAuth2 -e 1 2>/dev/null || { echo "needs Debian's liblwp-authen-oauth2-perl: apt-get install liblwp-authen-oauth2-perl" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.pl" <<'PERL'
use strict;
use warnings;
use JSON qw(encode_json);
use LWP::Authen::OAuth2;

# A token of 14 days, as Webex gives them, with so many seconds left; an hour before the end it is to be replaced.
my ($site, $left) = @ARGV;
my %kept = (
    access_token => 'first', refresh_token => 'kept', token_type => 'Bearer', expires_in => 1209600,
    create_time => time() + $left - 1209600, _class => 'LWP::Authen::OAuth2::AccessToken::Bearer',
);
my $oauth2 = LWP::Authen::OAuth2->new(
    client_id => 'client', client_secret => 'insecure',
    authorization_endpoint => "$site/authorize", token_endpoint => "$site/access_token",
    early_refresh_time => 3600, token_string => encode_json(\%kept),
);
$oauth2->get("$site/people/me");
print $LWP::Authen::OAuth2::VERSION;
PERL
cat >"$folder/show.py" <<'PYTHON'
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

heard = []


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        heard.append(self.path)
        answer = json.dumps({"access_token": "second", "token_type": "Bearer", "expires_in": 1209600}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()
refreshed = {}
for left in (1800, 2, -60):
    heard.clear()
    command = ["perl", sys.argv[1], f"http://127.0.0.1:{server.server_port}", str(left)]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert heard[-1] == "/people/me"
    refreshed[left] = "/access_token" in heard
print(f"LWP::Authen::OAuth2 {version}, early_refresh_time 3600")
for left, seen in refreshed.items():
    print(f"{left} s left; expected: a refresh before the request; seen: {'a refresh' if seen else 'none'}")
assert refreshed == {1800: False, 2: False, -60: True}
PYTHON
python3 "$folder/show.py" "$folder/ask.pl"
