import WorkflowCore

/// Builds a tree from JSON text. YAML's reader is not asked for JSON: it folds line separators inside strings, refuses
/// some control characters and surrogate escapes, and limits keys to 1,024 characters.
struct JSONTreeReader {
  private let source: SourceText
  private let limits: ReadingLimits
  private var offset = 0
  private var nodes = 0
  private var counted = 0
  private var line = 1
  private var column = 1
  private(set) var diagnostics: [Diagnostic] = []

  init(_ source: SourceText, limits: ReadingLimits) {
    self.source = source
    self.limits = limits
  }

  static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
    bytes.first { !isBlank($0) } == UInt8(ascii: "{")
  }

  /// The one value that the text holds.
  mutating func readDocument() throws(Diagnostic) -> SpecNode {
    let root = try readValue(depth: 0)
    skipBlanks()
    guard offset == source.bytes.count else { throw error("unexpected text after the object") }
    return root
  }

  /// Where `offset` stands. Counted from the place asked for last: a file may be one line.
  private mutating func position() -> Position {
    for byte in source.bytes[counted..<offset] where !isContinuation(byte) {
      if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    counted = offset
    return Position(line: line, column: column)
  }

  private mutating func error(_ message: String) -> Diagnostic {
    Diagnostic(.syntax, at: position(), "this is not JSON: \(message)")
  }

  private mutating func skipBlanks() {
    while offset < source.bytes.count, isBlank(source.bytes[offset]) { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard offset < source.bytes.count, source.bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func readValue(depth: Int) throws(Diagnostic) -> SpecNode {
    skipBlanks()
    let start = position()
    nodes += 1
    guard depth < limits.depth else {
      throw Diagnostic(.limit, at: start, "nested deeper than \(limits.depth) levels")
    }
    guard nodes <= limits.nodes else {
      throw Diagnostic(.limit, at: start, "more than \(limits.nodes) values")
    }
    if take("{") { return SpecNode(.object(try readMembers(depth: depth + 1)), at: start) }
    if take("[") { return SpecNode(.list(try readElements(depth: depth + 1)), at: start) }
    return SpecNode(.scalar(try readScalar()), at: start)
  }

  private mutating func readElements(depth: Int) throws(Diagnostic) -> [SpecNode] {
    var elements: [SpecNode] = []
    if take("]") { return elements }
    repeat { elements.append(try readValue(depth: depth)) } while take(",")
    guard take("]") else { throw error("expected ',' or ']'") }
    return elements
  }

  private mutating func readMembers(depth: Int) throws(Diagnostic) -> [SpecNode.Member] {
    var members = MemberList()
    if take("}") { return members.merged() }
    repeat {
      skipBlanks()
      let start = position()
      guard case .string(let key) = try readScalar().value else { throw error("expected a key in quotes") }
      guard take(":") else { throw error("expected ':'") }
      nodes += 1
      if let first = members.add(Located(key, at: start), try readValue(depth: depth)) {
        diagnostics.append(
          Diagnostic(
            .duplicate, at: start, "the key '\(key)' stands here twice",
            hint: "it was first given on line \(first.line)"))
      }
    } while take(",")
    guard take("}") else { throw error("expected ',' or '}'") }
    return members.merged()
  }

  /// A string, number or word: its end is found here, its meaning by the core's JSON reader.
  private mutating func readScalar() throws(Diagnostic) -> SpecNode.Scalar {
    let start = offset
    let quoted = offset < source.bytes.count && source.bytes[offset] == UInt8(ascii: "\"")
    let end = quoted ? endOfString(from: offset) : endOfWord(from: offset)
    let text = String(decoding: source.bytes[start..<end], as: UTF8.self)
    do throws(JSONError) {
      let value = try Value(json: text)
      offset = end
      return SpecNode.Scalar(value: value, text: value.stringValue ?? text, style: .quoted)
    } catch {
      throw Diagnostic(
        .syntax, at: source.position(ofByte: start + error.offset), "this is not JSON: \(error.message)")
    }
  }

  private func endOfString(from start: Int) -> Int {
    var end = start + 1
    while end < source.bytes.count, source.bytes[end] != UInt8(ascii: "\"") {
      end += source.bytes[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(end + 1, source.bytes.count)
  }

  private func endOfWord(from start: Int) -> Int {
    let rest = source.bytes[start...]
    return rest.firstIndex { isBlank($0) || ",:[]{}\"".utf8.contains($0) } ?? source.bytes.count
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
