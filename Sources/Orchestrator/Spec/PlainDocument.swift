import WorkflowCore

/// A YAML or JSON text that is no object of ours: a file of parameters, say.
public struct PlainDocument: Sendable {
  /// Nil when the text is wrong, or empty.
  public let value: Value?
  /// What is wrong, in the form for people; nil when nothing is.
  public let report: String?

  public init(_ bytes: [UInt8], name: String) {
    let source = SourceText(name: name, bytes: TextCheck.withoutMark(bytes))
    let documents = Documents(source, limits: ReadingLimits())
    let problems = documents.diagnostics.filter { $0.severity == .error }
    report = problems.isEmpty ? nil : problems.map { $0.text(in: source) }.joined()
    value = problems.isEmpty ? documents.roots.first?.value : nil
  }
}
