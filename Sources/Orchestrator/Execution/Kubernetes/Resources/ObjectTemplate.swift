import Foundation
import WorkflowCore

/// kubectl's JSONPath template: text with paths in braces, such as `{.status.phase}` or
/// `{range .items[*]}{.name}{"\n"}{end}`.
///
/// Paths know members, `['a.b']`, indexes, `[*]`, `..`, slices and filters (`[?(@.type=="Ready")]`). Several values are
/// printed with a blank between them.
struct ObjectTemplate: Sendable {
  private indirect enum Part: Sendable {
    case text(String)
    case path([Step])
    case range([Step], [Part])
  }

  enum Step: Hashable, Sendable {
    case member(String)
    case index(Int)
    case slice(Int?, Int?)
    case all
    case descendants
    case filter([Step], sign: String, value: String)
  }

  private let parts: [Part]

  /// - Throws: `ObjectQueryError` when it cannot be read.
  init(_ text: String) throws(ObjectQueryError) {
    // Argo's documents also write a path alone.
    let whole = text.contains("{") ? text : "{\(text)}"
    var pieces = try Self.pieces(of: whole)[...]
    parts = try Self.parts(&pieces, inRange: false)
  }

  func text(of object: Value) -> String { Self.print(parts, object) }

  private static func print(_ parts: [Part], _ object: Value) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .path(let steps): follow(steps, from: object).map(\.tagText).joined(separator: " ")
      case .range(let steps, let body): follow(steps, from: object).map { print(body, $0) }.joined()
      }
    }.joined()
  }

  // MARK: Reading

  private enum Piece { case text(String), action(String) }

  private static func pieces(of text: String) throws(ObjectQueryError) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      if open != rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      guard let close = end(of: rest[open...]) else { throw ObjectQueryError("'\(text)': a brace is not closed") }
      pieces.append(.action(String(rest[rest.index(after: open)..<close])))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    return pieces
  }

  /// The brace that closes, leaving out those in quotes.
  private static func end(of text: Substring) -> String.Index? {
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "}" {
        return index
      }
    }
    return nil
  }

  private static func parts(_ pieces: inout ArraySlice<Piece>, inRange: Bool) throws(ObjectQueryError) -> [Part] {
    var parts: [Part] = []
    while let piece = pieces.popFirst() {
      switch piece {
      case .text(let text): parts.append(.text(text))
      case .action("end"):
        guard inRange else { throw ObjectQueryError("{end} without {range}") }
        return parts
      case .action(let action) where action.hasPrefix("range "):
        let steps = try PathReader(String(action.dropFirst(6))).steps()
        parts.append(.range(steps, try Self.parts(&pieces, inRange: true)))
      case .action(let action) where action.hasPrefix("\"") || action.hasPrefix("'"):
        parts.append(.text(unquoted(action)))
      case .action(let action): parts.append(.path(try PathReader(action).steps()))
      }
    }
    if inRange { throw ObjectQueryError("{range} without {end}") }
    return parts
  }

  private static func unquoted(_ text: String) -> String {
    String(text.dropFirst().dropLast()).replacing("\\n", with: "\n").replacing("\\t", with: "\t")
  }

  // MARK: Following

  static func follow(_ steps: [Step], from value: Value) -> [Value] {
    var found = [value]
    for step in steps { found = found.flatMap { values(step, of: $0) } }
    return found
  }

  private static func values(_ step: Step, of value: Value) -> [Value] {
    switch (step, value) {
    case (.member(let name), .object(let members)): return members[name].map { [$0] } ?? []
    case (.index(let index), .array(let list)):
      let place = index < 0 ? index + list.count : index
      return list.indices.contains(place) ? [list[place]] : []
    case (.slice(let from, let to), .array(let list)):
      let low = bounded(from ?? 0, list.count), high = bounded(to ?? list.count, list.count)
      return low < high ? Array(list[low..<high]) : []
    case (.all, .array(let list)): return list
    case (.all, .object(let members)): return Array(members.values)
    case (.descendants, _): return [value] + values(.all, of: value).flatMap { values(.descendants, of: $0) }
    case (.filter(let path, let sign, let wanted), .array(let list)):
      return list.filter { matches(follow(path, from: $0).first, sign, wanted) }
    default: return []
    }
  }

  private static func bounded(_ index: Int, _ count: Int) -> Int {
    min(max(index < 0 ? index + count : index, 0), count)
  }

  private static func matches(_ value: Value?, _ sign: String, _ wanted: String) -> Bool {
    guard let value else { return sign == "!=" }
    if sign == "" { return true }
    let text = value.tagText
    if let left = Double(text), let right = Double(wanted) {
      return compare(left, sign, right)
    }
    return compare(text, sign, wanted)
  }

  private static func compare<T: Comparable>(_ left: T, _ sign: String, _ right: T) -> Bool {
    switch sign {
    case "==": left == right
    case "!=": left != right
    case "<": left < right
    case "<=": left <= right
    case ">": left > right
    default: left >= right
    }
  }
}

