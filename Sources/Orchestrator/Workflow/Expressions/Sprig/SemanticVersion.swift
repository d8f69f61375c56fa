/// A version as semver.org has it, parts that are missing being 0: `v1.2` is 1.2.0.
struct SemanticVersion: Sendable, CustomStringConvertible {
  var major: UInt64
  var minor: UInt64
  var patch: UInt64
  var prerelease: String
  var metadata: String
  let original: String

  init?(_ text: String) {
    guard let partial = PartialVersion(text[...]), partial.parts.count > 0 else { return nil }
    self.init(partial, original: text)
  }

  fileprivate init(_ partial: PartialVersion, original: String) {
    let parts = partial.parts + [0, 0, 0]
    (major, minor, patch) = (parts[0], parts[1], parts[2])
    prerelease = partial.prerelease
    metadata = partial.metadata
    self.original = original
  }

  var description: String {
    "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-" + prerelease)
      + (metadata.isEmpty ? "" : "+" + metadata)
  }

  /// A field or method by Go's name for it.
  func member(_ name: String) -> Operand? {
    switch name {
    case "Major": .int(Int64(clamping: major))
    case "Minor": .int(Int64(clamping: minor))
    case "Patch": .int(Int64(clamping: patch))
    case "Prerelease": .string(prerelease)
    case "Metadata": .string(metadata)
    case "Original": .string(original)
    case "String": .string(description)
    default: nil
    }
  }

  /// The order of semver.org: a prerelease comes before its release, metadata does not count.
  func precedes(_ other: SemanticVersion) -> Bool {
    let (left, right) = ([major, minor, patch], [other.major, other.minor, other.patch])
    if left != right { return left.lexicographicallyPrecedes(right) }
    if prerelease.isEmpty || other.prerelease.isEmpty { return !prerelease.isEmpty && other.prerelease.isEmpty }
    return prereleasePrecedes(other)
  }

  private func prereleasePrecedes(_ other: SemanticVersion) -> Bool {
    let (left, right) = (prerelease.split(separator: "."), other.prerelease.split(separator: "."))
    for (a, b) in zip(left, right) where a != b {
      switch (UInt64(a), UInt64(b)) {
      case (let m?, let n?): return m < n
      case (.some, nil): return true
      case (nil, .some): return false
      default: return goLess(String(a), String(b))
      }
    }
    return left.count < right.count
  }
}

/// A version of which trailing parts may be missing or wildcards.
private struct PartialVersion {
  var parts: [UInt64] = []
  var prerelease = ""
  var metadata = ""

  init?(_ text: Substring) {
    var rest = text.first == "v" ? text.dropFirst() : text
    if let plus = rest.firstIndex(of: "+") {
      metadata = String(rest[rest.index(after: plus)...])
      rest = rest[..<plus]
      guard Self.isIdentifiers(metadata) else { return nil }
    }
    if let dash = rest.firstIndex(of: "-") {
      prerelease = String(rest[rest.index(after: dash)...])
      rest = rest[..<dash]
      guard Self.isIdentifiers(prerelease) else { return nil }
    }
    let pieces = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count <= 3 else { return nil }
    for (index, piece) in pieces.enumerated() {
      if ["x", "X", "*"].contains(piece) {
        guard pieces[index...].allSatisfy({ ["x", "X", "*"].contains($0) }) else { return nil }
        return
      }
      guard piece.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt64(piece) else { return nil }
      parts.append(number)
    }
  }

  private static func isIdentifiers(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { identifier in
      !identifier.isEmpty && identifier.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
  }
}

/// Which versions are wanted: `^1.2`, `>=1.0, <2.0 || ~3.1`, `1.2 - 1.4`, `1.x`.
struct VersionConstraint {
  /// From `lower` on, before `upper` (or through it); `excluded` is what `!=` names.
  private struct Bounds {
    var lower: SemanticVersion?
    var lowerIsIncluded = true
    var upper: SemanticVersion?
    var upperIsIncluded = false
    var isExclusion = false
    /// A prerelease is wanted only by a bound that names one.
    var namesPrerelease = false
  }

  private let alternatives: [[Bounds]]

