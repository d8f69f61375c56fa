import WorkflowCore

/// Reads workflow files: YAML or JSON text to objects, with every mistake of a file in one pass.
///
///     let file = WorkflowReader().read(bytes, name: "workflows/daily.yaml")
///     print(file.report, terminator: "")
public struct WorkflowReader: Sendable {
  public enum Purpose: Hashable, Sendable {
    /// Is the file right? Values that only a submission gives may be missing.
    case lint
    /// Can it run now, here? Values must be there, and everything it uses must be supported.
    case run
  }

  public var purpose: Purpose
  /// What `-p NAME=VALUE` gives, in order.
  public var parameters: [ParameterValue]
  /// What `--entrypoint` gives.
  public var entrypoint: String?
  /// Labels that the submission adds.
  public var labels: [String]
  /// Annotations that the submission sets.
  public var annotations: [ParameterValue]
  /// Whether the submission names the run itself (`--name`, `--generate-name`).
  public var isNamed: Bool
  public var limits = ReadingLimits()
  /// Objects of kind WorkflowTemplate and ClusterWorkflowTemplate that files may refer to beside those they hold.
  public var library: [Value] = []
  /// What stands below every workflow (`metadata`, `spec`), and below the template it refers to.
  public var defaults: Value?

  public init(
    for purpose: Purpose = .lint, parameters: [ParameterValue] = [], entrypoint: String? = nil,
    labels: [String] = [], annotations: [ParameterValue] = [], isNamed: Bool = false
  ) {
    self.purpose = purpose
    self.parameters = parameters
    self.entrypoint = entrypoint
    self.labels = labels
    self.annotations = annotations
    self.isNamed = isNamed
  }

  /// Reads the bytes of a file. `name` is how diagnostics call it.
  public func read(_ bytes: [UInt8], name: String) -> SpecFile {
    let source = SourceText(name: name, bytes: TextCheck.withoutMark(bytes))
    let documents = Documents(source, limits: limits)
    let log = DiagnosticLog()
    documents.diagnostics.forEach(log.add)
    let library = TemplateLibrary(library.map { SpecNode($0) } + documents.roots, defaults: defaults)
    let objects = documents.roots.compactMap { readObject(SpecCursor($0, log: log, source: source), library) }
    reportNothing(in: documents, source, log)
    return SpecFile(source: source, objects: objects, diagnostics: log.diagnostics)
  }

  public func read(_ text: String, name: String) -> SpecFile { read(Array(text.utf8), name: name) }

  /// Reads an object that was stored as JSON. Its diagnostics have paths and no positions.
  public func read(_ manifest: Value, name: String) -> SpecFile {
    let source = SourceText(name: name, bytes: [])
    let log = DiagnosticLog()
    // What the workflow referred to when it was submitted counts, whatever has become of it since.
    let stored = manifest["status"]?[TemplateLibrary.storedKey]?.arrayValue ?? []
    let library = TemplateLibrary(
      (library + stored).map { SpecNode($0) }, defaults: manifest["status"]?[TemplateLibrary.defaultsKey])
    let object = readObject(SpecCursor(SpecNode(manifest), log: log, source: source), library)
    return SpecFile(
      source: source, objects: object.map { [$0] } ?? [], diagnostics: log.diagnostics)
  }

  private func reportNothing(in documents: Documents, _ source: SourceText, _ log: DiagnosticLog) {
    guard !log.hasErrors, documents.roots.allSatisfy(\.isNull) else { return }
    log.add(
      Diagnostic(.missing, at: Position(line: 1, column: 1), "\(source.name) holds no object"))
  }
}

/// What a file holds, and what is wrong with it.
public struct SpecFile: Sendable {
  public let source: SourceText
  public let objects: [SpecObject]
  /// In the order of the text.
  public let diagnostics: [Diagnostic]

  public var hasErrors: Bool { diagnostics.hasErrors }

  /// The workflows that can be run. A file with errors has none.
  public var workflows: [Workflow] { hasErrors ? [] : objects.compactMap(\.workflow) }

  /// Every diagnostic in the form for people.
  public var report: String { diagnostics.map { $0.text(in: source) }.joined() }

  /// Every diagnostic in the form for programs: a JSON list.
  public var jsonReport: Value { .array(diagnostics.map { $0.json(file: source.name) }) }
}

/// One object of a file.
public struct SpecObject: Sendable {
  public let kind: String
  public let metadata: ObjectMetadata
  /// The object as JSON, with its keys in the order of the file.
  public let manifest: Value
  public let position: Position
  /// Only for `kind: Workflow`, and only when all of it can be expressed for the engine.
  public let workflow: Workflow?
}
