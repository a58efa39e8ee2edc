{{/*
What the operator may. It makes Roles for the agents, and nobody can grant what they do not have: so it holds what an
agent holds. The finalizers are for clusters that ask for them before an owner may hold up its deletion.
*/}}
{{- define "bindy.operatorRules" -}}
- apiGroups: [bindy.firestoned.io]
  resources: ["*"]
  verbs: [get, list, watch]
- apiGroups: [bindy.firestoned.io]
  resources: ["*/status"]
  verbs: [patch]
- apiGroups: [bindy.firestoned.io]
  resources: [bind9instances/finalizers, bind9clusters/finalizers, clusterbind9providers/finalizers]
  verbs: [update]
- apiGroups: [bindy.firestoned.io]
  resources: [zonefiles, bind9instances, bind9clusters]
  verbs: [create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps, services, serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, patch, delete]
{{- end }}

{{/* Those of its rules that let it change something: what fencing covers. */}}
{{- define "bindy.fencedResources" -}}
{{- $fenced := list -}}
{{- range include "bindy.operatorRules" . | fromYamlArray -}}
{{- $writes := false -}}
{{- range .verbs -}}{{- if not (has . (list "get" "list" "watch")) -}}{{- $writes = true -}}{{- end -}}{{- end -}}
{{- if $writes -}}{{- $fenced = append $fenced (pick . "apiGroups" "resources") -}}{{- end -}}
{{- end -}}
{{- $fenced | toJson -}}
{{- end }}
