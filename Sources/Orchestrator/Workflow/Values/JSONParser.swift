import OrderedCollections

/// Why a text is no JSON value, and the byte where that shows.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  public let offset: Int
  public var description: String { "\(message) at byte \(offset)" }
}

extension Value {
  /// Reads one JSON value (RFC 8259). Nesting deeper than 64 levels is refused, so that no input can exhaust the stack.
  public init(json text: String) throws(JSONError) {
    var parser = JSONParser(bytes: Array(text.utf8))
    self = try parser.parseDocument()
  }
}

private struct JSONParser {
  static let maximumDepth = 64
  let bytes: [UInt8]
  var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func parseDocument() throws(JSONError) -> Value {
    let value = try parseValue(depth: 0)
    skipBlanks()
    guard offset == bytes.count else { throw error("unexpected text after the value") }
    return value
  }

  private func error(_ message: String) -> JSONError { JSONError(message: message, offset: offset) }

  private mutating func skipBlanks() {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func parseValue(depth: Int) throws(JSONError) -> Value {
    guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    skipBlanks()
    guard offset < bytes.count else { throw error("unexpected end") }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: return try parseNumber()
    }
  }

  private mutating func parseWord(_ word: String, _ value: Value) throws(JSONError) -> Value {
    guard bytes[offset...].starts(with: word.utf8) else { throw error("expected '\(word)'") }
    offset += word.utf8.count
    return value
  }

  /// True when the next byte after blanks is `character`, which is then consumed.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func parseArray(depth: Int) throws(JSONError) -> Value {
    offset += 1
    var elements: [Value] = []
    if take("]") { return .array(elements) }
    repeat { elements.append(try parseValue(depth: depth + 1)) } while take(",")
    guard take("]") else { throw error("expected ',' or ']'") }
    return .array(elements)
  }

  private mutating func parseObject(depth: Int) throws(JSONError) -> Value {
    offset += 1
    var members = OrderedDictionary<String, Value>()
    if take("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
      let key = try parseString()
      guard take(":") else { throw error("expected ':'") }
      members[key] = try parseValue(depth: depth + 1)
    } while take(",")
    guard take("}") else { throw error("expected ',' or '}'") }
    return .object(members)
  }

  private mutating func parseNumber() throws(JSONError) -> Value {
    let start = offset
    while offset < bytes.count, isNumberByte(bytes[offset]) { offset += 1 }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isJSONNumber(text) {
      if let integer = Int64(text) { return .int(integer) }
      if let double = Double(text), double.isFinite { return .double(double) }
    }
    offset = start
    throw error(text.isEmpty ? "expected a value" : "'\(text)' is not a number")
  }
}

private func isNumberByte(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
}

/// JSON allows fewer numbers than `Double.init`: no leading plus or zeros, digits on both sides of the point.
private func isJSONNumber(_ text: String) -> Bool {
  var rest = text[...]
  func digits(_ rest: inout Substring) -> Int {
    let run = rest.prefix { $0.isASCII && $0.isNumber }.count
    rest = rest.dropFirst(run)
    return run
  }
  if rest.first == "-" { rest.removeFirst() }
  let leadingZero = rest.first == "0"
  let whole = digits(&rest)
  guard whole > 0, !leadingZero || whole == 1 else { return false }
  if rest.first == "." {
    rest.removeFirst()
    guard digits(&rest) > 0 else { return false }
  }
  if rest.first == "e" || rest.first == "E" {
    rest.removeFirst()
    if rest.first == "+" || rest.first == "-" { rest.removeFirst() }
    guard digits(&rest) > 0 else { return false }
  }
  return rest.isEmpty
}

// MARK: Strings

extension JSONParser {
  fileprivate mutating func parseString() throws(JSONError) -> String {
    offset += 1
    var text = ""
    var start = offset
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        text += String(decoding: bytes[start..<offset], as: UTF8.self)
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        text += String(decoding: bytes[start..<offset], as: UTF8.self)
        offset += 1
        text.unicodeScalars.append(try parseEscape())
        start = offset
      case 0..<0x20: throw error("a control character must be escaped")
      default: offset += 1
      }
    }
    throw error("the string is not closed")
  }

  private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
    guard offset < bytes.count else { throw error("the string is not closed") }
    defer { offset += 1 }
    switch bytes[offset] {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "u"): return try parseUnicodeEscape()
    case let byte where "\"\\/".utf8.contains(byte): return Unicode.Scalar(byte)
    default: throw error("unknown escape")
    }
  }

  /// Leaves `offset` on the last digit; `parseEscape` steps over it.
  private mutating func parseUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let high = try parseHex()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard (0xD800..<0xDC00).contains(high), bytes[(offset + 1)...].starts(with: "\\u".utf8) else {
      return "\u{FFFD}"
    }
    offset += 2
    let low = try parseHex()
    guard (0xDC00..<0xE000).contains(low) else { return "\u{FFFD}" }
    return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func parseHex() throws(JSONError) -> UInt32 {
    let digits = bytes[min(offset + 1, bytes.count)..<min(offset + 5, bytes.count)]
    let text = String(decoding: digits, as: UTF8.self)
    guard digits.count == 4, text.allSatisfy(\.isHexDigit), let code = UInt32(text, radix: 16) else {
      throw error("expected four hexadecimal digits")
    }
    offset += 4
    return code
  }
}
