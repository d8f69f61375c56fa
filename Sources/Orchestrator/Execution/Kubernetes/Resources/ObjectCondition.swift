import Foundation
import WorkflowCore

/// A condition on an object as Argo writes it: a label selector whose keys are paths into the object.
///
///     status.succeeded > 0, status.phase in (Running, Done), status.failed notin (1), !status.reason, status.active
///
/// All requirements must hold. What is not there is equal to nothing, and in no set.
struct ObjectCondition: Hashable, Sendable {
  enum Relation: Hashable, Sendable {
    case exists, missing
    case isIn([String]), isNotIn([String])
    case greater(Double), less(Double)
  }

  struct Requirement: Hashable, Sendable {
    var path: String
    var relation: Relation
  }

  var requirements: [Requirement]

  /// - Throws: `ObjectQueryError` that says which requirement cannot be read.
  init(_ text: String) throws(ObjectQueryError) {
    requirements = []
    for part in Self.parts(of: text) { requirements.append(try Requirement(part)) }
    guard !requirements.isEmpty else { throw ObjectQueryError("the condition '\(text)' asks for nothing") }
  }

  /// Cuts at the commas that are not within parentheses.
  private static func parts(of text: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts.map(trimmed).filter { !$0.isEmpty }
  }

  func holds(for object: Value) -> Bool { requirements.allSatisfy { $0.holds(for: object) } }
}

/// Why a question to an object cannot be asked or answered.
struct ObjectQueryError: Error, Hashable, Sendable {
  let message: String

  init(_ message: String) { self.message = message }
}

extension ObjectCondition.Requirement {
  fileprivate init(_ text: String) throws(ObjectQueryError) {
    if text.hasPrefix("!"), !text.contains("=") {
      self.init(path: trimmed(String(text.dropFirst())), relation: .missing)
      return
    }
    for (sign, isIn) in [(" notin ", false), (" in ", true)] {
      guard let place = text.range(of: sign) else { continue }
      let set = trimmed(String(text[place.upperBound...]))
      guard set.hasPrefix("("), set.hasSuffix(")") else {
        throw ObjectQueryError("'\(text)': a set stands in parentheses")
      }
      let values = set.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
        .map { trimmed(String($0)) }
      self.init(path: trimmed(String(text[..<place.lowerBound])), relation: isIn ? .isIn(values) : .isNotIn(values))
      return
    }
    for sign in ["!=", "==", "=", ">", "<"] {
      guard let place = text.range(of: sign) else { continue }
      let (path, value) = (trimmed(String(text[..<place.lowerBound])), trimmed(String(text[place.upperBound...])))
      self.init(path: path, relation: try Self.relation(sign, value, text))
      return
    }
    guard !text.contains(where: \.isWhitespace) else { throw ObjectQueryError("'\(text)' is no requirement") }
    self.init(path: text, relation: .exists)
  }

  private static func relation(
    _ sign: String, _ value: String, _ text: String
  ) throws(ObjectQueryError) -> ObjectCondition.Relation {
    switch sign {
    case "!=": return .isNotIn([value])
    case ">", "<":
      guard let number = Double(value) else { throw ObjectQueryError("'\(text)': \(value) is no number") }
      return sign == ">" ? .greater(number) : .less(number)
    default: return .isIn([value])
    }
  }

  fileprivate func holds(for object: Value) -> Bool {
    let value = ObjectPath(path).value(in: object).map(\.tagText)
    switch relation {
    case .exists: return value != nil
    case .missing: return value == nil
    case .isIn(let set): return value.map(set.contains) ?? false
    case .isNotIn(let set): return !(value.map(set.contains) ?? false)
    case .greater(let number): return value.flatMap(Double.init).map { $0 > number } ?? false
    case .less(let number): return value.flatMap(Double.init).map { $0 < number } ?? false
    }
  }
}

/// `status.conditions.0.type`, as gjson reads it: names and numbers between dots; `\.` is a dot in a name, `#` the count.
struct ObjectPath: Hashable, Sendable {
  private let keys: [String]

  init(_ text: String) {
    var keys = [""]
    var isEscaped = false
    for character in text.drop(while: { $0 == "." }) {
      if isEscaped || (character != "." && character != "\\") {
        keys[keys.count - 1].append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        keys.append("")
      }
    }
    self.keys = keys
  }

  func value(in object: Value) -> Value? {
    keys.reduce(object as Value?) { value, key in
      switch value {
      case .object(let members): members[key]
      case .array(let elements) where key == "#": .int(Int64(elements.count))
      case .array(let elements): Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      default: nil
      }
    }
  }
}

private func trimmed(_ text: String) -> String {
  String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
}
