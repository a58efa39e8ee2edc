{{/* Written by `npm run crds`: the kinds of records, for the roles of tenants. */}}
{{- define "bindy.recordPlurals" -}}
["arecords","aaaarecords","cnamerecords","mxrecords","txtrecords","nsrecords","srvrecords","caarecords","ptrrecords"]
{{- end }}
