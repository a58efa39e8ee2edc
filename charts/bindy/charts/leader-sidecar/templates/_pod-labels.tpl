{{/*
Whether the sidecar labels its pod: "true", or nothing. It takes `patch` on pods, which no Role limits to one's own; so only where the
policy below can do that. A Helm that talks to a cluster knows its kinds, another one its version alone.
*/}}
{{- define "leader-sidecar.labelsPods" -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
{{- $versions := .Capabilities.APIVersions -}}
{{- $isKnown := $versions.Has "v1/Pod" -}}
{{- $isServed := $versions.Has "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy" -}}
{{- if and $sidecar.enabled $sidecar.podLabels.enabled (ternary $isServed (semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version) $isKnown) -}}
true
{{- end -}}
{{- end }}

{{/* The condition in CEL under which a request comes from the pods' account. */}}
{{- define "leader-sidecar.isAccount" -}}
request.userInfo.username == 'system:serviceaccount:{{ .Release.Namespace }}:{{ (index .Values "leader-sidecar").serviceAccountName | default .Release.Name }}'
{{- end }}

{{/*
The permission to label pods, and the policy that leaves nothing of it but two labels on one's own pod. An account that may update
pods anyhow is an operator's that works with pods: its own permissions are not the sidecar's to limit.
*/}}
{{- define "leader-sidecar.podLabels" -}}
{{- if include "leader-sidecar.labelsPods" . -}}
{{- $sidecar := index .Values "leader-sidecar" -}}
{{- $account := $sidecar.serviceAccountName | default .Release.Name -}}
{{- $name := printf "%s-pod-labels" ($sidecar.roleName | default (include "leader-sidecar.leaseName" .)) -}}
{{- $policy := printf "%s.%s" .Release.Namespace $name -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name | quote }}
  namespace: {{ .Release.Namespace | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name | quote }}
  namespace: {{ .Release.Namespace | quote }}
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
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ $policy | quote }}
  {{- with $sidecar.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  # What the policy cannot judge is not changed: a label is worth no more.
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector:
      matchLabels: { kubernetes.io/metadata.name: {{ .Release.Namespace | quote }} }
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [UPDATE]
        resources: [pods]
  matchConditions:
    - name: account
      expression: {{ include "leader-sidecar.isAccount" . | quote }}
    - name: without-permission-of-its-own
      expression: "!authorizer.group('').resource('pods').namespace(request.namespace).check('update').allowed()"
  variables:
    - name: ours
      expression: "['bindy.firestoned.io/role', 'statefulset.kubernetes.io/pod-name']"
    - name: before
      expression: oldObject.metadata.?labels.orValue({})
    - name: after
      expression: object.metadata.?labels.orValue({})
  validations:
    - expression: request.userInfo.?extra[?'authentication.kubernetes.io/pod-uid'].orValue([]) == [oldObject.metadata.uid]
      message: this account may label only the pod that its token is bound to
      reason: Forbidden
    - expression: >-
        object.spec == oldObject.spec && object.metadata.?annotations == oldObject.metadata.?annotations &&
        object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences &&
        object.metadata.?finalizers == oldObject.metadata.?finalizers &&
        variables.before.all(name, name in variables.ours || name in variables.after) &&
        variables.after.all(name, name in variables.ours || variables.before[?name].orValue('') == variables.after[name] && name in variables.before)
      message: this account may change nothing of a pod but the labels bindy.firestoned.io/role and statefulset.kubernetes.io/pod-name
      reason: Forbidden
    - expression: >-
        variables.after[?'bindy.firestoned.io/role'].orValue('standby') in ['leader', 'standby'] &&
        variables.after[?'statefulset.kubernetes.io/pod-name'].orValue(object.metadata.name) == object.metadata.name
      message: bindy.firestoned.io/role is leader or standby, and statefulset.kubernetes.io/pod-name the name of the pod
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
  validationActions: [Deny]
{{- end }}
{{- end }}
