/// Something that containers can mount (Argo: `spec.volumes`, `templates[].volumes`).
public struct Volume: Hashable, Sendable {
  public var name: String
  /// What it holds, as Kubernetes writes it: an object with one member, such as `{"emptyDir": {}}`.
  public var source: ItemTemplate

  public init(name: String, source: ItemTemplate) {
    self.name = name
    self.source = source
  }
}

/// A volume at a path of a container's file system.
public struct VolumeMount: Hashable, Sendable {
  public var name: TemplateString
  public var path: TemplateString
  /// Only this part of the volume.
  public var subPath: TemplateString?
  public var isReadOnly: Bool

  public init(name: TemplateString, path: TemplateString, subPath: TemplateString? = nil, isReadOnly: Bool = false) {
    self.name = name
    self.path = path
    self.subPath = subPath
    self.isReadOnly = isReadOnly
  }
}

/// A value of a ConfigMap, or of a Secret.
public struct ObjectKey: Hashable, Sendable {
  public var name: TemplateString
  public var key: TemplateString
  public var isOptional: Bool

  public init(name: TemplateString, key: TemplateString, isOptional: Bool = false) {
    self.name = name
    self.key = key
    self.isOptional = isOptional
  }
}
