#!/bin/sh
# Whom the door believes where a request came from: addresses or networks in TRUSTED_PROXIES, separated by
# spaces or commas. Without any, X-Forwarded-For from outside means nothing.
set -eu
target=${1:-/etc/nginx/conf.d/trusted_proxies.conf}
: > "$target"
for proxy in $(printf %s "${TRUSTED_PROXIES:-}" | tr ',' ' '); do
  case $proxy in
    # Everybody (/0, /00 …) could choose an address, and get around the limit of sign-ins with it.
    */0* | *[!0-9A-Fa-f.:/]*)
      echo "TRUSTED_PROXIES must be addresses or networks, and not all there are." >&2
      exit 2
      ;;
  esac
  echo "set_real_ip_from $proxy;" >> "$target"
done
if [ -s "$target" ]; then
  printf 'real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n' >> "$target"
fi
