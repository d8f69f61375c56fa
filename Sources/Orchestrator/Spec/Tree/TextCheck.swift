import WorkflowCore

/// Refuses bytes that are no text a workflow may hold, each with its place.
enum TextCheck {
  /// The bytes after a UTF-8 byte order mark, which says nothing.
  static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }

  /// What is wrong with the bytes as a whole: their number and their encoding.
  static func encodingProblem(in source: SourceText, limits: ReadingLimits) -> Diagnostic? {
    let bytes = source.bytes
    let start = Position(line: 1, column: 1)
    guard bytes.count <= limits.bytes else {
      return Diagnostic(
        .limit, at: start, "the file is \(bytes.count) bytes long; at most \(limits.bytes) are read")
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return Diagnostic(.syntax, at: start, "the file is UTF-16", hint: "save it as UTF-8")
    }
    guard let offset = firstInvalidByte(bytes) else { return nil }
    return Diagnostic(
      .syntax, at: source.position(ofByte: offset),
      "byte \(hex(UInt32(bytes[offset]), digits: 2)) is not UTF-8 text", hint: "save the file as UTF-8")
  }

  /// A character that YAML does not allow, and that libyaml would report without a line.
  static func forbiddenCharacter(in source: SourceText) -> Diagnostic? {
    var offset = 0
    for scalar in String(decoding: source.bytes, as: UTF8.self).unicodeScalars {
      if !isAllowed(scalar) {
        return Diagnostic(
          .syntax, at: source.position(ofByte: offset),
          "the character U+\(hex(scalar.value, digits: 4)) is not allowed in YAML",
          hint: "write it as an escape in double quotes: \"\(escape(scalar))\"")
      }
      offset += UTF8.width(scalar)
    }
    return nil
  }

  /// Too many `%TAG` lines.
  static func directiveProblem(in source: SourceText, limits: ReadingLimits) -> Diagnostic? {
    guard source.bytes.contains(UInt8(ascii: "%")) else { return nil }
    var count = 0
    var number = 1
    while let line = source.line(number) {
      if line.utf8.starts(with: "%TAG".utf8) { count += 1 }
      if count > limits.directives {
        return Diagnostic(
          .limit, at: Position(line: number, column: 1), "more than \(limits.directives) %TAG directives")
      }
      number += 1
    }
    return nil
  }

  private static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    var offset = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
    return min(offset, bytes.count - 1)
  }
}

private func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0x1_0000...0x10_FFFF: true
  case 0xE000...0xFFFD: scalar.value != 0xFEFF
  default: false
  }
}

private func hex(_ number: UInt32, digits: Int) -> String {
  let text = String(number, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

private func escape(_ scalar: Unicode.Scalar) -> String {
  scalar.value < 0x100 ? "\\x" + hex(scalar.value, digits: 2) : "\\u" + hex(scalar.value, digits: 4)
}