  init?(_ text: String) {
    var alternatives: [[Bounds]] = []
    for alternative in ByteText(text).split(by: ByteText("||")) {
      guard let bounds = Self.parseAll(alternative) else { return nil }
      alternatives.append(bounds)
    }
    self.alternatives = alternatives
  }

  func allows(_ version: SemanticVersion) -> Bool {
    alternatives.contains { $0.allSatisfy { Self.holds($0, version) } }
  }

  private static func holds(_ bounds: Bounds, _ version: SemanticVersion) -> Bool {
    if !version.prerelease.isEmpty, !bounds.namesPrerelease { return bounds.isExclusion }
    if let lower = bounds.lower, version.precedes(lower) || !bounds.lowerIsIncluded && !lower.precedes(version) {
      return bounds.isExclusion
    }
    if let upper = bounds.upper, upper.precedes(version) || !bounds.upperIsIncluded && !version.precedes(upper) {
      return bounds.isExclusion
    }
    return !bounds.isExclusion
  }

  private static func parseAll(_ text: String) -> [Bounds]? {
    if let hyphen = ByteText(text).ranges(of: ByteText(" - "), limit: 1).first {
      let whole = ByteText(text)
      let low = trimmed(whole.piece(0..<hyphen.lowerBound))
      let high = trimmed(whole.piece(hyphen.upperBound..<whole.bytes.count))
      return parseAll(">=" + low + ", <=" + high)
    }
    var bounds: [Bounds] = []
    for piece in pieces(of: text) {
      guard let bound = parse(piece) else { return nil }
      bounds.append(bound)
    }
    return bounds.isEmpty ? nil : bounds
  }

  /// The single constraints, parted by commas or blanks; a blank may also stand after an operator.
  private static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      if let last = pieces.last, last.allSatisfy({ "=!<>~^".contains($0) }) {
        pieces[pieces.count - 1] += word
      } else {
        pieces.append(String(word))
      }
    }
    return pieces
  }

  private static func parse(_ text: String) -> Bounds? {
    let symbol = text.prefix { "=!<>~^".contains($0) }
    guard let partial = PartialVersion(text[symbol.endIndex...]) else { return nil }
    let low = SemanticVersion(partial, original: text)
    let next = successor(of: partial, keeping: partial.parts.count)
    var bounds = Bounds(namesPrerelease: !partial.prerelease.isEmpty)
    switch symbol {
    case "", "=", "!=":
      let isExact = partial.parts.count == 3
      (bounds.lower, bounds.upper, bounds.upperIsIncluded) = (low, isExact ? low : next, isExact)
      bounds.isExclusion = symbol == "!="
      if bounds.isExclusion { bounds.namesPrerelease = true }
    case ">=", "=>": bounds.lower = low
    case ">":
      // `>1.2` means beyond all of 1.2.
      (bounds.lower, bounds.lowerIsIncluded) = partial.parts.count == 3 ? (low, false) : (next, true)
    case "<": bounds.upper = low
    case "<=", "=<":
      let isExact = partial.parts.count == 3
      (bounds.upper, bounds.upperIsIncluded) = (isExact ? low : next, isExact)
    case "~", "~>": (bounds.lower, bounds.upper) = (low, successor(of: partial, keeping: min(partial.parts.count, 2)))
    case "^": (bounds.lower, bounds.upper) = (low, successor(of: partial, keeping: caretDepth(partial)))
    default: return nil
    }
    return bounds
  }

  /// The parts up to the first that is not 0 stay fixed under `^`.
  private static func caretDepth(_ partial: PartialVersion) -> Int {
    partial.parts.firstIndex { $0 > 0 }.map { $0 + 1 } ?? partial.parts.count
  }

  /// The first version that differs from `partial` in its first `count` parts; nil when there is no bound.
  private static func successor(of partial: PartialVersion, keeping count: Int) -> SemanticVersion? {
    guard count > 0 else { return nil }
    var next = partial
    next.parts = Array(partial.parts.prefix(count))
    next.parts[count - 1] &+= 1
    next.prerelease = ""
    next.metadata = ""
    return SemanticVersion(next, original: "")
  }
}
