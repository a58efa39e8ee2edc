{{/* The guide's names: everything is called as the release, which is "bindy" where its commands are to work as printed. */}}
{{- define "bindy.name" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end }}

{{- define "bindy.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "bindy.name" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{- define "bindy.selectorLabels" -}}
app: {{ include "bindy.name" . | quote }}
{{- end }}

{{/* The labels that the chart sets; nobody's value takes the place of one of these. */}}
{{- define "bindy.ownLabels" -}}
{{ include "bindy.selectorLabels" . }}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "bindy.podLabels" -}}
{{- merge (include "bindy.ownLabels" . | fromYaml) (.Values.podLabels | default dict) (.Values.commonLabels | default dict) | toYaml -}}
{{- end }}

{{- define "bindy.labels" -}}
{{- $chart := dict "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- merge (include "bindy.ownLabels" . | fromYaml) $chart (.Values.commonLabels | default dict) | toYaml -}}
{{- end }}

{{- define "bindy.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/* The values of the sidecar's templates (charts/leader-sidecar), as they follow from this chart's. */}}
{{- define "bindy.sidecarValues" -}}
{{- $election := .Values.leaderElection -}}
mode: {{ .Values.sidecar.mode }}
image: {{ merge (dict "tag" (.Values.sidecar.image.tag | default .Chart.AppVersion)) .Values.sidecar.image | toJson }}
enabled: {{ $election.enabled }}
leaseName: {{ $election.leaseName | quote }}
leaseNamespace: {{ $election.leaseNamespace | quote }}
leaseDurationSeconds: {{ $election.leaseDurationSeconds }}
renewDeadlineSeconds: {{ $election.renewDeadlineSeconds }}
retryPeriodSeconds: {{ $election.retryPeriodSeconds }}
operatorTimeoutSeconds: {{ $election.operatorTimeoutSeconds }}
leaderPort: {{ .Values.sidecar.leaderPort }}
healthPort: {{ .Values.sidecar.healthPort }}
logLevel: {{ .Values.logLevel | quote }}
serviceAccountName: {{ include "bindy.serviceAccountName" . | quote }}
# The guide's name, beside the pods.
roleName: {{ ternary (include "bindy.name" .) (printf "%s-lease" (include "bindy.name" .)) (or (empty $election.leaseNamespace) (eq $election.leaseNamespace .Release.Namespace)) | quote }}
resources: {{ .Values.sidecar.resources | toJson }}
securityContext: {{ .Values.containerSecurityContext | toJson }}
extraEnv: {{ .Values.sidecar.extraEnv | toJson }}
podLabels: { enabled: {{ and .Values.sidecar.podLabels.enabled (empty .Values.watchNamespace) }} }
fencing:
  enabled: {{ .Values.fencing.enabled }}
  resources: {{ include "bindy.fencedResources" . }}
  namespaceSelector: {{ ternary (dict) (dict "matchLabels" (dict "kubernetes.io/metadata.name" .Values.watchNamespace)) (empty .Values.watchNamespace) | toJson }}
labels: {{- include "bindy.labels" . | nindent 2 }}
{{- end }}

{{/* What one of the sidecar's templates makes of them: (dict "template" NAME "root" .). */}}
{{- define "bindy.sidecar" -}}
{{- $values := dict "leader-sidecar" (include "bindy.sidecarValues" .root | fromYaml) -}}
{{- include (printf "leader-sidecar.%s" .template) (dict "Release" .root.Release "Chart" .root.Chart "Capabilities" .root.Capabilities "Values" $values) -}}
{{- end }}

{{- define "bindy.leaseNamespace" -}}
{{- include "bindy.sidecar" (dict "template" "leaseNamespace" "root" .) -}}
{{- end }}

{{/*
Fails where this upgrade would put pods of one election beside running pods of another, or of none: each kind would have a
leader of its own.
*/}}
{{- define "bindy.oneElection" -}}
{{- $willRun := or (kindIs "invalid" .Values.replicas) (gt (int .Values.replicas) 0) }}
{{- $election := dict "ENABLE_LEADER_ELECTION" "true" "LEASE_NAME" .Values.leaderElection.leaseName "LEASE_NAMESPACE" (include "bindy.leaseNamespace" .) }}
{{- $name := include "bindy.name" . }}
{{- $way := "First upgrade with the old values and replicas=0, wait until no pod is left, and then upgrade to the new ones" }}
{{- range dig "items" list (lookup "apps/v1" "Deployment" .Release.Namespace "" | default dict) }}
{{- $isRenamed := ne .metadata.name $name }}
{{- $isOurs := or (not $isRenamed) (eq (dig "metadata" "annotations" "meta.helm.sh/release-name" "" .) $.Release.Name) }}
{{- $running := add (dig "status" "replicas" 0 .) (dig "status" "terminatingReplicas" 0 .) }}
{{- if and $isOurs $willRun (gt (int $running) 0) }}
{{- if and $isRenamed (not $.Values.leaderElection.enabled) }}
{{- fail (printf "pods of the Deployment %s are running, and this upgrade calls it %s, without election: while both run, each acts. %s" .metadata.name $name $way) }}
{{- end }}
{{- if $.Values.leaderElection.enabled }}
{{- $pod := dig "spec" "template" "spec" dict . }}
{{- range concat (dig "initContainers" list $pod) (dig "containers" list $pod) }}
{{- range .env }}
{{- if and (hasKey $election .name) (ne (toString .value) (get $election .name)) }}
{{- fail (printf "pods are running with %s=%s, and this upgrade sets %s: while both kinds run, each has a leader. %s" .name (toString .value) (get $election .name) $way) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
