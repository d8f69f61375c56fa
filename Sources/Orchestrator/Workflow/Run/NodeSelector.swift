/// Picks nodes by their fields, as Argo's `--node-field-selector` does: `displayName=infer,phase!=Succeeded`.
public struct NodeSelector: Hashable, Sendable {
  private struct Term: Hashable, Sendable {
    let field: String
    let value: String
    let isEqual: Bool
  }

  private static let fields = ["displayName", "templateName", "phase", "name", "id"]

  /// As it was written.
  public let source: String
  private let terms: [Term]

  /// - Throws: `SelectorError` naming the term that is wrong.
  public init(parsing source: String) throws(SelectorError) {
    self.source = source
    var terms: [Term] = []
    for part in source.split(separator: ",") { terms.append(try Self.term(part)) }
    self.terms = terms
  }

  private static func term(_ text: Substring) throws(SelectorError) -> Term {
    guard let mark = text.firstIndex(of: "="), mark > text.startIndex else {
      throw SelectorError("'\(text)' is not a term: write it as field=value or field!=value")
    }
    let isEqual = text[text.index(before: mark)] != "!"
    let field = String(isEqual ? text[..<mark] : text[..<text.index(before: mark)])
    guard fields.contains(field) || isInput(field) else {
      throw SelectorError(
        "'\(field)' is no field of a node: use \(fields.joined(separator: ", ")) or inputs.parameters.NAME.value")
    }
    let value = text[text.index(after: mark)...].drop { $0 == "=" }
    return Term(field: field, value: String(value), isEqual: isEqual)
  }

  private static func isInput(_ field: String) -> Bool {
    field.hasPrefix("inputs.parameters.") && field.hasSuffix(".value")
  }

  /// Whether every term holds; a selector without terms picks every node.
  public func matches(_ node: Node) -> Bool {
    terms.allSatisfy { (value(of: $0.field, node) == $0.value) == $0.isEqual }
  }

  private func value(of field: String, _ node: Node) -> String? {
    switch field {
    case "displayName": node.displayName
    case "templateName": node.templateName
    case "phase": node.phase.rawValue
    case "name": node.name
    case "id": node.id
    default: node.inputs[String(field.dropFirst("inputs.parameters.".count).dropLast(".value".count))]
    }
  }
}

public struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
