#!/usr/bin/env bash
# What the tests start beside Python: a Chromium, an nginx, a Redis, a PostgreSQL with TLS, strace. What is there stays; the rest is Debian's packages.
set -euo pipefail

wanted=()
has_chromium=""
for name in "${CITYMARK_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null; then has_chromium=1; fi
done
[ -n "$has_chromium" ] || wanted+=(chromium)
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v nginx >/dev/null || wanted+=(nginx-light)
command -v redis-server >/dev/null || wanted+=(redis-server)
command -v strace >/dev/null || wanted+=(strace)
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || wanted+=(postgresql)
[ "${#wanted[@]}" -gt 0 ] || exit 0

mend="install ${wanted[*]} (apt-get install ${wanted[*]}; a Chromium elsewhere is named by CITYMARK_CHROMIUM), then run this again"
command -v apt-get >/dev/null || { echo "not here: $mend" >&2; exit 1; }
if [ "$(id -u)" -eq 0 ]; then root=(); elif command -v sudo >/dev/null; then root=(sudo); else
  echo "no right to install: $mend" >&2; exit 1
fi
echo "installing ${wanted[*]} for the tests (once)"
export DEBIAN_FRONTEND=noninteractive
# Installed, not started: the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod +x "$policy"
  trap '"${root[@]}" rm -f "$policy"' EXIT
fi
"${root[@]}" apt-get update -qq >/dev/null || true
"${root[@]}" apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null || { echo "$mend" >&2; exit 1; }
