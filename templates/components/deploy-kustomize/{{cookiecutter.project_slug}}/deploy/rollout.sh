#!/usr/bin/env bash
# Makes a place run what its release.env says, and asks the service whether it does: `bash deploy/rollout.sh staging`.
# A pod that never gets ready costs no request: the old ones serve on, and the new ones are taken back.
set -euo pipefail
place=$1
folder=deploy/overlays/$place
manifests=$(kubectl kustomize "$folder")
namespace=$(sed -n 's/^  namespace: //p' <<< "$manifests" | head -n 1)
digest=$(sed -n 's/^BUNDLE_DIGEST=//p' "$folder/release.env")
deployment=deployment/{{ cookiecutter.project_slug }}
case $place in *-canary) deployment+=-canary ;; esac

kubectl apply --namespace "$namespace" --filename - <<< "$manifests"
grep -q 'component: service$' <<< "$manifests" || exit 0 # nothing serves here: jobs start when their time comes
if ! kubectl rollout status --namespace "$namespace" --timeout 10m "$deployment"; then
    kubectl rollout undo --namespace "$namespace" "$deployment" || true # the first one has nothing to go back to
    exit 1
fi
asked="import json, urllib.request as u; print(json.load(u.urlopen('http://127.0.0.1:8000/version'))['digest'])"
answer=$(kubectl exec --namespace "$namespace" --container service "$deployment" -- python -c "$asked")
echo "$place: $deployment serves $answer"
test "$answer" = "$digest"
if [ "$place" = prod ] && [ -d deploy/overlays/prod-canary ]; then
    kubectl delete --ignore-not-found --kustomize deploy/overlays/prod-canary # it has become all of prod
fi
