/// A regular expression in RE2's syntax (Go's `regexp`), matched in time linear in the text: no pattern can hang a run.
///
/// Matches are leftmost, and among those the one a backtracking engine would prefer. Characters are Unicode scalars.
/// `\pL`-like classes know general categories, not scripts.
struct RegularExpression: Hashable, Sendable {
  /// Steps a match may take: some tenths of a second. Beyond it the match is an error.
  static let maximumSteps = 5_000_000
  static let maximumLength = 1 << 16

  let pattern: String
  let program: RegexProgram

  init(_ pattern: String) throws(RegularExpressionError) {
    guard pattern.utf8.count <= Self.maximumLength else {
      throw RegularExpressionError(message: "the pattern is longer than \(Self.maximumLength) bytes", offset: nil)
    }
    var parser = RegexParser(pattern)
    let node = try parser.parseAll()
    var compiler = RegexCompiler(groupNames: parser.groupNames)
    self.pattern = pattern
    program = try compiler.compile(node)
  }

  /// Whether the pattern is found anywhere in `text`.
  func matches(_ text: String) throws(RegularExpressionError) -> Bool {
    var machine = RegexMachine(
      program: program, text: Array(text.unicodeScalars), steps: Self.maximumSteps, capturesGroups: false)
    return try machine.firstMatch(from: 0) != nil
  }

  func firstMatch(
    in text: [Unicode.Scalar], from start: Int = 0
  ) throws(RegularExpressionError) -> RegularExpressionMatch? {
    var machine = RegexMachine(program: program, text: text, steps: Self.maximumSteps)
    return try machine.firstMatch(from: start)
  }

  /// Matches from left to right that do not overlap, at most `limit` of them. An empty match right after another match
  /// is passed over, as in Go.
  func allMatches(
    in text: [Unicode.Scalar], limit: Int = .max
  ) throws(RegularExpressionError) -> [RegularExpressionMatch] {
    var machine = RegexMachine(program: program, text: text, steps: Self.maximumSteps)
    var matches: [RegularExpressionMatch] = []
    var position = 0
    var previousEnd = -1
    while position <= text.count, matches.count < limit, let match = try machine.firstMatch(from: position) {
      let isEmpty = match.range.isEmpty
      if !(isEmpty && match.range.lowerBound == previousEnd) { matches.append(match) }
      position = isEmpty ? match.range.upperBound + 1 : match.range.upperBound
      previousEnd = match.range.upperBound
    }
    return matches
  }
}

/// Where a pattern was found, in scalars of the text.
struct RegularExpressionMatch: Hashable, Sendable {
  /// The range of each group that took part; group 0 is the whole match.
  let groups: [Range<Int>?]

  var range: Range<Int> { (groups.first ?? nil) ?? 0..<0 }
}

/// Why a pattern cannot be read, or a match was given up.
struct RegularExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  let message: String
  /// Characters of the pattern before the place in question; nil when no place is.
  let offset: Int?

  var description: String { message + (offset.map { " at character \($0 + 1) of the pattern" } ?? "") }
}
