import OrderedCollections
import WorkflowCore

/// Builds the engine's model of a workflow that passed all checks.
///
/// What the model cannot express is noted as `unsupported`; the model is then nil.
final class WorkflowModelReader {
  private let outline: WorkflowOutline
  private let spec: SpecCursor
  private let manifest: Value
  private let library: TemplateLibrary
  private let reportsUnsupported: Bool
  private var isComplete = true
  /// Names of ConfigMaps that parameters take values from; nil once one has a tag, so that any may be meant.
  var usedConfigMaps: Set<String>? = []
  /// Whether what is being read runs as a pod.
  var readsPod = false

  /// - Parameters:
  ///   - spec: the spec of `outline` with its templates expanded.
  ///   - manifest: the object as it is kept.
  init(
    _ outline: WorkflowOutline, spec: SpecCursor, manifest: Value, library: TemplateLibrary, reportsUnsupported: Bool
  ) {
    self.outline = outline
    self.spec = spec
    self.manifest = manifest
    self.library = library
    self.reportsUnsupported = reportsUnsupported
  }

  func read() -> Workflow? {
    readsPod = spec.list("templates").contains { executor(of: $0) == .kubernetes }
    note(spec, .spec)
    let pod = readsPod ? readPodFields(spec, PodFields.spec) : nil
    let model = WorkflowSpec(
      entrypoint: entrypoint, arguments: readInputs(spec["arguments"]),
      artifacts: readArtifacts(spec["arguments"], .argument),
      templates: spec.list("templates").compactMap { readTemplate($0) }, onExit: readExitHandler(spec),
      hooks: readHooks(spec), retryStrategy: spec["retryStrategy"].map { readRetry($0) },
      parallelism: spec.integer("parallelism"), activeDeadlineSeconds: spec.integer("activeDeadlineSeconds"),
      priority: spec.integer("priority"), serviceAccountName: spec.text("serviceAccountName"),
      suspend: spec.flag("suspend") ?? false, volumes: spec.list("volumes").compactMap { readVolume($0) },
      claimTemplates: spec.list("volumeClaimTemplates").compactMap { $0["metadata"]?.text("name") }, pod: pod)
    guard isComplete else { return nil }
    let configMaps = library.configMaps(usedConfigMaps)
    return Workflow(
      metadata: metadata, spec: model, manifest: manifest.keeping(configMaps.map(\.value)),
      configMaps: Dictionary(configMaps.map { ($0.name, $0.entries) }, uniquingKeysWith: { $1 }))
  }

  private var metadata: ObjectMetadata {
    var metadata = readMetadata(outline.object["metadata"])
    for annotation in outline.submission.annotations { metadata.annotations[annotation.name] = annotation.value }
    return metadata
  }

  /// Where the attempts of a template run; nil when it names an executor that there is not.
  func executor(of template: SpecCursor) -> ExecutorKind? {
    let name = template["annotations"]?[ExecutorKind.annotation]?.text ?? metadata.annotations[ExecutorKind.annotation]
    return name.map { ExecutorKind(rawValue: $0) } ?? .process
  }

  private var entrypoint: Located<String> {
    if let given = outline.submission.entrypoint { return Located(given, at: .none) }
    return outline.spec.name("entrypoint") ?? Located("", at: outline.spec.position)
  }

  // MARK: What is not supported

  /// Notes each field of an object that the engine does not act on.
  func note(_ cursor: SpecCursor, _ fields: SupportedFields) {
    for member in cursor.members where !fields.cover(member.key.value, asPod: readsPod) && !member.value.isVoid {
      noteUnsupported("'\(member.key.value)'", cursor, at: member.key.position)
    }
  }

  func noteUnsupported(_ what: String, _ cursor: SpecCursor, at position: Position? = nil) {
    isComplete = false
    guard reportsUnsupported else { return }
    cursor.report(.unsupported, at: position, "\(what) is not supported yet by the process engine")
  }

  /// A text whose tags the engine can replace.
  func text(_ cursor: SpecCursor) -> TemplateString {
    let template = cursor.templateString
    for case .unknown(let tag) in template.segments {
      let name = String(tag.dropFirst(2).dropLast(2).drop { $0.isWhitespace })
      guard !name.hasPrefix("=") else { continue }
      let scopes = ["inputs.", "outputs.", "steps.", "tasks.", "workflow.", "lastRetry.", "pod."]
      guard scopes.contains(where: name.hasPrefix) else { continue }
      noteUnsupported("the tag \(tag)", cursor, at: cursor.position(of: tag))
    }
    return template
  }

  func text(_ cursor: SpecCursor, _ key: String) -> TemplateString? { cursor[key].map { text($0) } }

  /// An expression that the checks have read.
  func expression(_ cursor: SpecCursor, _ key: String) -> Expression? {
    cursor.text(key).flatMap { $0.isEmpty ? nil : try? Expression(parsing: $0) }
  }

  func texts(_ cursor: SpecCursor, _ key: String) -> [TemplateString] { cursor.list(key).map { text($0) } }
}

extension SpecCursor {
  /// Whether it says nothing: an empty list, object or text, or false.
  fileprivate var isVoid: Bool {
    switch node.content {
    case .list(let elements): elements.isEmpty
    case .object: false
    case .scalar(let scalar): scalar.value == .bool(false) || scalar.value == .string("")
    }
  }
}
