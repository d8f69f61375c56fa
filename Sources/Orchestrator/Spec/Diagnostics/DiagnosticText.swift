import WorkflowCore

extension Diagnostic {
  /// The form for people: place and message, the source line, a caret under the place, and the hint.
  ///
  ///     daily.yaml:14:9: error: step 'trian' is not a template
  ///             template: trian
  ///                       ^
  ///     hint: did you mean 'train'?
  public func text(in source: SourceText) -> String {
    var lines = ["\(source.name)\(place): \(severity.rawValue): \(message)"]
    if let excerpt = Excerpt(of: source, at: position) {
      lines.append(excerpt.line)
      lines.append(excerpt.caret)
    }
    if let hint { lines.append("hint: \(hint)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private var place: String { position == .none ? "" : ":\(position.line):\(position.column)" }

  /// The form for programs; members without a value are left out.
  public func json(file: String) -> Value {
    let members: KeyValuePairs<String, Value?> = [
      "file": .string(file),
      "line": position == .none ? nil : .int(Int64(position.line)),
      "column": position == .none ? nil : .int(Int64(position.column)),
      "severity": .string(severity.rawValue),
      "code": .string(code.rawValue),
      "message": .string(message),
      "hint": hint.map(Value.string),
      "path": path.isEmpty ? nil : .string(path),
    ]
    return .record(members)
  }
}

/// A source line cut to what fits a terminal, and the line that points into it.
private struct Excerpt {
  static let width = 120
  let line: String
  let caret: String

  init?(of source: SourceText, at position: Position) {
    guard let text = source.line(Int(position.line)) else { return nil }
    let characters = Array(text.unicodeScalars)
    let column = min(max(Int(position.column) - 1, 0), characters.count)
    let start = column < Self.width ? 0 : column - Self.width / 2
    let end = min(start + Self.width, characters.count)
    let before = start > 0 ? "..." : ""
    line = before + String(characters[start..<end]) + (end < characters.count ? "..." : "")
    // Tabs stay tabs, so that the caret lands under the place whatever a terminal makes of them.
    let indent = characters[start..<column].map { $0 == "\t" ? "\t" : " " }.joined()
    caret = String(repeating: " ", count: before.count) + indent + "^"
  }
}

extension String {
  fileprivate init(_ scalars: ArraySlice<Unicode.Scalar>) {
    self.init(String.UnicodeScalarView(scalars))
  }
}
