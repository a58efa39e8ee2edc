{{/*
What PodMonitor, ServiceMonitor and PrometheusRule have in common. Pods have no label that names their Lease, and one election may
have the pods of several releases; so the scrape puts two labels on all that comes from a pod, and the rules and the dashboard go by them:
`app`, which with the namespace is the release, and `lease`, which is the election (namespace/name). Without election there is no lease.
*/}}

{{- define "bindy.election" -}}
{{- printf "%s/%s" (include "bindy.leaseNamespace" .) .Values.leaderElection.leaseName -}}
{{- end }}

{{/* Both containers of a pod. Their ports' names become the label `endpoint`: (dict "interval" INTERVAL "root" .). */}}
{{- define "bindy.scrapedEndpoints" -}}
{{- range list "metrics" "sidecar-health" }}
- port: {{ . }}
  path: /metrics
  interval: {{ $.interval }}
  relabelings:
    - { targetLabel: app, replacement: {{ include "bindy.name" $.root | quote }} }
    {{- if $.root.Values.leaderElection.enabled }}
    - { targetLabel: lease, replacement: {{ include "bindy.election" $.root | quote }} }
    {{- end }}
{{- end }}
{{- end }}

{{/* As the sidecar reads METRICS_PREFIX: the last entry counts, and what Prometheus would not allow is ignored. */}}
{{- define "bindy.metricsPrefix" -}}
{{- $prefix := "bindy" -}}
{{- range .Values.sidecar.extraEnv -}}
{{- if eq .name "METRICS_PREFIX" -}}
{{- if hasKey . "valueFrom" -}}
{{- fail "prometheusRule.enabled is true, and sidecar.extraEnv takes METRICS_PREFIX from elsewhere: the rules must name the metrics. Give it as a value" -}}
{{- end -}}
{{- $prefix = ternary (toString .value) "bindy" (regexMatch "^[a-zA-Z_][a-zA-Z0-9_]*$" (toString .value)) -}}
{{- end -}}
{{- end -}}
{{- $prefix -}}
{{- end }}

{{- define "bindy.scrapeIntervalMs" -}}
{{- $interval := ternary .Values.serviceMonitor.interval .Values.podMonitor.interval .Values.serviceMonitor.enabled -}}
{{- $unit := regexFind "[a-z]+$" $interval -}}
{{- mul (trimSuffix $unit $interval | int64) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) $unit) -}}
{{- end }}

{{/* A length of time as Prometheus writes it. */}}
{{- define "bindy.duration" -}}
{{- $ms := int64 . -}}
{{- if mod $ms 1000 -}}{{ $ms }}ms
{{- else if mod $ms 60000 -}}{{ div $ms 1000 }}s
{{- else -}}{{ div $ms 60000 }}m
{{- end -}}
{{- end }}