/// Reads one path.
private struct PathReader {
  private let text: String
  private var rest: Substring

  init(_ text: String) {
    self.text = text
    rest = text.drop(while: \.isWhitespace)
    if rest.first == "$" || rest.first == "@" { rest = rest.dropFirst() }
  }

  func steps() throws(ObjectQueryError) -> [ObjectTemplate.Step] {
    var reader = self
    var steps: [ObjectTemplate.Step] = []
    while let first = reader.rest.first {
      if first == "[" {
        steps.append(try reader.bracket())
      } else if reader.rest.hasPrefix("..") {
        reader.rest = reader.rest.dropFirst(2)
        steps.append(.descendants)
        if reader.rest.first != "[" { steps.append(reader.member()) }
      } else if first == "." {
        reader.rest = reader.rest.dropFirst()
        if reader.rest.isEmpty || reader.rest.first == "[" { continue }
        steps.append(reader.member())
      } else if first.isWhitespace {
        reader.rest = reader.rest.dropFirst()
      } else {
        throw ObjectQueryError("the path '\(text)' cannot be read at '\(reader.rest)'")
      }
    }
    return steps
  }

  private mutating func member() -> ObjectTemplate.Step {
    var name = ""
    while let character = rest.first, character != ".", character != "[", !character.isWhitespace {
      rest = rest.dropFirst()
      if character == "\\", let next = rest.first {
        name.append(next)
        rest = rest.dropFirst()
      } else {
        name.append(character)
      }
    }
    return name == "*" ? .all : .member(name)
  }

  private mutating func bracket() throws(ObjectQueryError) -> ObjectTemplate.Step {
    var depth = 0
    var quote: Character?
    guard
      let close = rest.indices.first(where: { index in
        let character = rest[index]
        if let open = quote {
          if character == open { quote = nil }
          return false
        }
        if character == "'" || character == "\"" { quote = character }
        if character == "[" { depth += 1 }
        if character == "]" { depth -= 1 }
        return depth == 0
      })
    else { throw ObjectQueryError("the path '\(text)': a bracket is not closed") }
    let inside = String(rest[rest.index(after: rest.startIndex)..<close])
    rest = rest[rest.index(after: close)...]
    return try step(inside)
  }

  private func step(_ inside: String) throws(ObjectQueryError) -> ObjectTemplate.Step {
    if inside == "*" { return .all }
    if let index = Int(inside) { return .index(index) }
    if inside.hasPrefix("'") || inside.hasPrefix("\"") { return .member(String(inside.dropFirst().dropLast())) }
    if inside.hasPrefix("?("), inside.hasSuffix(")") { return try filter(String(inside.dropFirst(2).dropLast())) }
    let bounds = inside.split(separator: ":", omittingEmptySubsequences: false)
    guard bounds.count == 2 else { throw ObjectQueryError("the path '\(text)': '[\(inside)]' is not understood") }
    return .slice(Int(bounds[0]), Int(bounds[1]))
  }

  private func filter(_ text: String) throws(ObjectQueryError) -> ObjectTemplate.Step {
    for sign in ["==", "!=", "<=", ">=", "<", ">"] {
      guard let place = text.range(of: sign) else { continue }
      let value = text[place.upperBound...].filter { $0 != "\"" && $0 != "'" }
      let path = try PathReader(String(text[..<place.lowerBound])).steps()
      return .filter(
        path, sign: sign,
        value: String(value.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()))
    }
    return .filter(try PathReader(text).steps(), sign: "", value: "")
  }
}
