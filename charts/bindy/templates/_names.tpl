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
