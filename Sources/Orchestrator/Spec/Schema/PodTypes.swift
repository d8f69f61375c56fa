extension Schema {
  /// Kubernetes: containers, and where and how a pod runs them (Argo Workflows v4.1).
  static let podTypes = """
    Container
      text: image imagePullPolicy name restartPolicy terminationMessagePath
      text: terminationMessagePolicy workingDir
      flag: stdin stdinOnce tty
      [text]: args command
      [ContainerPort]: ports
      [ContainerResizePolicy]: resizePolicy
      [ContainerRestartRule]: restartPolicyRules
      [EnvFromSource]: envFrom
      [EnvVar]: env
      Lifecycle: lifecycle
      Probe: livenessProbe readinessProbe startupProbe
      ResourceRequirements: resources
      SecurityContext: securityContext
      [VolumeDevice]: volumeDevices
      [VolumeMount]: volumeMounts
    Affinity
      NodeAffinity: nodeAffinity
      PodAffinity: podAffinity
      PodAntiAffinity: podAntiAffinity
    AppArmorProfile
      text: localhostProfile type
    Capabilities
      [text]: add drop
    ConfigMapEnvSource
      text: name
      flag: optional
    ConfigMapKeySelector
      text: key name
      flag: optional
    ContainerPort
      text: hostIP name protocol
      integer: containerPort hostPort
    ContainerResizePolicy
      text: resourceName restartPolicy
    ContainerRestartRule
      text: action
      ContainerRestartRuleOnExitCodes: exitCodes
    ContainerRestartRuleOnExitCodes
      text: operator
      [integer]: values
    EnvFromSource
      text: prefix
      ConfigMapEnvSource: configMapRef
      SecretEnvSource: secretRef
    EnvVar
      text: name value
      EnvVarSource: valueFrom
    EnvVarSource
      ConfigMapKeySelector: configMapKeyRef
      FileKeySelector: fileKeyRef
      ObjectFieldSelector: fieldRef
      ResourceFieldSelector: resourceFieldRef
      SecretKeySelector: secretKeyRef
    ExecAction
      [text]: command
    FileKeySelector
      text: key path volumeName
      flag: optional
    GRPCAction
      text: service
      integer: port
    HTTPGetAction
      text: host path scheme
      intOrText: port
      [ProbeHeader]: httpHeaders
    HostAlias
      text: ip
      [text]: hostnames
    Lifecycle
      text: stopSignal
      LifecycleHandler: postStart preStop
    LifecycleHandler
      ExecAction: exec
      HTTPGetAction: httpGet
      SleepAction: sleep
      TCPSocketAction: tcpSocket
    NodeAffinity
      NodeSelector: requiredDuringSchedulingIgnoredDuringExecution
      [PreferredSchedulingTerm]: preferredDuringSchedulingIgnoredDuringExecution
    NodeSelector
      [NodeSelectorTerm]: nodeSelectorTerms
    NodeSelectorRequirement
      text: key operator
      [text]: values
    NodeSelectorTerm
      [NodeSelectorRequirement]: matchExpressions matchFields
    ObjectFieldSelector
      text: apiVersion fieldPath
    PodAffinity
      [PodAffinityTerm]: requiredDuringSchedulingIgnoredDuringExecution
      [WeightedPodAffinityTerm]: preferredDuringSchedulingIgnoredDuringExecution
    PodAffinityTerm
      text: topologyKey
      [text]: matchLabelKeys mismatchLabelKeys namespaces
      LabelSelector: labelSelector namespaceSelector
    PodAntiAffinity
      [PodAffinityTerm]: requiredDuringSchedulingIgnoredDuringExecution
      [WeightedPodAffinityTerm]: preferredDuringSchedulingIgnoredDuringExecution
    PodDNSConfig
      [text]: nameservers searches
      [PodDNSConfigOption]: options
    PodDNSConfigOption
      text: name value
    PodResourceClaim
      text: name resourceClaimName resourceClaimTemplateName
    PodSecurityContext
      text: fsGroupChangePolicy seLinuxChangePolicy supplementalGroupsPolicy
      flag: runAsNonRoot
      integer: fsGroup runAsGroup runAsUser
      AppArmorProfile: appArmorProfile
      SELinuxOptions: seLinuxOptions
      SeccompProfile: seccompProfile
      [Sysctl]: sysctls
      WindowsSecurityContextOptions: windowsOptions
      [integer]: supplementalGroups
    PreferredSchedulingTerm
      integer: weight
      NodeSelectorTerm: preference
    Probe
      integer: failureThreshold initialDelaySeconds periodSeconds successThreshold
      integer: terminationGracePeriodSeconds timeoutSeconds
      ExecAction: exec
      GRPCAction: grpc
      HTTPGetAction: httpGet
      TCPSocketAction: tcpSocket
    ProbeHeader
      text: name value
    ResourceClaim
      text: name request
    ResourceFieldSelector
      text: containerName resource
      quantity: divisor
    ResourceRequirements
      [ResourceClaim]: claims
      {quantity}: limits requests
    SELinuxOptions
      text: level role type user
    SeccompProfile
      text: localhostProfile type
    SecretEnvSource
      text: name
      flag: optional
    SecretKeySelector
      text: key name
      flag: optional
    SecurityContext
      text: procMount
      flag: allowPrivilegeEscalation privileged readOnlyRootFilesystem runAsNonRoot
      integer: runAsGroup runAsUser
      AppArmorProfile: appArmorProfile
      Capabilities: capabilities
      SELinuxOptions: seLinuxOptions
      SeccompProfile: seccompProfile
      WindowsSecurityContextOptions: windowsOptions
    SleepAction
      integer: seconds
    Sysctl
      text: name value
    TCPSocketAction
      text: host
      intOrText: port
    Toleration
      text: effect key operator value
      integer: tolerationSeconds
    VolumeDevice
      text: devicePath name
    VolumeMount
      text: mountPath mountPropagation name recursiveReadOnly subPath subPathExpr
      flag: readOnly
    WeightedPodAffinityTerm
      integer: weight
      PodAffinityTerm: podAffinityTerm
    WindowsSecurityContextOptions
      text: gmsaCredentialSpec gmsaCredentialSpecName runAsUserName
      flag: hostProcess
    """
}
