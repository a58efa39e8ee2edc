// The examples of the guide, exactly as it prints them.

export const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: bindy
  namespace: dns-system
spec:
  replicas: 3  # Run 3 instances for HA
  selector:
    matchLabels:
      app: bindy
  template:
    metadata:
      labels:
        app: bindy
    spec:
      serviceAccountName: bindy
      # Spread pods across nodes
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 100
            podAffinityTerm:
              labelSelector:
                matchExpressions:
                - key: app
                  operator: In
                  values:
                  - bindy
              topologyKey: kubernetes.io/hostname
      containers:
      - name: operator
        image: ghcr.io/firestoned/bindy:latest
        env:
        # Leader election configuration
        - name: ENABLE_LEADER_ELECTION
          value: "true"
        - name: LEASE_NAME
          value: "bindy-leader"
        - name: LEASE_NAMESPACE
          value: "dns-system"
        - name: LEASE_DURATION_SECONDS
          value: "15"
        - name: LEASE_RENEW_DEADLINE_SECONDS
          value: "10"
        - name: LEASE_RETRY_PERIOD_SECONDS
          value: "2"
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            cpu: 500m
            memory: 512Mi`;

export const role = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: bindy
  namespace: dns-system
rules:
# Leases for leader election (required)
- apiGroups: ["coordination.k8s.io"]
  resources: ["leases"]
  verbs: ["get", "create", "update", "patch"]`;

export const leaseOutput = `apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: bindy-leader
  namespace: dns-system
spec:
  acquireTime: "2025-11-30T12:34:56Z"
  holderIdentity: bindy-7d8f9c5b4d-x7k2m
  leaseDurationSeconds: 15
  renewTime: "2025-11-30T12:35:10Z"`;

export const production = `spec:
  replicas: 3  # Optimal for most deployments

  # Spread across nodes
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          labelSelector:
            matchLabels:
              app: bindy
          topologyKey: kubernetes.io/hostname

  containers:
  - name: operator
    env:
    # Production settings
    - name: ENABLE_LEADER_ELECTION
      value: "true"
    - name: LEASE_DURATION_SECONDS
      value: "15"
    - name: LEASE_RENEW_DEADLINE_SECONDS
      value: "10"
    - name: LEASE_RETRY_PERIOD_SECONDS
      value: "2"

    # Production resource limits
    resources:
      requests:
        cpu: 100m
        memory: 128Mi
      limits:
        cpu: 500m
        memory: 512Mi`;

export const multiZone = `spec:
  replicas: 3

  topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: DoNotSchedule
    labelSelector:
      matchLabels:
        app: bindy`;

export const staging = `spec:
  replicas: 2  # Minimal HA

  containers:
  - name: operator
    env:
    - name: LEASE_DURATION_SECONDS
      value: "30"  # Longer duration = less API calls

    resources:
      requests:
        cpu: 50m      # Lower for non-production
        memory: 64Mi
      limits:
        cpu: 200m
        memory: 256Mi`;

export const leaseNamespaceVariable = `env:
- name: LEASE_NAMESPACE
  value: "kube-system"  # Centralized lease storage`;

export const leaseNamespaceRole = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: bindy-lease
  namespace: kube-system
rules:
- apiGroups: ["coordination.k8s.io"]
  resources: ["leases"]
  verbs: ["get", "create", "update", "patch"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: bindy-lease
  namespace: kube-system
subjects:
- kind: ServiceAccount
  name: bindy
  namespace: dns-system
roleRef:
  kind: Role
  name: bindy-lease
  apiGroup: rbac.authorization.k8s.io`;
