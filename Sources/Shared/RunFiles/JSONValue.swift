import Foundation

/// A JSON document as a tree. Numbers keep their text, so that no digit is lost between reading and writing.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The value under `key`, or nil when this is not an object or has no such key.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  /// The whole number that this is, if it is one.
  public var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text)
  }

  /// The text that this is, if it is a string.
  public var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The tree of any encodable value, with numbers in their shortest form.
  public static func encoding(_ value: some Encodable) throws -> JSONValue {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return try JSONValue(parsing: try encoder.encode(value))
  }
}

// MARK: - Canonical text

extension JSONValue {
  /// The canonical text, over which digests are taken: no spaces, keys in the order of their UTF-8
  /// bytes, only `"`, `\` and control characters escaped.
  public var canonicalText: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// The text that goes into files: as `canonicalText`, two spaces a level, one newline at the end.
  public var fileText: String {
    var text = ""
    write(to: &text, indent: 0)
    return text + "\n"
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      Self.writeList(elements, "[", "]", to: &text, indent: indent) { element, text, inner in
        element.write(to: &text, indent: inner)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      Self.writeList(sorted, "{", "}", to: &text, indent: indent) { member, text, inner in
        Self.write(member.key, to: &text)
        text += inner == nil ? ":" : ": "
        member.value.write(to: &text, indent: inner)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout String, indent: Int?,
    element write: (Element, inout String, Int?) -> Void
  ) {
    text += open
    let inner = indent.map { $0 + 2 }
    for (position, element) in elements.enumerated() {
      if position > 0 { text += "," }
      newline(inner, to: &text)
      write(element, &text, inner)
    }
    if !elements.isEmpty { newline(indent, to: &text) }
    text += close
  }

  private static func newline(_ indent: Int?, to text: inout String) {
    guard let indent else { return }
    text += "\n" + String(repeating: " ", count: indent)
  }

  private static func write(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{c}": text += "\\f"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
