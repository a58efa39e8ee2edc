{{/*
What a Lease says of fencing is read when somebody writes it: a word that fences nothing is refused, and named. The election never comes
here: its renewals do not touch these words, and an account that puts its own Lease back is let through.
*/}}
{{- define "injector.fencingCheck" -}}
{{- $policy := printf "%s-fencing-lease" (include "injector.policyName" .) }}
{{- /* The API server lets a policy ask some 28 questions about permissions; a resource takes one or two of them. */}}
{{- $most := 10 }}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ $policy | quote }}
  labels: {{- include "injector.labels" . | nindent 4 }}
spec:
  failurePolicy: Fail
  matchConstraints:
    # The Leases of nodes, which are most of a cluster's, are not even looked at.
    namespaceSelector:
      matchExpressions:
        - { key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-node-lease] }
    resourceRules:
      - { apiGroups: [coordination.k8s.io], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: [leases] }
  matchConditions:
    - name: speaks-of-fencing
      expression: >-
        'bindy.firestoned.io/fencing' in object.metadata.?labels.orValue({}) ||
        object.metadata.?annotations.orValue({}).exists(name, name.startsWith('bindy.firestoned.io/fencing.'))
    # To take the label away is always allowed: it is the way to switch fencing off.
    - name: says-something-new
      expression: >-
        request.operation == 'CREATE' ||
        'bindy.firestoned.io/fencing' in object.metadata.?labels.orValue({}) && object.metadata.labels['bindy.firestoned.io/fencing'] !=
        oldObject.metadata.?labels[?'bindy.firestoned.io/fencing'].orValue('') ||
        ['account', 'resources'].exists(one, object.metadata.?annotations[?'bindy.firestoned.io/fencing.' + one].orValue('') !=
        oldObject.metadata.?annotations[?'bindy.firestoned.io/fencing.' + one].orValue('')) ||
        object.metadata.?annotations.orValue({}).exists(name, name.startsWith('bindy.firestoned.io/fencing.') &&
        !(name in oldObject.metadata.?annotations.orValue({})))
    - name: not-put-back
      expression: >-
        request.operation == 'UPDATE' || request.userInfo.username != 'system:serviceaccount:' + request.namespace + ':' +
        object.metadata.?annotations[?'bindy.firestoned.io/fencing.account'].orValue('')
  variables:
    - name: label
      expression: object.metadata.?labels[?'bindy.firestoned.io/fencing'].orValue('')
    - name: said
      expression: object.metadata.?annotations.orValue({})
    - name: unknown
      expression: >-
        variables.said.filter(name, name.startsWith('bindy.firestoned.io/fencing.') &&
        !(name in ['bindy.firestoned.io/fencing.account', 'bindy.firestoned.io/fencing.resources']))
    - name: account
      expression: variables.said[?'bindy.firestoned.io/fencing.account'].orValue('')
    - name: isAccount
      expression: variables.account != 'default' && variables.account.matches('^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$')
    - name: list
      expression: variables.said[?'bindy.firestoned.io/fencing.resources'].orValue('').split(',').map(one, one.trim())
    - name: unreadable
      expression: variables.list.filter(one, !one.matches('^[a-z][a-z0-9-]*([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$'))
    # Pairs of resource and group.
    - name: pairs
      expression: "variables.list.map(one, one.contains('.') ? one.split('.', 2) : [one, ''])"
    - name: fenceable
      expression: {{ include "injector.fenceable" . | quote }}
    - name: never
      expression: >-
        variables.pairs.filter(one, one[1] in variables.fenceable && !(one[0] in variables.fenceable[one[1]]))
    - name: isReadable
      expression: variables.isAccount && variables.unreadable == [] && variables.never == [] && variables.list.size() <= {{ $most }}
    - name: namespaceLabels
      expression: namespaceObject.metadata.?labels.orValue({})
    - name: asks
      expression: "authorizer.serviceAccount(request.namespace, variables.isAccount ? variables.account : 'default')"
    {{- /* An expression may ask two questions, and a right name is found by the first. After a wrong one nothing more is asked. */}}
    {{- $so := "variables.isReadable" }}
    {{- range $at := until $most }}
    {{- $may := printf "variables.asks.group(variables.pairs[%d][1]).resource(variables.pairs[%d][0]).namespace(request.namespace)" $at $at }}
    {{- range $name, $verbs := dict "usual" (list "update" "get") "rare" (list "patch" "create") }}
    - name: {{ $name }}{{ $at }}
      expression: {{ $may }}.check('{{ index $verbs 0 }}').allowed() || {{ $may }}.check('{{ index $verbs 1 }}').allowed()
    {{- end }}
    - name: right{{ $at }}
      expression: {{ $so }} && (variables.list.size() <= {{ $at }} || variables.usual{{ $at }} || variables.rare{{ $at }})
    {{- $so = printf "variables.right%d" $at }}
    {{- end }}
  validations:
    - expression: variables.label == 'enabled'
      messageExpression: >-
        'fencing: the label bindy.firestoned.io/fencing is ' + (variables.label == '' ? 'missing' : variables.label) +
        ', and must be enabled. Set it and the annotations at once; to switch fencing off, take the label away'
    - expression: variables.unknown == []
      messageExpression: >-
        'fencing: the annotation ' + variables.unknown[0] +
        ' is not known: there are bindy.firestoned.io/fencing.account and bindy.firestoned.io/fencing.resources'
    - expression: {{ include "injector.isOptedIn" .Values.namespaceSelector | quote }}
      messageExpression: >-
        'fencing: the namespace ' + request.namespace + ' has not opted in, so nothing would be fenced in it. The injector takes: ' +
        {{ toJson .Values.namespaceSelector | squote }}
    - expression: request.namespace != 'kube-system'
      message: "fencing: not in kube-system, where the accounts of the control plane are"
    - expression: variables.isAccount
      messageExpression: >-
        'fencing: the annotation bindy.firestoned.io/fencing.account ' + (variables.account == '' ? 'is missing' :
        variables.account == 'default' ? 'is default, the account of every pod that names none' :
        'is not the name of a ServiceAccount: ' + variables.account) + '. It names the account of the pods, in this namespace'
    # Every sidecar's Role may create Leases. Who may act as the account anyhow can do it no harm by this.
    - expression: >-
        !variables.isAccount || request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':' + variables.account ||
        authorizer.group('').resource('serviceaccounts').namespace(request.namespace).name(variables.account).check('impersonate').allowed()
      messageExpression: >-
        'fencing: ' + request.userInfo.username + ' may not fence the account ' + variables.account +
        ': that takes the permission to impersonate it, which the roles edit and admin have'
    - expression: variables.unreadable == []
      messageExpression: >-
        'fencing: the annotation bindy.firestoned.io/fencing.resources ' + (variables.list == [''] ? 'is missing' : 'has "' +
        variables.unreadable[0] + '"') + '. It is a list with commas of RESOURCE.GROUP, as kubectl api-resources -o name prints them, ' +
        'such as configmaps, deployments.apps; their status and other subresources are included'
    - expression: variables.list.size() <= {{ $most }}
      message: "fencing: the annotation bindy.firestoned.io/fencing.resources has more than {{ $most }} resources"
    - expression: variables.unreadable != [] || variables.never == []
      messageExpression: >-
        'fencing: ' + variables.never[0][0] + (variables.never[0][1] == '' ? '' : '.' + variables.never[0][1]) +
        ' cannot be fenced. ' + (variables.never[0][1] == '' ? 'Without a group' : 'In the group ' + variables.never[0][1]) +
        ' these can: ' + (variables.fenceable[variables.never[0][1]] == [] ? 'none' :
        variables.fenceable[variables.never[0][1]].join(', ')) +
        '. Others are written RESOURCE.GROUP, as kubectl api-resources -o name prints them'
    {{- /* One for each, since a message may not ask about permissions. */}}
    {{- $so = "variables.isReadable" }}
    {{- range $at := until $most }}
    - expression: "!{{ $so }} || variables.right{{ $at }}"
      messageExpression: >-
        'fencing: the account ' + variables.account + ' has no permission for ' + variables.list[{{ $at }}] + ' in ' + request.namespace +
        ': one of the names is wrong, or its Role is not there yet'
    {{- $so = printf "variables.right%d" $at }}
    {{- end }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ $policy | quote }}
  labels: {{- include "injector.labels" . | nindent 4 }}
spec:
  policyName: {{ $policy | quote }}
  validationActions: [Deny]
{{- end }}
