{{/*
In CEL, of `variables.namespaceLabels`: whether values.namespaceSelector selects the namespace. A Lease elsewhere is no parameter of the
fencing policy, and its annotations would be without effect, in silence.
*/}}
{{- define "injector.isOptedIn" -}}
{{- $labels := "variables.namespaceLabels" -}}
{{- $terms := list "true" -}}
{{- range $key, $value := .matchLabels -}}
{{- $terms = append $terms (printf "%s[?%s].orValue('') == %s" $labels (toJson $key) (toString $value | toJson)) -}}
{{- end -}}
{{- range .matchExpressions -}}
{{- $has := printf "%s in %s" (toJson .key) $labels -}}
{{- $isOne := printf "(%s && %s[%s] in %s)" $has $labels (toJson .key) (.values | default list | toJson) -}}
{{- $term := get (dict "Exists" $has "DoesNotExist" (printf "!(%s)" $has) "In" $isOne "NotIn" (printf "!%s" $isOne)) .operator -}}
{{- if not $term -}}
{{- fail (printf "namespaceSelector: the operator %q is none of In, NotIn, Exists and DoesNotExist" (toString .operator)) -}}
{{- end -}}
{{- $terms = append $terms $term -}}
{{- end -}}
{{- join " && " $terms -}}
{{- end }}

{{/*
In CEL: what can be fenced in the groups that everybody writes, so that `deployments` without its group, `deployment.apps` and what lies in
no namespace are known as mistakes, for accounts that may do everything as well. Groups with nothing: what standbys write.
*/}}
{{- define "injector.fenceable" -}}
{{- dict
  "" (list "configmaps" "endpoints" "limitranges" "persistentvolumeclaims" "pods" "podtemplates" "replicationcontrollers" "resourcequotas" "secrets" "serviceaccounts" "services")
  "apps" (list "controllerrevisions" "daemonsets" "deployments" "replicasets" "statefulsets")
  "batch" (list "cronjobs" "jobs")
  "authentication.k8s.io" list "authorization.k8s.io" list "coordination.k8s.io" list "events.k8s.io" list | toJson -}}
{{- end }}

{{/* "true" where an object that was looked for is not there, or this release's. (dict "found" FOUND "release" .Release) */}}
{{- define "injector.isFree" -}}
{{- $annotations := dig "metadata" "annotations" dict .found | default dict -}}
{{- $isOurs := and (eq (get $annotations "meta.helm.sh/release-name") .release.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .release.Namespace) -}}
{{- if or (not .found) $isOurs -}}true{{- end -}}
{{- end }}

{{/*
A policy that judges nothing, bound for good: the same as the library's, which says why (leader-sidecar.leaseWatch,
kubernetes/kubernetes#130887). It belongs to the release that comes first, of this chart or of one with the library.
*/}}
{{- define "injector.leaseWatch" -}}
{{- $name := "bindy.firestoned.io-lease-watch" -}}
{{- range $kind := list "ValidatingAdmissionPolicy" "ValidatingAdmissionPolicyBinding" -}}
{{- $found := lookup "admissionregistration.k8s.io/v1" $kind "" $name | default dict -}}
{{- if include "injector.isFree" (dict "found" $found "release" $.Release) }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  annotations:
    helm.sh/resource-policy: keep
spec:
  {{- if eq $kind "ValidatingAdmissionPolicy" }}
  failurePolicy: Ignore
  paramKind: { apiVersion: coordination.k8s.io/v1, kind: Lease }
  matchConstraints:
    resourceRules:
      - { apiGroups: [bindy.firestoned.io], apiVersions: ["*"], operations: [CREATE], resources: [nothing] }
  validations:
    - expression: "true"
  {{- else }}
  policyName: {{ $name }}
  paramRef: { name: nothing, namespace: default, parameterNotFoundAction: Allow }
  validationActions: [Audit]
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
