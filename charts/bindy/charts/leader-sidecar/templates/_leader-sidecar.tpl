{{/*
The sidecar for any chart. Each template takes the root context of your chart, and reads the key "leader-sidecar" of its values
(values.yaml here has the defaults):

  initContainers: {{ include "leader-sidecar.container" . }}    in native mode, else below `containers`
  env of your operator: {{ include "leader-sidecar.operatorEnv" . }}
  documents of their own: {{ include "leader-sidecar.role" . }}, {{ include "leader-sidecar.lease" . }} and, for labels on the pods,
  {{ include "leader-sidecar.podLabels" . }}; for fencing, {{ include "leader-sidecar.fencing" . }}
*/}}

{{- define "leader-sidecar.leaseName" -}}
{{- (index .Values "leader-sidecar").leaseName | default (printf "%s-leader" .Release.Name) -}}
{{- end }}

{{- define "leader-sidecar.leaseNamespace" -}}
{{- (index .Values "leader-sidecar").leaseNamespace | default .Release.Namespace -}}
{{- end }}

{{- define "leader-sidecar.image" -}}
{{- $image := (index .Values "leader-sidecar").image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default "0.1.0") -}}
{{- end -}}
{{- end }}

{{/*
The variables of the HA guide, which go onto both containers: by name, so that `kubectl set env NAME=…` changes them on both, and
none that would hide another (RUST_LOG counts only where LOG_LEVEL is not set).
*/}}
{{- define "leader-sidecar.electionEnv" -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
- { name: ENABLE_LEADER_ELECTION, value: {{ $sidecar.enabled | quote }} }
- { name: LEASE_NAME, value: {{ include "leader-sidecar.leaseName" . | quote }} }
- { name: LEASE_NAMESPACE, value: {{ include "leader-sidecar.leaseNamespace" . | quote }} }
- { name: LEASE_DURATION_SECONDS, value: {{ $sidecar.leaseDurationSeconds | quote }} }
- { name: LEASE_RENEW_DEADLINE_SECONDS, value: {{ $sidecar.renewDeadlineSeconds | quote }} }
- { name: LEASE_RETRY_PERIOD_SECONDS, value: {{ $sidecar.retryPeriodSeconds | quote }} }
- { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
{{- with $sidecar.logLevel }}
- { name: LOG_LEVEL, value: {{ . | quote }} }
{{- end }}
{{- end }}

{{/* What the operator beside it is told: the guide's variables, and where to ask. */}}
{{- define "leader-sidecar.operatorEnv" -}}
{{- include "leader-sidecar.electionEnv" . }}
- { name: LEADER_URL, value: {{ printf "http://127.0.0.1:%d" (int (index .Values "leader-sidecar").leaderPort) | quote }} }
{{- end }}

{{- define "leader-sidecar.container" -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
{{- if not (has $sidecar.mode (list "native" "classic")) -}}
{{- fail (printf "leader-sidecar.mode is %q: it must be native (an init container, Kubernetes 1.29 or newer) or classic" (toString $sidecar.mode)) -}}
{{- end -}}
- name: leader-sidecar
  image: {{ include "leader-sidecar.image" . }}
  imagePullPolicy: {{ $sidecar.image.pullPolicy }}
  {{- if eq $sidecar.mode "native" }}
  # Up before the operator, and the last to be told to end.
  restartPolicy: Always
  {{- end }}
  env:
    {{- include "leader-sidecar.electionEnv" . | nindent 4 }}
    - { name: POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }
    - { name: OPERATOR_TIMEOUT_SECONDS, value: {{ $sidecar.operatorTimeoutSeconds | quote }} }
    - { name: LEADER_PORT, value: {{ $sidecar.leaderPort | quote }} }
    - { name: HEALTH_PORT, value: {{ $sidecar.healthPort | quote }} }
    - { name: POD_LABELS, value: {{ include "leader-sidecar.labelsPods" . | eq "true" | quote }} }
    {{- with $sidecar.extraEnv }}{{ toYaml . | nindent 4 }}{{ end }}
  ports:
    - { name: sidecar-health, containerPort: {{ $sidecar.healthPort }} }
  startupProbe:
    httpGet: { path: /livez, port: sidecar-health }
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    httpGet: { path: /livez, port: sidecar-health }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 3
  readinessProbe:
    httpGet: { path: /readyz, port: sidecar-health }
    periodSeconds: 5
    timeoutSeconds: 5
  resources: {{- toYaml $sidecar.resources | nindent 4 }}
  securityContext: {{- toYaml $sidecar.securityContext | nindent 4 }}
{{- end }}

{{/*
What the sidecar may: to get and create leases (by kind, since creation has no name yet, and so that `kubectl auth can-i
get leases` says yes), to change and watch this one alone, and to post Events beside it.
*/}}
{{- define "leader-sidecar.role" -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
{{- $account := $sidecar.serviceAccountName | default .Release.Name -}}
{{- $namespace := include "leader-sidecar.leaseNamespace" . -}}
{{- $name := $sidecar.roleName | default (include "leader-sidecar.leaseName" .) -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name | quote }}
  namespace: {{ $namespace | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: [get, create]
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [{{ include "leader-sidecar.leaseName" . | quote }}]
    verbs: [update, patch, watch]
  - apiGroups: [""]
    resources: [events]
    verbs: [create, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name | quote }}
  namespace: {{ $namespace | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ $account | quote }}
    namespace: {{ .Release.Namespace | quote }}
{{- end }}

{{/* "true" where an object that was looked for is not there, or this release's: then it may be rendered. (dict "found" FOUND "release" .Release) */}}
{{- define "leader-sidecar.isFree" -}}
{{- $annotations := dig "metadata" "annotations" dict .found | default dict -}}
{{- $isOurs := and (eq (get $annotations "meta.helm.sh/release-name") .release.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .release.Namespace) -}}
{{- if or (not .found) $isOurs -}}true{{- end -}}
{{- end }}

{{/*
An empty Lease, so that a first leader need not settle: without a spec, and marked as such. It is never a hook, which would delete a
lease that is held. It is left out where somebody else has made it: then it is theirs.
*/}}
{{- define "leader-sidecar.lease" -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
{{- $name := include "leader-sidecar.leaseName" . -}}
{{- $namespace := include "leader-sidecar.leaseNamespace" . -}}
{{- $found := lookup "coordination.k8s.io/v1" "Lease" $namespace $name | default dict -}}
{{- if and $sidecar.enabled (include "leader-sidecar.isFree" (dict "found" $found "release" .Release)) -}}
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: {{ $name | quote }}
  namespace: {{ $namespace | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
  annotations:
    helm.sh/resource-policy: keep
    bindy.firestoned.io/created-empty: "true"
{{- end }}
{{- end }}
