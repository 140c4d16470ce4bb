#!/usr/bin/env bash
# A certificate for `*.localhost` is good for `w1.localhost` nowhere, though the authority is trusted and one for
# `*.mock.localhost` is good for `w1.mock.localhost`.
#
# Versions: Node 20 or later, curl 7.88 with OpenSSL 3, Python's ssl (3.11) with OpenSSL 3; trustme 1.2.1 makes both.
# One would guess: the wildcard stands for the leftmost label (RFC 9525, section 6.3), so it covers each name directly
#   below localhost, as one for `*.example.com` does below example.com.
# What happens: Node (ERR_TLS_CERT_ALTNAME_INVALID), curl (60) and Python refuse it: they want at least two labels behind
#   the wildcard, lest `*.com` be a certificate for everybody. So do Chromium and Firefox. A development server with a
#   name for each tenant or test below localhost needs a certificate for each of these names.
# Source: RFC 9525, section 7.1 (the danger of broad wildcards is left to clients); the clients themselves.
set -euo pipefail
for program in python3 curl node; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
server=""
trap '[[ -z $server ]] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check trustme==1.2.1
cat >serve.py <<'PY'
import http.server, ssl, trustme

authority = trustme.CA()
authority.cert_pem.write_to_path("ca.pem")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
authority.issue_cert("*.localhost", "*.mock.localhost").configure_cert(context)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
PY
mkfifo port
venv/bin/python serve.py >port 2>/dev/null &
server=$!
read -r port <port
cat >ask.cjs <<'JS'
const [name, port] = process.argv.slice(2);
const lookup = (_, options, done) => (options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
require("node:https")
  .get({ host: name, port, lookup }, (answer) => { console.log(answer.statusCode); answer.resume(); })
  .on("error", (error) => console.log(error.code));
JS
cat >ask.py <<'PY'
import socket, ssl, sys

context = ssl.create_default_context(cafile="ca.pem")
try:
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname=sys.argv[1]):
        print("taken")
except ssl.SSLCertVerificationError as error:
    print(error.verify_message.split(",")[0])
PY
seen=""
for name in w1.mock.localhost w1.localhost; do
    node=$(NODE_EXTRA_CA_CERTS=ca.pem node ask.cjs "$name" "$port")
    curl=0
    curl -sS --noproxy '*' --cacert ca.pem --resolve "$name:$port:127.0.0.1" "https://$name:$port/" 2>/dev/null || curl=$?
    python=$(venv/bin/python ask.py "$name" "$port")
    seen+="$name: Node $node; curl $curl; Python $python"$'\n'
done
printf '%s' "$seen"
wanted="w1.mock.localhost: Node 204; curl 0; Python taken
w1.localhost: Node ERR_TLS_CERT_ALTNAME_INVALID; curl 60; Python Hostname mismatch
"
[[ $seen == "$wanted" ]] || { echo "this has changed"; exit 1; }
