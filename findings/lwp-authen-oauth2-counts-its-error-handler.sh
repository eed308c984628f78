# LWP::Authen::OAuth2's set_error_handler keeps how many arguments it was given in place of the handler: at the first error Perl ends at the call of "2", and what the site said is lost. Given to new, the same handler works.
set -euo pipefail
perl -MLWP::Authen::OAuth2 -e 1 2>/dev/null || { echo "needs Debian's liblwp-authen-oauth2-perl: apt-get install liblwp-authen-oauth2-perl" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.pl" <<'PERL'
use strict;
use warnings;
use JSON qw(encode_json);
use LWP::Authen::OAuth2;

# A sign-in whose code the site refuses; the handler is given in one of the two documented ways.
my ($site, $way) = @ARGV;
my $told;
my $handler = sub { $told = $_[-1] };
my $oauth2 = LWP::Authen::OAuth2->new(
    client_id => 'client', client_secret => 'insecure',
    authorization_endpoint => "$site/authorize", token_endpoint => "$site/access_token",
    ($way eq 'new' ? (error_handler => $handler) : ()),
);
$oauth2->set_error_handler($handler) if $way eq 'set_error_handler';
eval { $oauth2->request_tokens(code => 'spent') };
print encode_json({version => $LWP::Authen::OAuth2::VERSION, told => $told, died => $@});
PERL
cat >"$folder/show.py" <<'PYTHON'
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Site(BaseHTTPRequestHandler):
    """Refuses each code as RFC 6749 section 5.2 says."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"error": "invalid_grant"}'
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def ask(way):
    command = ["perl", sys.argv[1], f"http://127.0.0.1:{server.server_port}", way]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


server = HTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()
seen = {way: ask(way) for way in ("new", "set_error_handler")}
print(f"LWP::Authen::OAuth2 {seen['new']['version']}, a code that the site refuses")
for way, each in seen.items():
    died = each["died"].split(" at /")[0]
    print(f"handler given to {way}; expected: it is told 'OAuth2 error: invalid_grant'; seen: told {each['told']!r}, died of {died!r}")
assert (seen["new"]["told"], seen["new"]["died"]) == ("OAuth2 error: invalid_grant", "")
assert seen["set_error_handler"]["told"] is None
assert 'string ("2") as a subroutine' in seen["set_error_handler"]["died"]
PYTHON
python3 "$folder/show.py" "$folder/ask.pl"
