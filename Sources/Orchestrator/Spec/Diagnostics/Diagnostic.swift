import WorkflowCore

/// One thing found wrong in a workflow file, with the place to look at and, where it is known, what to do.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable {
    /// The file cannot be run.
    case error
    /// It can be run, and is probably not what was meant.
    case warning
  }

  /// What kind of thing is wrong; a stable word for programs that read the JSON form.
  public enum Code: String, CaseIterable, Hashable, Sendable {
    /// The text is not YAML, or not text at all.
    case syntax
    /// The input is larger than what is read.
    case limit
    case unknownKey = "unknown-key"
    case wrongType = "wrong-type"
    case missing
    case duplicate
    case invalidValue = "invalid-value"
    /// A name that should be defined elsewhere in the file is not.
    case unknownName = "unknown-name"
    /// A `{{tag}}` that will have no value where it stands.
    case reference
    case cycle
    /// Two things that exclude each other.
    case conflict
    /// Valid in Argo Workflows, and beyond what the engine can run so far.
    case unsupported
  }

  public var severity: Severity
  public var code: Code
  public var position: Position
  public var message: String
  public var hint: String?
  /// Where in the object: `spec.templates[0].steps[1][0].template`; empty for the file as a whole.
  public var path: String

  public init(
    _ code: Code, severity: Severity = .error, at position: Position, _ message: String,
    hint: String? = nil, path: String = ""
  ) {
    self.severity = severity
    self.code = code
    self.position = position
    self.message = message
    self.hint = hint
    self.path = path
  }
}

extension [Diagnostic] {
  public var hasErrors: Bool { contains { $0.severity == .error } }

  /// In the order of the text, and each only once: an alias shows one mistake in several places.
  func inTextOrder() -> [Diagnostic] {
    var seen = Set<Diagnostic>()
    let unique = filter { diagnostic in
      var place = diagnostic
      place.path = ""
      return seen.insert(place).inserted
    }
    return unique.enumerated().sorted { left, right in
      let (a, b) = (left.element.position, right.element.position)
      return (a.line, a.column, left.offset) < (b.line, b.column, right.offset)
    }.map(\.element)
  }
}
