#!/bin/sh
# Installs what production needs into this folder, and writes down what that is: sbom.cdx.json (CycloneDX). Arguments go
# to `npm ci`. Without scripts: the one that matters fetches Node, which an image has.
set -eu
npm ci --omit=dev --ignore-scripts --no-audit "$@"
# Half of the bytes are types and maps, which nothing reads at run time; and protobufjs' command line brings packages of
# its own, which no lock knows.
find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.[cm]ts' \) -delete
find node_modules -type d -path '*/protobufjs/cli' -prune -exec rm -rf {} +
# Of what is there: `npm sbom --omit=dev` would leave out what production shares with tests, too.
npm pkg delete devDependencies
npm sbom --sbom-format=cyclonedx >sbom.cdx.json
# Scanners believe a lock, and this one names the tests' packages. The rest is of no more use.
rm package-lock.json .npmrc "$0"
