import OrderedCollections

/// What a step runs. As a process the image gives only its entrypoint, when the command is missing.
public struct Container: Hashable, Sendable {
  public var image: TemplateString?
  public var command: [TemplateString]
  public var args: [TemplateString]
  public var environment: [EnvironmentVariable]
  public var workingDirectory: TemplateString?
  public var resources: ResourceRequirements

  public init(
    image: TemplateString? = nil, command: [TemplateString] = [], args: [TemplateString] = [],
    environment: [EnvironmentVariable] = [], workingDirectory: TemplateString? = nil,
    resources: ResourceRequirements = ResourceRequirements()
  ) {
    self.image = image
    self.command = command
    self.args = args
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.resources = resources
  }
}

public struct EnvironmentVariable: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    case value(TemplateString)
    /// Resolved by the executor when the step starts; its value never enters the state file.
    case secret(name: String, key: String, optional: Bool)
    case configMap(name: String, key: String, optional: Bool)
  }

  public var name: String
  public var source: Source

  public init(name: String, source: Source) {
    self.name = name
    self.source = source
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
