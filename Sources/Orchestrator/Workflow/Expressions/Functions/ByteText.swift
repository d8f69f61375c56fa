/// A text as Go's `strings` package sees it: bytes of UTF-8. Every search is linear in the text.
struct ByteText: Sendable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }
  init(_ string: String) { bytes = Array(string.utf8) }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Where `needle` stands in this text, from left to right and without overlaps, at most `limit` times
  /// (Knuth, Morris and Pratt).
  func ranges(of needle: ByteText, limit: Int = .max) -> [Range<Int>] {
    let wanted = needle.bytes
    guard !wanted.isEmpty else { return emptyRanges(limit: limit) }
    let fallback = fallbacks(of: wanted)
    var found: [Range<Int>] = []
    var matched = 0
    for (index, byte) in bytes.enumerated() {
      guard found.count < limit else { break }
      while matched > 0, byte != wanted[matched] { matched = fallback[matched - 1] }
      if byte == wanted[matched] { matched += 1 }
      guard matched == wanted.count else { continue }
      found.append((index + 1 - matched)..<(index + 1))
      matched = 0
    }
    return found
  }

  /// An empty text stands before every scalar and at the end.
  private func emptyRanges(limit: Int) -> [Range<Int>] {
    let starts = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count]
    return starts.prefix(limit).map { $0..<$0 }
  }

  /// For each prefix of `wanted`, the length of its longest proper prefix that is also its end.
  private func fallbacks(of wanted: [UInt8]) -> [Int] {
    var lengths = Array(repeating: 0, count: wanted.count)
    var length = 0
    for index in wanted.indices.dropFirst() {
      while length > 0, wanted[index] != wanted[length] { length = lengths[length - 1] }
      if wanted[index] == wanted[length] { length += 1 }
      lengths[index] = length
    }
    return lengths
  }

  func firstIndex(of needle: ByteText) -> Int? { ranges(of: needle, limit: 1).first?.lowerBound }

  func lastIndex(of needle: ByteText) -> Int? {
    let mirrored = ByteText(bytes: bytes.reversed()).firstIndex(of: ByteText(bytes: needle.bytes.reversed()))
    return mirrored.map { bytes.count - $0 - needle.bytes.count }
  }

  /// The pieces between `separator`, as Go's `SplitN` and `SplitAfterN`: at most `limit` of them when that is positive,
  /// all when it is negative, none for 0. An empty separator parts the scalars.
  func split(by separator: ByteText, limit: Int = -1, keepingSeparators: Bool = false) -> [String] {
    guard limit != 0 else { return [] }
    guard !separator.bytes.isEmpty else { return scalars(limit: limit) }
    var pieces: [String] = []
    var start = 0
    for range in ranges(of: separator, limit: limit < 0 ? .max : limit - 1) {
      pieces.append(piece(start..<(keepingSeparators ? range.upperBound : range.lowerBound)))
      start = range.upperBound
    }
    return pieces + [piece(start..<bytes.count)]
  }

  private func scalars(limit: Int) -> [String] {
    let all = string.unicodeScalars.map { String($0) }
    guard limit > 0, limit < all.count else { return all }
    return all.prefix(limit - 1) + [all[(limit - 1)...].joined()]
  }

  func piece(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// This text with the first `limit` places of `old` replaced; a negative limit replaces all.
  func replacing(_ old: ByteText, with new: ByteText, limit: Int = -1) -> ByteText {
    var result: [UInt8] = []
    var start = 0
    for range in ranges(of: old, limit: limit < 0 ? .max : limit) {
      result += bytes[start..<range.lowerBound] + new.bytes
      start = range.upperBound
    }
    return ByteText(bytes: result + bytes[start...])
  }

  func hasPrefix(_ prefix: ByteText) -> Bool { bytes.starts(with: prefix.bytes) }
  func hasSuffix(_ suffix: ByteText) -> Bool { bytes.suffix(suffix.bytes.count) == suffix.bytes[...] }
}

/// `text` without the scalars at both ends that `drops` names.
func trimmedScalars(_ text: String, where drops: (Unicode.Scalar) -> Bool) -> String {
  let scalars = text.unicodeScalars.drop(while: drops)
  let trailing = scalars.reversed().prefix(while: drops).count
  return String(Substring(scalars.dropLast(trailing)))
}

/// `text` with each scalar mapped, as Go's `strings.ToUpper` and `ToLower` do: never one scalar to several.
func mappedScalars(_ text: String, _ mapping: KeyPath<Unicode.Scalar.Properties, String>) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let mapped = scalar.properties[keyPath: mapping].unicodeScalars
    result.append(mapped.count == 1 ? mapped.first ?? scalar : scalar)
  }
  return String(result)
}
