#!/bin/sh
# rollback.sh SERVICE REGION: all traffic of a Cloud Run service to the revision before its newest, within seconds. The next
# `pulumi up` sends it to the newest again: follow with `stack.sh up STACK FORMER_TAG`.
set -eu
: "${1:?expected a service}" "${2:?expected a region}"
former=$(gcloud run revisions list --service "$1" --region "$2" --sort-by=~metadata.creationTimestamp \
  --format='value(metadata.name)' --limit=2 | sed -n 2p)
if [ -z "$former" ]; then
  echo "Error: Expected a revision of $1 in $2 before its newest, got none." >&2
  exit 2
fi
gcloud run services update-traffic "$1" --region "$2" --to-revisions "$former=100"
