import WorkflowCore
import WorkflowSpec

/// A reader of text that anyone may have written, and what must hold of its answer whatever the text is.
///
/// That it answers at all, in bounded time and memory, is for whoever runs it to see.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// Workflow files, from bytes to diagnostics.
  case yaml
  /// JSON values, read and printed.
  case json
  /// Texts with `{{tags}}`.
  case template
  /// `when` conditions.
  case when
  /// `depends` conditions.
  case depends
  /// `{{=expressions}}`.
  case expression
  /// Regular expressions: the pattern is the first line, the text the rest.
  case regex

  /// What the answer broke; nil when all is well.
  public func complaint(about bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    switch self {
    case .yaml: return checkFile(bytes)
    case .json: return checkJSON(text)
    case .template: return checkTemplate(text)
    case .when: return checkWhen(text)
    case .depends: return checkDepends(text)
    case .expression: return checkExpression(text)
    case .regex: return checkRegex(text)
    }
  }
}

// MARK: Files

/// Every diagnostic has a place in the text, and a file without errors is the same when its objects are read again.
private func checkFile(_ bytes: [UInt8]) -> String? {
  let file = WorkflowReader().read(bytes, name: "w.yaml")
  let lines = Int32(clamping: bytes.count + 1)
  for diagnostic in file.diagnostics where !(1...lines).contains(diagnostic.position.line) {
    return "a diagnostic is on line \(diagnostic.position.line): \(diagnostic.message)"
  }
  for diagnostic in file.diagnostics where !(1...lines).contains(diagnostic.position.column) {
    return "a diagnostic is at column \(diagnostic.position.column): \(diagnostic.message)"
  }
  _ = (file.report, file.jsonReport.jsonText())
  guard !file.hasErrors else { return nil }
  for object in file.objects {
    let text = object.manifest.jsonText()
    guard text.utf8.count < 1 << 20 else { continue }
    let again = WorkflowReader().read(text, name: "w.json")
    if again.hasErrors { return "its JSON is refused: \(again.report)" }
    // As text: JSON has no infinite numbers.
    if again.objects.map({ $0.manifest.jsonText() }) != [text] { return "its JSON reads as something else" }
  }
  return nil
}

private func checkJSON(_ text: String) -> String? {
  guard let value = try? Value(json: text) else { return nil }
  let printed = value.jsonText()
  guard let again = try? Value(json: printed) else { return "what is printed cannot be read: \(printed)" }
  // A number that is no double is printed as null.
  return again.jsonText() == printed ? nil : "printed \(printed), then \(again.jsonText())"
}

// MARK: Texts and conditions

private func checkTemplate(_ text: String) -> String? {
  let template = TemplateString(text)
  if !text.contains("{{"), template.literal != text { return "a text without tags has some" }
  let rendered = try? template.render(in: FuzzEnvironment(answer: "{{workflow.name}}"))
  let again = try? template.render(in: FuzzEnvironment(answer: "{{workflow.name}}"))
  return rendered == again ? nil : "two renderings differ"
}

private func checkWhen(_ text: String) -> String? {
  guard let condition = try? WhenExpression(TemplateString(text)) else { return nil }
  // Values that would be code if they were put into the text.
  for answer in ["", "1", "a' || true || '", "x) || (true"] {
    let environment = FuzzEnvironment(answer: answer)
    let (first, second) = (
      Result { try condition.holds(in: environment) }, Result { try condition.holds(in: environment) }
    )
    if (try? first.get()) != (try? second.get()) { return "two evaluations differ" }
  }
  return nil
}

private func checkDepends(_ text: String) -> String? {
  guard let condition = try? DependsExpression(parsing: text) else { return nil }
  guard Set(condition.taskNames) == Set(condition.references.map(\.task)) else { return "a task is missing" }
  for reference in condition.references where reference.offset < 0 || reference.offset > text.count {
    return "'\(reference.task)' stands at \(reference.offset)"
  }
  let (all, none) = (condition.holds { _, _ in true }, condition.holds { _, _ in false })
  return text.contains("!") || !none || all ? nil : "it holds of nothing, but not of everything"
}

private func checkExpression(_ text: String) -> String? {
  let expression: Expression
  do throws(ExpressionSyntaxError) {
    expression = try Expression(parsing: text)
  } catch {
    return (0...text.count).contains(error.offset) ? nil : "the error is at character \(error.offset)"
  }
  let environment = FuzzEnvironment(answer: "[1, 2]")
  let (first, second) = (
    try? expression.value(in: environment).jsonText(), try? expression.value(in: environment).jsonText()
  )
  return first == second ? nil : "two evaluations differ: \(first ?? "an error"), \(second ?? "an error")"
}

private func checkRegex(_ text: String) -> String? {
  let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  let call =
    "sprig.regexFindAll(\(Value.string(parts[0]).jsonText()), \(Value.string(parts.last ?? "").jsonText()), -1)"
  return checkExpression(call)
}

/// Answers every name alike, so that what is read has something to work on.
private struct FuzzEnvironment: TagSource {
  let answer: String

  func text(of reference: Reference) throws(RenderError) -> String { answer }

  func value(at path: [String]) throws(RenderError) -> Value? {
    switch path.count {
    case 1:
      path[0] == "item" ? .object(["k": .int(2), "list": .array([.string("a"), .double(1.5), .bool(true)])]) : nil
    case 2: nil
    default: .string(answer)
    }
  }
}
