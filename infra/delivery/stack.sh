#!/bin/sh
# stack.sh preview|up STACK [TAG]: what would change where the images of that tag run, or changes it. Without a tag those
# run on that run now; a former tag rolls back.
# Needs pulumi, logged in, and Google credentials.
set -eu
verb=${1:?expected preview or up} stack=${2:?expected a stack, e.g. dev}
case $verb in
  preview | up) ;;
  *) echo "Error: Expected preview or up, got $verb." >&2 && exit 4 ;;
esac
cd "$(dirname "$0")/../pulumi"
npm ci --no-audit
# Pulumi runs TypeScript by the Node that it finds first: the repository's own, where that is installed.
PATH=$(cd ../.. && pwd)/node_modules/.bin:$PATH
pulumi stack select "$stack"
tag=${3:-$(pulumi stack output imageTag)}
pulumi config set cst:imageTag "$tag"
case $verb in
  preview) pulumi preview --diff ;;
  up) pulumi up --yes --skip-preview ;;
esac
