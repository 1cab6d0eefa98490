#!/bin/sh
# bootstrap.sh PROJECT REGION [OWNER/REPOSITORY]: what must be there before the first `pulumi up`, which Pulumi cannot make
# itself: its state, the key of its secrets, and the account that delivers. With a repository of GitHub its workflows may
# act as that account, without a key (Workload Identity Federation). Run it again at will: what is there stays.
set -eu
project=${1:?expected the id of a project} region=${2:?expected a region, e.g. europe-west1} repository=${3:-}
case $repository in
  # It becomes part of the condition of who may act as the deployer.
  *[!A-Za-z0-9._/-]*) echo "Error: Expected OWNER/REPOSITORY, got $repository." >&2 && exit 4 ;;
esac
deployer=deployer@$project.iam.gserviceaccount.com
state=gs://$project-pulumi

is_there() { "$@" >/dev/null 2>&1; }
g() { gcloud --project "$project" --quiet "$@"; }
grant() { g projects add-iam-policy-binding "$project" --member "serviceAccount:$deployer" --role "$1" --condition None >/dev/null; }

g services enable cloudresourcemanager.googleapis.com serviceusage.googleapis.com iam.googleapis.com \
  iamcredentials.googleapis.com sts.googleapis.com cloudkms.googleapis.com storage.googleapis.com \
  cloudbuild.googleapis.com artifactregistry.googleapis.com ondemandscanning.googleapis.com

is_there g storage buckets describe "$state" ||
  g storage buckets create "$state" --location "$region" --uniform-bucket-level-access --public-access-prevention
g storage buckets update "$state" --versioning
is_there g kms keyrings describe pulumi --location "$region" || g kms keyrings create pulumi --location "$region"
is_there g kms keys describe state --keyring pulumi --location "$region" ||
  g kms keys create state --keyring pulumi --location "$region" --purpose encryption

is_there g iam service-accounts describe "$deployer" ||
  g iam service-accounts create deployer --display-name 'Delivers by Pulumi'
# Of each family of resources that infra/pulumi makes, and to write the log of its builds; no role of a whole project.
for role in artifactregistry.admin bigquery.admin bigtable.admin cloudkms.cryptoKeyEncrypterDecrypter \
  cloudscheduler.admin cloudtasks.admin compute.networkAdmin dataflow.admin iam.roleAdmin iam.serviceAccountAdmin \
  iam.serviceAccountUser logging.configWriter logging.logWriter monitoring.admin ondemandscanning.admin pubsub.admin \
  resourcemanager.projectIamAdmin run.admin secretmanager.admin serviceusage.serviceUsageAdmin storage.admin; do
  grant "roles/$role"
done

if [ -n "$repository" ]; then
  pool=github
  is_there g iam workload-identity-pools describe $pool --location global ||
    g iam workload-identity-pools create $pool --location global
  is_there g iam workload-identity-pools providers describe $pool --location global --workload-identity-pool $pool ||
    g iam workload-identity-pools providers create-oidc $pool --location global --workload-identity-pool $pool \
      --issuer-uri https://token.actions.githubusercontent.com \
      --attribute-mapping google.subject=assertion.sub,attribute.repository=assertion.repository \
      --attribute-condition "assertion.repository == '$repository'"
  number=$(g projects describe "$project" --format='value(projectNumber)')
  identity=projects/$number/locations/global/workloadIdentityPools/$pool
  g iam service-accounts add-iam-policy-binding "$deployer" --role roles/iam.workloadIdentityUser \
    --member "principalSet://iam.googleapis.com/$identity/attribute.repository/$repository" >/dev/null
  echo "identity: $identity/providers/$pool"
fi
echo "deployer: $deployer"
echo "state: $state"
echo "secrets: gcpkms://projects/$project/locations/$region/keyRings/pulumi/cryptoKeys/state"
