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
  /// By block of bytes: how many characters begin before it. A file may be one line.
  private let characters: [Int]
  private static let block = 1 << 12

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    lines = Self.findLines(bytes)
    characters = Self.countCharacters(bytes)
  }

  private static func countCharacters(_ bytes: [UInt8]) -> [Int] {
    var counts = [0]
    for start in stride(from: 0, to: bytes.count, by: block) {
      counts.append(counts[counts.count - 1] + beginnings(bytes[start..<min(start + block, bytes.count)]))
    }
    return counts
  }

  private static func beginnings(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBufferPointer { bytes in bytes.reduce(0) { $0 + (isContinuation($1) ? 0 : 1) } }
  }

  /// The number of characters that begin before a byte.
  private func characters(before offset: Int) -> Int {
    let number = offset / Self.block
    return characters[number] + Self.beginnings(bytes[(number * Self.block)..<offset])
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
    let start = lines[low].lowerBound
    let place = max(start, min(offset, bytes.count))
    return Position(line: low + 1, column: characters(before: place) - characters(before: start) + 1)
  }

  /// The byte at a position, or nil when the text has no such line.
  func byte(at position: Position) -> Int? {
    guard lines.indices.contains(Int(position.line) - 1) else { return nil }
    let range = lines[Int(position.line) - 1]
    var (offset, left) = nearest(to: Int(position.column) - 1, in: range)
    while left > 0, offset < range.upperBound {
      left -= 1
      offset += 1
      while offset < range.upperBound, isContinuation(bytes[offset]) { offset += 1 }
    }
    return offset
  }

  /// The beginning of a character not long before the one that is `count` characters into a line, and how many are left.
  private func nearest(to count: Int, in range: Range<Int>) -> (offset: Int, left: Int) {
    let start = characters(before: range.lowerBound)
    var (low, high) = (range.lowerBound / Self.block, range.upperBound / Self.block)
    while low < high {
      let middle = (low + high + 1) / 2
      if characters[middle] - start <= count { low = middle } else { high = middle - 1 }
    }
    var offset = max(low * Self.block, range.lowerBound)
    while offset < range.upperBound, isContinuation(bytes[offset]) { offset += 1 }
    return (offset, max(0, count - (characters(before: offset) - start)))
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
    let wanted = Array(fragment.utf8)
    let end = min(start + limit, bytes.count) - wanted.count
    guard start <= end, let first = wanted.first else { return wanted.isEmpty ? position : nil }
    let found = bytes.withUnsafeBufferPointer { bytes in
      (start...end).first { bytes[$0] == first && bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
    return found.map { self.position(ofByte: $0) }
  }
}
