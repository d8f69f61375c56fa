/// Something done to an object of a cluster (Argo's `resource`), without a pod.
public struct ResourceTemplate: Hashable, Sendable {
  public enum Action: String, CaseIterable, Hashable, Sendable {
    case get, create, apply, delete, replace, patch
  }

  public var action: Action
  /// One object in YAML or JSON; for `patch` also just the patch, where `flags` name the object.
  public var manifest: TemplateString
  /// How a patch is merged: `strategic`, `merge` or `json`.
  public var mergeStrategy: TemplateString?
  /// What kubectl would be called with: `--namespace`, a kind and a name are understood.
  public var flags: [TemplateString]
  /// Whether the object is to go when what stands for the run in the cluster goes.
  public var setsOwner: Bool
  /// Label selectors over fields of the object (`status.succeeded > 0`): when it is done, and when it has failed.
  public var successCondition: TemplateString?
  public var failureCondition: TemplateString?

  public init(
    action: Action, manifest: TemplateString, mergeStrategy: TemplateString? = nil, flags: [TemplateString] = [],
    setsOwner: Bool = false, successCondition: TemplateString? = nil, failureCondition: TemplateString? = nil
  ) {
    self.action = action
    self.manifest = manifest
    self.mergeStrategy = mergeStrategy
    self.flags = flags
    self.setsOwner = setsOwner
    self.successCondition = successCondition
    self.failureCondition = failureCondition
  }
}

/// A question to an object: a part of it that becomes an output parameter.
public enum ObjectQuery: Hashable, Sendable {
  /// kubectl's JSONPath: `{.status.phase}`.
  case jsonPath(TemplateString)
  /// jq's language.
  case jqFilter(TemplateString)
}
