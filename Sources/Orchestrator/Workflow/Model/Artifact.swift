/// A file or folder that a template takes or gives, or that a call hands over.
public struct Artifact: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// Where it is kept, as Argo writes it: an object with one member, such as `{"s3": {"key": "..."}}`.
    case location(ItemTemplate)
    /// One tag that names another artifact: `{{steps.a.outputs.artifacts.b}}`.
    case reference(TemplateString)
    /// An expression whose value is an artifact.
    case expression(Expression)
  }

  public var name: Located<String>
  /// Where the step finds it, or leaves it; in its own view of the file system.
  public var path: TemplateString?
  public var source: Source?
  /// Below the artifact's own key: only that part is meant.
  public var subPath: TemplateString?
  /// Permission bits of an input's file.
  public var mode: Int?
  /// Whether `mode` is for everything below a folder, too.
  public var isModeRecursive: Bool
  public var isOptional: Bool
  public var archive: ArtifactArchive
  /// The name under which later nodes and the exit handler see it as `workflow.outputs.artifacts.NAME`.
  public var globalName: TemplateString?

  public init(
    name: Located<String>, path: TemplateString? = nil, source: Source? = nil, subPath: TemplateString? = nil,
    mode: Int? = nil, isModeRecursive: Bool = false, isOptional: Bool = false,
    archive: ArtifactArchive = ArtifactArchive.tar(level: nil), globalName: TemplateString? = nil
  ) {
    self.name = name
    self.path = path
    self.source = source
    self.subPath = subPath
    self.mode = mode
    self.isModeRecursive = isModeRecursive
    self.isOptional = isOptional
    self.archive = archive
    self.globalName = globalName
  }
}

/// How an output artifact is kept. What an input is, its content says.
public enum ArtifactArchive: Hashable, Sendable {
  /// A tar with gzip; the level is 0 (none) to 9.
  case tar(level: Int?)
  case zip
  /// As it is: a file as a file, a folder as a folder of objects.
  case none

  /// What Argo adds to the name of the file it keeps.
  public var suffix: String {
    switch self {
    case .tar: ".tgz"
    case .zip: ".zip"
    case .none: ""
    }
  }
}
