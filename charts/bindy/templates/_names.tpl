{{/* The guide's names: everything is called as the release, which is "bindy" where its commands are to work as printed. */}}
{{- define "bindy.name" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end }}

{{- define "bindy.leaseNamespace" -}}
{{- .Values.leaderElection.leaseNamespace | default .Release.Namespace -}}
{{- end }}

{{- define "bindy.selectorLabels" -}}
app: {{ include "bindy.name" . }}
{{- end }}

{{- define "bindy.labels" -}}
{{ include "bindy.selectorLabels" . }}
app.kubernetes.io/name: bindy
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "bindy.image" -}}
{{- printf "%s:%s" .image.repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end }}

{{/* Restricted, as the Pod Security standard has it. */}}
{{- define "bindy.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/*
The guide's variables, on both containers: by name, so that `kubectl set env deployment/bindy NAME=…` changes them, and
none that would hide another (RUST_LOG counts only where LOG_LEVEL is not set).
*/}}
{{- define "bindy.electionEnv" -}}
- { name: ENABLE_LEADER_ELECTION, value: {{ .Values.leaderElection.enabled | quote }} }
- { name: LEASE_NAME, value: {{ .Values.leaderElection.leaseName | quote }} }
- { name: LEASE_NAMESPACE, value: {{ include "bindy.leaseNamespace" . | quote }} }
- { name: LEASE_DURATION_SECONDS, value: {{ .Values.leaderElection.leaseDurationSeconds | quote }} }
- { name: LEASE_RENEW_DEADLINE_SECONDS, value: {{ .Values.leaderElection.renewDeadlineSeconds | quote }} }
- { name: LEASE_RETRY_PERIOD_SECONDS, value: {{ .Values.leaderElection.retryPeriodSeconds | quote }} }
- { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
{{- with .Values.logLevel }}
- { name: LOG_LEVEL, value: {{ . | quote }} }
{{- end }}
{{- end }}

{{/*
Fails where this upgrade would put pods of one election beside running pods of another, or of none: each kind would have a
leader of its own.
*/}}
{{- define "bindy.oneElection" -}}
{{- $live := lookup "apps/v1" "Deployment" .Release.Namespace (include "bindy.name" .) }}
{{- $willRun := or (kindIs "invalid" .Values.replicas) (gt (int .Values.replicas) 0) }}
{{- $running := add (dig "status" "replicas" 0 ($live | default dict)) (dig "status" "terminatingReplicas" 0 ($live | default dict)) }}
{{- if and $live .Values.leaderElection.enabled $willRun (gt (int $running) 0) }}
{{- $election := dict "ENABLE_LEADER_ELECTION" "true" "LEASE_NAME" .Values.leaderElection.leaseName "LEASE_NAMESPACE" (include "bindy.leaseNamespace" .) }}
{{- range dig "spec" "template" "spec" "initContainers" list $live }}
{{- range .env }}
{{- if and (hasKey $election .name) (ne (toString .value) (get $election .name)) }}
{{- fail (printf "pods are running with %s=%s, and this upgrade sets %s: while both kinds run, each has a leader. First upgrade with the old values and replicas=0, wait until no pod is left, and then upgrade to the new ones" .name (toString .value) (get $election .name)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
