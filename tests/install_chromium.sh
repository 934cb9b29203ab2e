#!/usr/bin/env bash
# A Chromium for the browser tests: the one that is there, else Debian's package.
set -euo pipefail

for name in "${CITYMARK_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null; then exit 0; fi
done

mend="install Chromium (apt-get install chromium) or set CITYMARK_CHROMIUM to its path, then run this again"
command -v apt-get >/dev/null || { echo "no Chromium here: $mend" >&2; exit 1; }
if [ "$(id -u)" -eq 0 ]; then root=(); elif command -v sudo >/dev/null; then root=(sudo); else
  echo "no Chromium here and no right to install one: $mend" >&2; exit 1
fi
echo "installing Chromium for the browser tests (once)"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq >/dev/null || true
"${root[@]}" apt-get install -y -qq --no-install-recommends chromium >/dev/null || { echo "$mend" >&2; exit 1; }
