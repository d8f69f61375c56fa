import OrderedCollections

/// A validated workflow definition: what `kind: Workflow` says, with every template string parsed.
///
/// Argo uses "Workflow" for the definition and for one execution of it; here an execution is a run (`RunState`).
public struct Workflow: Sendable {
  public var metadata: ObjectMetadata
  public var spec: WorkflowSpec
  /// The object as it was written, in JSON; what `get -o json` shows as the spec, and what a restarted engine reads again.
  public var manifest: Value
  /// The entries of each ConfigMap that parameters take values from, as they were when the run was submitted.
  public var configMaps: [String: OrderedDictionary<String, String>]

  public init(
    metadata: ObjectMetadata, spec: WorkflowSpec, manifest: Value,
    configMaps: [String: OrderedDictionary<String, String>] = [:]
  ) {
    self.metadata = metadata
    self.spec = spec
    self.manifest = manifest
    self.configMaps = configMaps
  }
}

public struct ObjectMetadata: Hashable, Sendable {
  public var name: String?
  /// Prefix of a name to which the submission adds five random characters.
  public var generateName: String?
  public var namespace: String?
  public var labels: OrderedDictionary<String, String>
  public var annotations: OrderedDictionary<String, String>

  public init(
    name: String? = nil, generateName: String? = nil, namespace: String? = nil,
    labels: OrderedDictionary<String, String> = [:], annotations: OrderedDictionary<String, String> = [:]
  ) {
    self.name = name
    self.generateName = generateName
    self.namespace = namespace
    self.labels = labels
    self.annotations = annotations
  }
}

public struct WorkflowSpec: Sendable {
  public var entrypoint: Located<String>
  /// The workflow's inputs; a submission's `-p` replaces their values.
  public var arguments: [Parameter]
  public var artifacts: [Artifact]
  public var templates: [Template]
  /// The template that runs after everything else, whatever became of it.
  public var onExit: ExitHandler?
  /// Run beside everything else, each once, as soon as its condition holds.
  public var hooks: [LifecycleHook]
  /// For every template without a strategy of its own.
  public var retryStrategy: RetryStrategy?
  /// The most leaf nodes (Argo: pods) that may be active at once; nil is no limit.
  public var parallelism: Int?
  /// Seconds from the run's start after which what still runs is ended as failed; exit handlers are spared.
  public var activeDeadlineSeconds: Int?
  public var priority: Int?
  public var serviceAccountName: String?
  /// Whether runs begin paused.
  public var suspend: Bool
  public var volumes: [Volume]
  /// Names of volumes that are made for each run (`volumeClaimTemplates`).
  public var claimTemplates: [String]
  /// What only pods have a use for, as it was written (`PodFields.spec`); nil when no step runs as a pod.
  public var pod: ItemTemplate?

  public init(
    entrypoint: Located<String>, arguments: [Parameter] = [], artifacts: [Artifact] = [], templates: [Template],
    onExit: ExitHandler? = nil, hooks: [LifecycleHook] = [], retryStrategy: RetryStrategy? = nil,
    parallelism: Int? = nil, activeDeadlineSeconds: Int? = nil, priority: Int? = nil,
    serviceAccountName: String? = nil, suspend: Bool = false, volumes: [Volume] = [], claimTemplates: [String] = [],
    pod: ItemTemplate? = nil
  ) {
    self.entrypoint = entrypoint
    self.arguments = arguments
    self.artifacts = artifacts
    self.templates = templates
    self.onExit = onExit
    self.hooks = hooks
    self.retryStrategy = retryStrategy
    self.parallelism = parallelism
    self.activeDeadlineSeconds = activeDeadlineSeconds
    self.priority = priority
    self.serviceAccountName = serviceAccountName
    self.suspend = suspend
    self.volumes = volumes
    self.claimTemplates = claimTemplates
    self.pod = pod
  }
}
