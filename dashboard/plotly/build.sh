#!/bin/sh
# Builds plotly.min.js beside this file from the plotly.js that the installed plotly package carries. Needs npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$("${PYTHON:-.venv/bin/python}" - <<'PY'
import re
from importlib.resources import files

head = files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")[:200]
print(re.search(r"plotly\.js v(\S+)", head).group(1))
PY
)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/entry.js" "$folder"
cd "$folder"
npm install --ignore-scripts --no-audit --no-fund --silent "plotly.js@$version" "esbuild@0.28.2"
npx esbuild entry.js --bundle --minify --format=iife --global-name=Plotly --target=es2018 \
    --define:global=window --define:define.amd=false --legal-comments=none --metafile=meta.json --outfile=built.js
{
    printf '/**\n* plotly.js v%s (scatter, bar, scattergeo, locale ru)\n' "$version"
    printf '* Copyright 2012-2026, Plotly, Inc.\n* All rights reserved.\n* Licensed under the MIT license\n*/\n'
    cat built.js
} > "$here/plotly.min.js"

# The licence of every package in the build, as each asks.
node > "$here/LICENSES.txt" - <<'JS'
const fs = require('fs');
const folders = Object.keys(JSON.parse(fs.readFileSync('meta.json')).inputs)
    .map((file) => (file.match(/^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/) || [])[0]);
for (const folder of [...new Set(folders.filter(Boolean))].sort()) {
    const words = JSON.parse(fs.readFileSync(folder + '/package.json'));
    const file = fs.readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    console.log(`== ${words.name} ${words.version}: ${words.license || ''}`);
    console.log(file ? fs.readFileSync(`${folder}/${file}`, 'utf8').trim() + '\n' : '');
}
JS
