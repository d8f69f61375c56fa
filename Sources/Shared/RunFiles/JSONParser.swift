import Foundation

/// Where and why a text stopped being JSON.
public struct JSONSyntaxError: Error, Equatable {
  public let offset: Int
  public let reason: String
}

extension JSONValue {
  /// Reads one JSON document (RFC 8259). A key that is given twice is an error, as is nesting beyond 128 levels.
  public init(parsing data: Data) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes: [UInt8](data))
    self = try parser.parseDocument()
  }
}

/// A recursive-descent reader over UTF-8 bytes.
private struct JSONParser {
  private static let maximumDepth = 128

  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func parseDocument() throws(JSONSyntaxError) -> JSONValue {
    let value = try parseValue()
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end of the document") }
    return value
  }

  private mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    guard let byte = peek() else { throw failure("the text ends too early") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONSyntaxError) in try parser.parseObject() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONSyntaxError) in try parser.parseArray() }
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: return try parseNumber()
    }
  }

  private mutating func nested(
    _ parse: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    depth += 1
    guard depth <= Self.maximumDepth else { throw failure("nested too deeply") }
    defer { depth -= 1 }
    return try parse(&self)
  }

  private mutating func parseObject() throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
      let start = position
      let key = try parseString()
      skipSpace()
      guard take(":") else { throw expected("`:`") }
      guard members.updateValue(try parseValue(), forKey: key) == nil else {
        throw JSONSyntaxError(offset: start, reason: "key `\(key)` is given twice")
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw expected("`,` or `}`") }
    return .object(members)
  }

  private mutating func parseArray() throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    repeat {
      elements.append(try parseValue())
      skipSpace()
    } while take(",")
    guard take("]") else { throw expected("`,` or `]`") }
    return .array(elements)
  }

  private mutating func parseString() throws(JSONSyntaxError) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("a string that is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try parseEscape(into: &content)
      case 0..<0x20: throw failure("a control character inside a string")
      default: content.append(byte)
      }
    }
    throw failure("the text ends inside a string")
  }

  private mutating func parseEscape(into content: inout [UInt8]) throws(JSONSyntaxError) {
    guard let byte = peek() else { throw failure("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content.append(contentsOf: String(try parseUnicodeEscape()).utf8)
    default: throw failure("an unknown escape")
    }
  }

  private mutating func parseUnicodeEscape() throws(JSONSyntaxError) -> Character {
    var code = try parseHexDigits()
    if (0xD800..<0xDC00).contains(code), take("\\"), take("u") {
      let low = try parseHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
    return Character(scalar)
  }

  private mutating func parseHexDigits() throws(JSONSyntaxError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw expected("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func parseWord(
    _ word: String, _ value: JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw expected("a value") }
    position += word.utf8.count
    return value
  }

  private mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    _ = take("-")
    let leading = position
    guard skipDigits() > 0 else { throw expected("a value") }
    if bytes[leading] == UInt8(ascii: "0"), position - leading > 1 {
      throw JSONSyntaxError(offset: leading, reason: "a number that starts with 0")
    }
    if take("."), skipDigits() == 0 { throw expected("a digit after `.`") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard skipDigits() > 0 else { throw expected("a digit in the exponent") }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func skipSpace() {
    while let byte = peek(), [0x20, 0x0a, 0x0d, 0x09].contains(byte) { position += 1 }
  }

  private func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func expected(_ what: String) -> JSONSyntaxError {
    position < bytes.count ? failure("\(what) is missing") : failure("the text ends too early")
  }

  private func failure(_ reason: String) -> JSONSyntaxError {
    JSONSyntaxError(offset: position, reason: reason)
  }
}
