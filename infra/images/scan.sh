#!/bin/sh
# Scans an image in Artifact Registry, and fails where something critical in it has been mended elsewhere already.
# Needs gcloud; whoever calls it needs roles/ondemandscanning.admin.
set -eu
scan=$(gcloud artifacts docker images scan "$1" --remote --quiet --format='value(response.scan)')
found=$(gcloud artifacts docker images list-vulnerabilities "$scan" \
  --format='csv[no-heading,separator=" "](vulnerability.effectiveSeverity,vulnerability.fixAvailable,vulnerability.shortDescription)')
printf '%s\n' "$1" "$found"
case $found in
  *'CRITICAL True'*)
    echo "Error: $1 holds a critical vulnerability that a newer base or package mends." >&2
    exit 1
    ;;
esac
