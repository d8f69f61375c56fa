import WorkflowCore

/// The text of one file, and where its lines begin.
///
/// Lines end as libyaml counts them (LF, CRLF, CR, NEL, LS, PS), so that its marks name the same lines.
public struct SourceText: Sendable {
  /// How the file is called in diagnostics.
  public let name: String
  let bytes: [UInt8]
  /// The bytes of each line, without its end.
  private let lines: [Range<Int>]

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    lines = Self.findLines(bytes)
  }

  public init(name: String, text: String) { self.init(name: name, bytes: Array(text.utf8)) }

  /// The text of a line, counted from 1, without its end.
  func line(_ number: Int) -> String? {
    guard lines.indices.contains(number - 1) else { return nil }
    return String(decoding: bytes[lines[number - 1]], as: UTF8.self)
  }

  /// The line and column of a byte.
  func position(ofByte offset: Int) -> Position {
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle].lowerBound <= offset { low = middle } else { high = middle }
    }
    let before = bytes[lines[low].lowerBound..<max(lines[low].lowerBound, min(offset, bytes.count))]
    return Position(line: low + 1, column: before.count { !isContinuation($0) } + 1)
  }

  /// The byte at a position, or nil when the text has no such line.
  func byte(at position: Position) -> Int? {
    guard lines.indices.contains(Int(position.line) - 1) else { return nil }
    let range = lines[Int(position.line) - 1]
    var offset = range.lowerBound
    for _ in 1..<max(Int(position.column), 1) where offset < range.upperBound {
      offset += 1
      while offset < range.upperBound, isContinuation(bytes[offset]) { offset += 1 }
    }
    return offset
  }

  private static func findLines(_ bytes: [UInt8]) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    var offset = 0
    while offset < bytes.count {
      let length = lineBreakLength(bytes, at: offset)
      if length > 0 {
        lines.append(start..<offset)
        start = offset + length
      }
      offset += max(length, 1)
    }
    lines.append(start..<bytes.count)
    return lines
  }

  private static func lineBreakLength(_ bytes: [UInt8], at offset: Int) -> Int {
    switch bytes[offset] {
    case 0x0A: return 1
    case 0x0D: return offset + 1 < bytes.count && bytes[offset + 1] == 0x0A ? 2 : 1
    case 0xC2: return offset + 1 < bytes.count && bytes[offset + 1] == 0x85 ? 2 : 0
    case 0xE2:
      guard offset + 2 < bytes.count, bytes[offset + 1] == 0x80 else { return 0 }
      return bytes[offset + 2] == 0xA8 || bytes[offset + 2] == 0xA9 ? 3 : 0
    default: return 0
    }
  }
}

func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

extension SourceText {
  /// Where `fragment` stands at or after `position`, looked for in the lines a scalar may fill.
  func find(_ fragment: String, from position: Position, within limit: Int = 16_384) -> Position? {
    guard let start = byte(at: position) else { return nil }
    let window = bytes[start..<min(start + limit, bytes.count)]
    guard let range = window.firstRange(of: Array(fragment.utf8)) else { return nil }
    return self.position(ofByte: range.lowerBound)
  }
}
