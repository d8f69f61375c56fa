import WorkflowCore

/// Expressions, in `{{=...}}` and in fields that hold nothing else, can be read.
enum ExpressionChecks {
  /// Fields whose whole text is an expression.
  static let fields: Set<String> = ["expression", "fromExpression", "successCondition"]

  /// What the expression of a tag mentions; nothing, with a diagnostic, where it cannot be read.
  static func references(in tag: TemplateTag, of text: SpecCursor) -> [ExpressionReference] {
    references(in: String(tag.name.dropFirst()), within: tag, of: text)
  }

  /// What a field mentions that is an expression; nothing for any other field.
  static func references(inField text: SpecCursor) -> [ExpressionReference] {
    guard let key = text.path.lastKey, fields.contains(key), !text.text.isEmpty, tags(in: text.text).isEmpty,
      !text.path.isInside("resource")
    else { return [] }
    let references = references(in: text.text, within: nil, of: text)
    // What hooks and retries ask about is known only while they wait.
    return text.path.isInside("valueFrom") || key == "fromExpression" ? references : []
  }

  private static func references(
    in source: String, within tag: TemplateTag?, of text: SpecCursor
  ) -> [ExpressionReference] {
    do throws(ExpressionSyntaxError) {
      return try Expression(parsing: source).references
    } catch {
      text.report(
        .syntax, at: tag.map { text.position(of: $0.source) } ?? text.position(ofCharacter: error.offset),
        "the expression cannot be read: \(error.message)", hint: error.hint)
      return []
    }
  }
}

extension ExpressionReference {
  /// The name to check, as a tag would have it; nil for a group, and where the rest is computed or may be missing.
  var checkedName: String? {
    guard !isGuarded, path.count > 2 || path[0] == "item", reference != nil else { return nil }
    return path.joined(separator: ".")
  }
}

extension SpecPath {
  /// Whether the way leads through a member `key`.
  func isInside(_ key: String) -> Bool {
    switch self {
    case .root: false
    case .member(let parent, let own): own == key || parent.isInside(key)
    case .element(let parent, _): parent.isInside(key)
    }
  }
}
