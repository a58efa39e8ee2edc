{{/*
Fencing: the API server itself refuses what a deposed leader writes. Of the pods of the account only the one that holds the Lease may
change these resources; and an object's fencing token never goes down, which is judged together with the write, on what is written over.
The Lease, Events, reviews and the labels of one's own pod are left out: standbys write them.
*/}}
{{- define "leader-sidecar.fencing" -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
{{- if $sidecar.fencing.enabled -}}
{{- if not $sidecar.enabled -}}
{{- fail "fencing is enabled and leader election is not: nobody would hold the Lease, and every write would be refused. Enable the election, or leave fencing out" -}}
{{- end -}}
{{- if empty $sidecar.fencing.resources -}}
{{- fail "fencing.resources is empty: list what only the leader may change, as in a Role: [{apiGroups: [apps], resources: [deployments]}]" -}}
{{- end -}}
{{- $lease := include "leader-sidecar.leaseName" . -}}
{{- $namespace := include "leader-sidecar.leaseNamespace" . -}}
{{- $policy := printf "%s.%s-fencing" .Release.Namespace .Release.Name -}}
{{- if eq ($sidecar.serviceAccountName | default .Release.Name) "default" -}}
{{- fail "fencing is enabled for the account \"default\", which every pod of the namespace has that names none: their writes would be refused. Give the pods an account of their own" -}}
{{- end -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ $policy | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  # An API server that does not know the Leases yet would refuse everybody's writes of these resources, before it is looked whose they are.
  failurePolicy: Ignore
  paramKind: { apiVersion: coordination.k8s.io/v1, kind: Lease }
  matchConstraints:
    {{- include "leader-sidecar.fencedRequests" . | trim | nindent 4 }}
  matchConditions:
    {{- include "leader-sidecar.fencedAccount" . | trim | nindent 4 }}
  variables:
    - name: pod
      expression: request.userInfo.?extra[?'authentication.kubernetes.io/pod-name'].orValue([])
    - name: uid
      expression: request.userInfo.?extra[?'authentication.kubernetes.io/pod-uid'].orValue([])
    - name: holder
      expression: params.?spec.?holderIdentity.orValue('')
    - name: holderUid
      expression: params.metadata.?annotations[?'bindy.firestoned.io/holder-uid'].orValue('')
  validations:
    - expression: variables.holder != '' && variables.pod == [variables.holder] && variables.uid == [variables.holderUid]
      messageExpression: >-
        'fenced: ' + (variables.pod == [] ? 'a token without a pod' : 'the pod ' + variables.pod[0]) +
        ' does not hold the lease {{ $namespace }}/{{ $lease }}, ' +
        (variables.holder == '' ? 'nobody does' : variables.holder + ' does') + ', as far as this API server knows'
      reason: Forbidden
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ $policy | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  policyName: {{ $policy | quote }}
  # Not Deny: a Lease that is missing would have everybody's writes of these resources refused, before it is looked whose they are.
  paramRef: { name: {{ $lease | quote }}, namespace: {{ $namespace | quote }}, parameterNotFoundAction: Allow }
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ $policy }}-token
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  failurePolicy: Fail
  matchConstraints:
    {{- include "leader-sidecar.fencedRequests" . | trim | nindent 4 }}
  matchConditions:
    {{- include "leader-sidecar.fencedAccount" . | trim | nindent 4 }}
    - name: update
      expression: request.operation == 'UPDATE'
  variables:
    - name: before
      expression: oldObject.metadata.?annotations[?'bindy.firestoned.io/fencing-token'].orValue('')
    - name: after
      expression: object.metadata.?annotations[?'bindy.firestoned.io/fencing-token'].orValue('')
  validations:
    - expression: >-
        !variables.before.matches('^[0-9]{1,18}$') ||
        variables.after.matches('^[0-9]{1,18}$') && int(variables.after) >= int(variables.before)
      messageExpression: >-
        'fenced: the annotation bindy.firestoned.io/fencing-token is ' + variables.before + ' and may not go down to ' +
        (variables.after == '' ? 'none' : variables.after)
      reason: Forbidden
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ $policy }}-token
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  policyName: {{ $policy }}-token
  validationActions: [Deny]
{{- include "leader-sidecar.leaseWatch" . }}
{{- end }}
{{- end }}

{{/*
A policy that judges nothing, bound for good. An API server watches Leases for its policies from the first binding that has one as its
parameter; when the last such binding goes, the watch ends, and a later one finds what was known then, until that server is started
again (kubernetes/kubernetes#130887). So one binding stays, also when the release goes. All releases share it: it is the first one's.
*/}}
{{- define "leader-sidecar.leaseWatch" -}}
{{- $name := "bindy.firestoned.io-lease-watch" -}}
{{- range $kind := list "ValidatingAdmissionPolicy" "ValidatingAdmissionPolicyBinding" -}}
{{- $found := lookup "admissionregistration.k8s.io/v1" $kind "" $name | default dict -}}
{{- if include "leader-sidecar.isFree" (dict "found" $found "release" $.Release) }}
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

{{- define "leader-sidecar.fencedRequests" -}}
{{- $fencing := (index .Values "leader-sidecar").fencing -}}
{{- with $fencing.namespaceSelector }}
namespaceSelector: {{- toYaml . | nindent 2 }}
{{- end }}
resourceRules:
  {{- range $fencing.resources }}
  - apiGroups: {{ toJson .apiGroups }}
    apiVersions: ["*"]
    operations: [CREATE, UPDATE, DELETE]
    resources: {{ toJson .resources }}
  {{- end }}
excludeResourceRules:
  - { apiGroups: [coordination.k8s.io], apiVersions: ["*"], operations: ["*"], resources: [leases] }
  - { apiGroups: ["", events.k8s.io], apiVersions: ["*"], operations: ["*"], resources: [events] }
  - { apiGroups: [authentication.k8s.io, authorization.k8s.io], apiVersions: ["*"], operations: ["*"], resources: ["*"] }
{{- end }}

{{- define "leader-sidecar.fencedAccount" -}}
- name: account
  expression: {{ include "leader-sidecar.isAccount" . | quote }}
- name: more-than-its-own-labels
  expression: >-
    !(request.resource.group == '' && request.resource.resource == 'pods' && request.operation == 'UPDATE' &&
    request.userInfo.?extra[?'authentication.kubernetes.io/pod-uid'].orValue([]) == [oldObject.metadata.uid])
{{- end }}
