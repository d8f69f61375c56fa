extension Schema {
  /// Templates and what they are made of (Argo Workflows v4.1).
  static let templateTypes = """
    Template
      text: name pendingTimeout podSpecPatch priorityClassName schedulerName
      text: serviceAccountName timeout
      flag: automountServiceAccountToken daemon failFast
      integer: parallelism
      intOrText: activeDeadlineSeconds
      {text}: annotations nodeSelector
      Affinity: affinity
      ArtifactLocation: archiveLocation
      Container: container
      ContainerSetTemplate: containerSet
      DAGTemplate: dag
      Data: data
      ExecutorConfig: executor
      HTTP: http
      [HostAlias]: hostAliases
      Inputs: inputs
      Memoize: memoize
      Metadata: metadata
      Metrics: metrics
      Outputs: outputs
      [PodResourceClaim]: resourceClaims
      PodSecurityContext: securityContext
      ResourceRequirements: podResources
      ResourceTemplate: resource
      RetryStrategy: retryStrategy
      ScriptTemplate: script
      SuspendTemplate: suspend
      Synchronization: synchronization
      [Toleration]: tolerations
      [UserContainer]: initContainers sidecars
      [Volume]: volumes
      [[WorkflowStep]]: steps
      {any}: plugin
    Arguments
      [Artifact]: artifacts
      [Parameter]: parameters
    Backoff
      text: cap duration maxDuration
      intOrText: factor
    Cache
      LocalObjectReference: configMap
    ContainerNode
      text: image imagePullPolicy name restartPolicy terminationMessagePath
      text: terminationMessagePolicy workingDir
      flag: stdin stdinOnce tty
      [text]: args command dependencies
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
    ContainerSetRetryStrategy
      text: duration
      intOrText: retries
    ContainerSetTemplate
      [ContainerNode]: containers
      ContainerSetRetryStrategy: retryStrategy
      [VolumeMount]: volumeMounts
    ContinueOn
      flag: error failed
    Counter
      text: value
    DAGTask
      text: depends name onExit template when withParam
      [text]: dependencies
      Arguments: arguments
      ContinueOn: continueOn
      {LifecycleHook}: hooks
      Sequence: withSequence
      Template: inline
      TemplateRef: templateRef
      [any]: withItems
    DAGTemplate
      text: target
      flag: failFast
      [DAGTask]: tasks
    Data
      DataSource: source
      [TransformationStep]: transformation
    DataSource
      ArtifactPaths: artifactPaths
    Gauge
      text: operation value
      flag: realtime
    HTTP
      text: body method successCondition url
      flag: insecureSkipVerify
      integer: timeoutSeconds
      HTTPBodySource: bodyFrom
      [HTTPHeader]: headers
    HTTPBodySource
      text: bytes
    HTTPHeader
      text: name value
      HTTPHeaderSource: valueFrom
    HTTPHeaderSource
      SecretKeySelector: secretKeyRef
    Histogram
      text: value
      [number]: buckets
    Inputs
      [Artifact]: artifacts
      [Parameter]: parameters
    LifecycleHook
      text: expression template
      Arguments: arguments
      TemplateRef: templateRef
    ManifestFrom
      Artifact: artifact
    Memoize
      text: key maxAge
      Cache: cache
    MetricLabel
      text: key value
    Metrics
      [Prometheus]: prometheus
    Mutex
      text: name namespace
      flag: database
    Outputs
      text: exitCode result
      [Artifact]: artifacts
      [Parameter]: parameters
    Parameter
      text: globalName name
      scalar: default description value
      ValueFrom: valueFrom
      [scalar]: enum
    Prometheus
      text: help name when
      Counter: counter
      Gauge: gauge
      Histogram: histogram
      [MetricLabel]: labels
    ResourceTemplate
      text: action failureCondition manifest mergeStrategy successCondition
      flag: setOwnerReference
      [text]: flags
      ManifestFrom: manifestFrom
    RetryAffinity
      RetryNodeAntiAffinity: nodeAntiAffinity
    RetryNodeAntiAffinity
    RetryStrategy
      text: expression retryPolicy
      intOrText: limit
      Backoff: backoff
      RetryAffinity: affinity
    ScriptTemplate
      text: image imagePullPolicy name restartPolicy source terminationMessagePath
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
    SemaphoreRef
      text: namespace
      ConfigMapKeySelector: configMapKeyRef
      SyncDatabaseRef: database
    Sequence
      text: format
      intOrText: count end start
    SuppliedValueFrom
    SuspendTemplate
      text: duration
    SyncDatabaseRef
      text: key
    Synchronization
      [Mutex]: mutexes
      [SemaphoreRef]: semaphores
    TemplateRef
      text: name template
      flag: clusterScope
    TransformationStep
      text: expression
    UserContainer
      text: image imagePullPolicy name restartPolicy terminationMessagePath
      text: terminationMessagePolicy workingDir
      flag: mirrorVolumeMounts stdin stdinOnce tty
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
    ValueFrom
      text: event expression jqFilter jsonPath parameter path
      scalar: default
      ConfigMapKeySelector: configMapKeyRef
      SuppliedValueFrom: supplied
    WorkflowStep
      text: name onExit template when withParam
      Arguments: arguments
      ContinueOn: continueOn
      {LifecycleHook}: hooks
      Sequence: withSequence
      Template: inline
      TemplateRef: templateRef
      [any]: withItems
    """
}
