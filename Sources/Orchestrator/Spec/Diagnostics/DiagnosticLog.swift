import WorkflowCore

/// Gathers what is wrong with a file while it is read and checked.
final class DiagnosticLog {
  /// How many mistakes of one file are shown.
  static let capacity = 1000

  private var kept: [Diagnostic] = []
  private var firstLeftOut: Diagnostic?
  private(set) var hasErrors = false

  func add(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { hasErrors = true }
    if kept.count < Self.capacity { return kept.append(diagnostic) }
    firstLeftOut = firstLeftOut ?? diagnostic
  }

  /// Whether more would only be counted.
  var isFull: Bool { firstLeftOut != nil && hasErrors }

  /// What was noted, in the order of the text. When something was left out, the last says so; it is an error when there
  /// is any, so that none is lost.
  var diagnostics: [Diagnostic] {
    let ordered = kept.inTextOrder()
    guard let left = firstLeftOut else { return ordered }
    let note = Diagnostic(
      .limit, severity: hasErrors ? .error : .warning, at: left.position,
      "the first \(Self.capacity) mistakes are shown; there are more")
    return ordered + [note]
  }
}
