/// A declared parameter: of a workflow (`spec.arguments`) or of a template (`inputs`). Values are always text.
public struct Parameter: Hashable, Sendable {
  public var name: Located<String>
  public var value: TemplateString?
  public var defaultValue: TemplateString?
  /// The entry of a ConfigMap that gives the value, where nothing else does.
  public var configMap: ObjectKey?
  /// The only values a submission may give; empty allows any.
  public var allowedValues: [String]
  public var description: String?

  public init(
    name: Located<String>, value: TemplateString? = nil, defaultValue: TemplateString? = nil,
    configMap: ObjectKey? = nil, allowedValues: [String] = [], description: String? = nil
  ) {
    self.name = name
    self.value = value
    self.defaultValue = defaultValue
    self.configMap = configMap
    self.allowedValues = allowedValues
    self.description = description
  }
}

/// A value handed to a template by a step, a task or the workflow.
public struct Argument: Hashable, Sendable {
  public var name: Located<String>
  public var value: TemplateString

  public init(name: Located<String>, value: TemplateString) {
    self.name = name
    self.value = value
  }
}

/// A declared output parameter and where its value comes from.
public struct OutputParameter: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// A file the step writes, as a path inside the step's own view of the file system.
    case path(TemplateString)
    /// A reference, resolved among the steps or tasks of the template when it ends.
    case parameter(TemplateString)
    /// An expression over the steps or tasks of the template, computed when it ends.
    case expression(Expression)
    /// Someone gives it while a suspend template waits.
    case supplied
    /// A part of the object that a resource template is about.
    case object(ObjectQuery)
  }

  public var name: Located<String>
  public var source: Source
  /// Taken when the source is absent; without it an absent source is an error.
  public var defaultValue: TemplateString?
  /// The name under which later nodes and the exit handler see it as `workflow.outputs.parameters.NAME`.
  public var globalName: TemplateString?

  public init(
    name: Located<String>, source: Source, defaultValue: TemplateString? = nil, globalName: TemplateString? = nil
  ) {
    self.name = name
    self.source = source
    self.defaultValue = defaultValue
    self.globalName = globalName
  }
}
