/// Where the attempts of a template run: annotation `orchestrate/executor` of the template, else of the workflow.
public enum ExecutorKind: String, CaseIterable, Hashable, Sendable {
  case process
  case kubernetes

  public static let annotation = "orchestrate/executor"
}

/// Fields that say how a pod is to be made. They are kept as they were written, and only steps that run as pods act on
/// them.
public enum PodFields {
  public static let spec: Set<String> = [
    "affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "hostAliases", "hostNetwork",
    "imagePullSecrets", "nodeSelector", "podGC", "podMetadata", "podPriorityClassName", "podResources", "podSpecPatch",
    "resourceClaims", "schedulerName", "securityContext", "serviceAccountName", "tolerations", "volumeClaimGC",
    "volumeClaimTemplates", "volumes",
  ]

  /// `container`, `script`: as a whole, because a pod takes all that Kubernetes knows of a container.
  public static let template: Set<String> = [
    "affinity", "automountServiceAccountToken", "container", "hostAliases", "initContainers", "metadata",
    "nodeSelector", "podResources", "podSpecPatch", "priorityClassName", "resourceClaims", "schedulerName", "script",
    "securityContext", "serviceAccountName", "sidecars", "tolerations", "volumes",
  ]

  public static let container: Set<String> = ["envFrom", "lifecycle", "volumeDevices", "volumeMounts"]

  /// Kinds of volume that processes cannot have.
  public static let volume: Set<String> = [
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "ephemeral", "fc", "flexVolume",
    "flocker", "gcePersistentDisk", "glusterfs", "image", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume",
    "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
  ]

  public static let environmentSource: Set<String> = ["fieldRef", "resourceFieldRef"]

  /// The member of a template's pod that stands for `retryStrategy.affinity.nodeAntiAffinity`.
  public static let avoidsFormerNodes = "avoidsFormerNodes"
}
