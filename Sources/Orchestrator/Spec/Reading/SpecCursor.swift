import WorkflowCore

/// A node, the way to it, and where to say what is wrong with it. Reading through a cursor never stops at a mistake: it is
/// noted, and something harmless stands in for what could not be read.
struct SpecCursor {
  let node: SpecNode
  let path: SpecPath
  let log: DiagnosticLog
  let source: SourceText
  /// Where the node's key stands, or the node itself where it has none: the place for "something is missing here".
  let head: Position

  init(
    _ node: SpecNode, path: SpecPath = .root, head: Position? = nil, log: DiagnosticLog, source: SourceText
  ) {
    self.node = node
    self.path = path
    self.head = head ?? node.position
    self.log = log
    self.source = source
  }

  var position: Position { node.position }

  /// The member `key`; nil when it is missing, and when it is null, which Kubernetes reads as missing.
  subscript(key: String) -> SpecCursor? {
    guard let member = node.member(key), !member.value.isNull else { return nil }
    return cursor(to: member)
  }

  /// The elements of the list at `key`; none when it is missing or no list.
  func list(_ key: String) -> [SpecCursor] { self[key]?.elements ?? [] }

  var elements: [SpecCursor] {
    node.elements.enumerated().map { index, element in
      SpecCursor(element, path: .element(path, index), log: log, source: source)
    }
  }

  /// The members of an object, null ones left out.
  var members: [(key: Located<String>, value: SpecCursor)] {
    node.members.filter { !$0.value.isNull }.map { ($0.key, cursor(to: $0)) }
  }

  func cursor(to member: SpecNode.Member) -> SpecCursor {
    SpecCursor(
      member.value, path: .member(path, member.key.value), head: member.key.position, log: log, source: source)
  }

  /// Notes a diagnostic about this node, or about another place inside it.
  func report(
    _ code: Diagnostic.Code, severity: Diagnostic.Severity = .error, at position: Position? = nil,
    _ message: String, hint: String? = nil
  ) {
    log.add(
      Diagnostic(
        code, severity: severity, at: position ?? (code == .missing ? head : self.position), message,
        hint: hint, path: path.description))
  }
}

// MARK: Plain values

extension SpecCursor {
  /// The text of a scalar: strings as they are, numbers and booleans as Argo writes them. Empty for anything else.
  var text: String { node.scalar.map { plainText(of: $0.value) } ?? "" }

  func text(_ key: String) -> String? { self[key]?.text }

  /// A text with its place; nil where it is missing or empty, which Argo does not tell apart.
  func name(_ key: String) -> Located<String>? {
    guard let cursor = self[key], !cursor.text.isEmpty else { return nil }
    return Located(cursor.text, at: cursor.position)
  }

  func flag(_ key: String) -> Bool? {
    guard case .bool(let flag) = self[key]?.node.scalar?.value else { return nil }
    return flag
  }

  func integer(_ key: String) -> Int? {
    switch self[key]?.node.scalar?.value {
    case .int(let number): Int(exactly: number)
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }

  func template(_ key: String) -> TemplateString? { self[key]?.templateString }

  var templateString: TemplateString { TemplateString(text, at: position) }
}

/// A scalar as the text that a parameter gets from it.
func plainText(of value: Value) -> String {
  switch value {
  case .null: ""
  case .double(let number): decimalText(of: number)
  default: value.tagText
  }
}

/// A number without an exponent, as Go's 'f' format writes it.
private func decimalText(of number: Double) -> String {
  let shortest = Value.double(number).jsonText()
  guard let mark = shortest.firstIndex(of: "e"), let exponent = Int(shortest[shortest.index(after: mark)...])
  else { return shortest }
  let mantissa = shortest[..<mark].drop { $0 == "-" }
  let whole = mantissa.prefix { $0 != "." }
  let digits = mantissa.filter { $0 != "." }
  let point = whole.count + exponent
  let zeros = String(repeating: "0", count: max(0, point > 0 ? point - digits.count : -point))
  let body = point > 0 ? digits + zeros : "0." + zeros + digits
  return (number < 0 ? "-" : "") + trimmingFraction(body)
}

private func trimmingFraction(_ text: String) -> String {
  guard text.contains(".") else { return text }
  return String(text.reversed().drop { $0 == "0" }.reversed())
}
