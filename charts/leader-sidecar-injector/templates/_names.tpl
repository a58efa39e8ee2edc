{{/* Policies are the cluster's: two releases of one name in two namespaces must not meet. */}}
{{- define "injector.policyName" -}}
{{ .Release.Namespace }}.{{ .Release.Name }}
{{- end }}

{{- define "injector.labels" -}}
{{- $own := dict "app.kubernetes.io/name" .Chart.Name "app.kubernetes.io/instance" .Release.Name "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- merge $own (.Values.commonLabels | default dict) | toYaml -}}
{{- end }}

{{- define "injector.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/*
In CEL: what the pod says by an annotation, or else the value of this release. It stands in the policy itself, and not in a ConfigMap as
its parameter: an API server goes on with what it knew of a ConfigMap once the last policy that had one was removed.
*/}}
{{- define "injector.setting" -}}
object.metadata.?annotations[?'bindy.firestoned.io/{{ .name }}'].orValue({{ toString .value | toJson }})
{{- end }}

{{/* A map in CEL, of quantities, which YAML may have read as numbers. */}}
{{- define "injector.quantities" -}}
{{- $pairs := list -}}
{{- range $name, $quantity := . }}{{ $pairs = append $pairs (printf "%s: %s" (quote $name) (toString $quantity | quote)) }}{{ end -}}
{{- join ", " $pairs -}}
{{- end }}
