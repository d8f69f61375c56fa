extension Schema {
  /// Objects and what a whole workflow says (Argo Workflows v4.1).
  static let workflowTypes = """
    Workflow
      text: apiVersion kind
      ObjectMeta: metadata
      WorkflowSpec: spec
      any: status
    CronWorkflow
      text: apiVersion kind
      ObjectMeta: metadata
      CronWorkflowSpec: spec
      any: status
    WorkflowEventBinding
      text: apiVersion kind
      ObjectMeta: metadata
      WorkflowEventBindingSpec: spec
    ConfigMap
      text: apiVersion kind
      flag: immutable
      ObjectMeta: metadata
      {text}: binaryData data
    Secret
      text: apiVersion kind type
      flag: immutable
      ObjectMeta: metadata
      {text}: data stringData
    WorkflowSpec
      text: dnsPolicy entrypoint onExit podPriorityClassName podSpecPatch schedulerName
      text: serviceAccountName shutdown
      flag: archiveLogs automountServiceAccountToken hostNetwork suspend
      integer: activeDeadlineSeconds parallelism priority
      {text}: nodeSelector
      Affinity: affinity
      Arguments: arguments
      ArtifactRepositoryRef: artifactRepositoryRef
      ExecutorConfig: executor
      [ExecutorPlugin]: executorPlugins
      [HostAlias]: hostAliases
      {LifecycleHook}: hooks
      [LocalObjectReference]: imagePullSecrets
      Metadata: podMetadata
      Metrics: metrics
      [PersistentVolumeClaim]: volumeClaimTemplates
      PodDNSConfig: dnsConfig
      PodDisruptionBudgetSpec: podDisruptionBudget
      PodGC: podGC
      [PodResourceClaim]: resourceClaims
      PodSecurityContext: securityContext
      ResourceRequirements: podResources
      RetryStrategy: retryStrategy
      Synchronization: synchronization
      TTLStrategy: ttlStrategy
      Template: templateDefaults
      [Template]: templates
      [Toleration]: tolerations
      [Volume]: volumes
      VolumeClaimGC: volumeClaimGC
      WorkflowLevelArtifactGC: artifactGC
      WorkflowMetadata: workflowMetadata
      WorkflowTemplateRef: workflowTemplateRef
    CronWorkflowSpec
      text: concurrencyPolicy timezone when
      flag: suspend
      integer: failedJobsHistoryLimit startingDeadlineSeconds successfulJobsHistoryLimit
      [text]: schedules
      ObjectMeta: workflowMetadata
      StopStrategy: stopStrategy
      WorkflowSpec: workflowSpec
    Event
      text: selector
    ExecutorConfig
      text: serviceAccountName
    ExecutorPlugin
      ExecutorPluginSpec: spec
      ObjectMeta: metadata
    ExecutorPluginSidecar
      flag: automountServiceAccountToken
      Container: container
    ExecutorPluginSpec
      ExecutorPluginSidecar: sidecar
    LabelSelector
      {text}: matchLabels
      [LabelSelectorRequirement]: matchExpressions
    LabelSelectorRequirement
      text: key operator
      [text]: values
    LabelValueFrom
      text: expression
    LocalObjectReference
      text: name
    ManagedFieldsEntry
      text: apiVersion fieldsType manager operation subresource time
      any: fieldsV1
    Metadata
      {text}: annotations labels
    ObjectMeta
      text: creationTimestamp deletionTimestamp generateName name namespace
      text: resourceVersion selfLink uid
      integer: deletionGracePeriodSeconds generation
      [text]: finalizers
      {text}: annotations labels
      [ManagedFieldsEntry]: managedFields
      [OwnerReference]: ownerReferences
    OwnerReference
      text: apiVersion kind name uid
      flag: blockOwnerDeletion controller
    PodDisruptionBudgetSpec
      text: unhealthyPodEvictionPolicy
      intOrText: maxUnavailable minAvailable
      LabelSelector: selector
    PodGC
      text: deleteDelayDuration strategy
      LabelSelector: labelSelector
    StopStrategy
      text: expression
    Submit
      Arguments: arguments
      ObjectMeta: metadata
      WorkflowTemplateRef: workflowTemplateRef
    TTLStrategy
      integer: secondsAfterCompletion secondsAfterFailure secondsAfterSuccess
    VolumeClaimGC
      text: strategy
    WorkflowEventBindingSpec
      Event: event
      Submit: submit
    WorkflowMetadata
      {text}: annotations labels
      {LabelValueFrom}: labelsFrom
    WorkflowTemplateRef
      text: name
      flag: clusterScope
    """
}
