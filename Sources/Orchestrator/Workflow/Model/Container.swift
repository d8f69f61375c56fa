import OrderedCollections

/// What a step runs. As a process the image gives only its entrypoint, when the command is missing.
public struct Container: Hashable, Sendable {
  public var image: TemplateString?
  public var command: [TemplateString]
  public var args: [TemplateString]
  public var environment: [EnvironmentVariable]
  /// Whole objects whose entries become variables; `environment` stands above them.
  public var environmentSources: [EnvironmentSource]
  public var workingDirectory: TemplateString?
  public var resources: ResourceRequirements
  public var volumeMounts: [VolumeMount]

  public init(
    image: TemplateString? = nil, command: [TemplateString] = [], args: [TemplateString] = [],
    environment: [EnvironmentVariable] = [], environmentSources: [EnvironmentSource] = [],
    workingDirectory: TemplateString? = nil, resources: ResourceRequirements = ResourceRequirements(),
    volumeMounts: [VolumeMount] = []
  ) {
    self.image = image
    self.command = command
    self.args = args
    self.environment = environment
    self.environmentSources = environmentSources
    self.workingDirectory = workingDirectory
    self.resources = resources
    self.volumeMounts = volumeMounts
  }
}

public struct EnvironmentVariable: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    case value(TemplateString)
    /// Resolved by the executor when the step starts; its value never enters the state file.
    case secret(name: String, key: String, optional: Bool)
    case configMap(name: String, key: String, optional: Bool)
    /// A field of the pod that the step would be in a cluster: `metadata.name`, `status.podIP`, ...
    case field(String)
  }

  public var name: String
  public var source: Source

  public init(name: String, source: Source) {
    self.name = name
    self.source = source
  }
}

/// A ConfigMap or Secret, every entry of which becomes a variable.
public struct EnvironmentSource: Hashable, Sendable {
  public enum Kind: Hashable, Sendable { case configMap, secret }

  public var kind: Kind
  public var name: String
  /// Put before the name of each entry.
  public var prefix: String
  public var isOptional: Bool

  public init(_ kind: Kind, name: String, prefix: String = "", isOptional: Bool = false) {
    self.kind = kind
    self.name = name
    self.prefix = prefix
    self.isOptional = isOptional
  }
}

/// Kubernetes quantities by resource name (`cpu`, `memory`, `nvidia.com/gpu`, ...), before their tags are replaced.
public struct ResourceRequirements: Hashable, Sendable {
  public var requests: OrderedDictionary<String, TemplateString>
  public var limits: OrderedDictionary<String, TemplateString>

  public init(
    requests: OrderedDictionary<String, TemplateString> = [:], limits: OrderedDictionary<String, TemplateString> = [:]
  ) {
    self.requests = requests
    self.limits = limits
  }
}
