/// Reads a pattern in RE2's syntax.
struct RegexParser {
  static let maximumDepth = 100
  /// RE2's own bound on counted repetitions, nested ones multiplied.
  static let maximumCopies = 1000

  struct Flags {
    var ignoresCase = false
    var multiline = false
    var dotMatchesNewline = false
    var swapsGreed = false
  }

  let pattern: [Unicode.Scalar]
  var position = 0
  var flags = Flags()
  /// Names of the captured groups by index; nil for those without one. Index 0 is the whole match.
  var groupNames: [String?] = [nil]
  private var depth = 0

  init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

  mutating func parseAll() throws(RegularExpressionError) -> RegexNode {
    let node = try parseAlternatives()
    guard position == pattern.count else { throw error("this ')' closes nothing") }
    return node
  }

  func error(_ message: String, at offset: Int? = nil) -> RegularExpressionError {
    RegularExpressionError(message: message, offset: offset ?? position)
  }

  var current: Unicode.Scalar? { position < pattern.count ? pattern[position] : nil }

  mutating func take(_ text: String) -> Bool {
    guard pattern[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  mutating func parseAlternatives() throws(RegularExpressionError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) groups") }
    var nodes = [try parseSequence()]
    while take("|") { nodes.append(try parseSequence()) }
    return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
  }

  private mutating func parseSequence() throws(RegularExpressionError) -> RegexNode {
    var nodes: [RegexNode] = []
    while let next = current, next != "|", next != ")" {
      if take("\\Q") {
        // What repeats is the last scalar of the quotation.
        nodes += takeQuotation()
        guard let last = nodes.popLast() else { continue }
        nodes.append(try parseRepetition(of: last))
        continue
      }
      guard let atom = try parseAtom() else { continue }
      nodes.append(try parseRepetition(of: atom))
    }
    return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
  }

  /// Nil for what only changes flags.
  private mutating func parseAtom() throws(RegularExpressionError) -> RegexNode? {
    let start = position
    guard let next = current else { return nil }
    position += 1
    switch next {
    case "(": return try parseGroup(at: start)
    case "[": return .scalar(try parseBrackets(at: start))
    case ".": return .scalar(flags.dotMatchesNewline ? RegexClass(0...0x10FFFF) : RegexClass(0...9, 11...0x10FFFF))
    case "^": return .assertion(flags.multiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.multiline ? .lineEnd : .textEnd)
    case "*", "+", "?": throw error("'\(next)' has nothing before it to repeat", at: start)
    case "\\": return try parseEscape(at: start)
    default: return literal(next)
    }
  }

  /// The rest of `\Q...\E`: everything between stands for itself.
  private mutating func takeQuotation() -> [RegexNode] {
    var nodes: [RegexNode] = []
    while let next = current, !take("\\E") {
      nodes.append(literal(next))
      position += 1
    }
    return nodes
  }

  func literal(_ scalar: Unicode.Scalar) -> RegexNode {
    .scalar(RegexClass(scalar: scalar, foldsCase: flags.ignoresCase))
  }
}

// MARK: Repetition

extension RegexParser {
  private mutating func parseRepetition(of atom: RegexNode) throws(RegularExpressionError) -> RegexNode {
    var node = atom
    var isRepeated = false
    while let (minimum, maximum) = try takeCounts() {
      guard !isRepeated else { throw error("a repetition cannot be repeated", at: position - 1) }
      let greedy = take("?") == flags.swapsGreed
      node = .repetition(node, minimum: minimum, maximum: maximum, greedy: greedy)
      guard node.copies <= Self.maximumCopies else {
        throw error("repeats more than \(Self.maximumCopies) times", at: position - 1)
      }
      isRepeated = true
    }
    return node
  }

  private mutating func takeCounts() throws(RegularExpressionError) -> (minimum: Int, maximum: Int?)? {
    switch current {
    case "*":
      position += 1
      return (0, nil)
    case "+":
      position += 1
      return (1, nil)
    case "?":
      position += 1
      return (0, 1)
    case "{": return try takeBraces()
    default: return nil
    }
  }

  /// `{2}`, `{2,}` or `{2,5}`; nil for a brace that begins none of these and stands for itself.
  private mutating func takeBraces() throws(RegularExpressionError) -> (minimum: Int, maximum: Int?)? {
    let start = position
    position += 1
    if let minimum = takeNumber() {
      let hasComma = take(",")
      let maximum = hasComma ? takeNumber() : minimum
      if take("}") {
        guard minimum <= maximum ?? minimum, max(minimum, maximum ?? 0) <= Self.maximumCopies else {
          throw error("invalid repeat count", at: start)
        }
        return (minimum, maximum)
      }
    }
    position = start
    return nil
  }

  private mutating func takeNumber() -> Int? {
    let start = position
    while let digit = current, ("0"..."9").contains(digit) { position += 1 }
    let digits = pattern[start..<position].prefix(5)
    return digits.isEmpty ? nil : Int(String(String.UnicodeScalarView(digits)))
  }
}

// MARK: Groups

extension RegexParser {
  private mutating func parseGroup(at start: Int) throws(RegularExpressionError) -> RegexNode? {
    let saved = flags
    guard take("?") else { return try parseCapture(named: nil, at: start, restoring: saved) }
    if take("P<") || take("<") {
      return try parseCapture(named: try takeGroupName(at: start), at: start, restoring: saved)
    }
    try takeFlags(at: start)
    // `(?i)` holds until the enclosing group ends; `(?i:...)` for its own group.
    if take(")") { return nil }
    guard take(":") else { throw error("unknown kind of group", at: start) }
    return try parseBody(at: start, restoring: saved)
  }

  private mutating func parseCapture(
    named name: String?, at start: Int, restoring saved: Flags
  ) throws(RegularExpressionError) -> RegexNode {
    let index = groupNames.count
    groupNames.append(name)
    return .capture(try parseBody(at: start, restoring: saved), index: index)
  }

  private mutating func parseBody(
    at start: Int, restoring saved: Flags
  ) throws(RegularExpressionError) -> RegexNode {
    let node = try parseAlternatives()
    guard take(")") else { throw error("this '(' is not closed", at: start) }
    flags = saved
    return node
  }

  private mutating func takeGroupName(at start: Int) throws(RegularExpressionError) -> String {
    let begin = position
    while let next = current, next.isASCIIWord { position += 1 }
    let name = String(String.UnicodeScalarView(pattern[begin..<position]))
    guard !name.isEmpty, take(">") else { throw error("invalid group name", at: start) }
    guard !groupNames.contains(name) else { throw error("two groups are named '\(name)'", at: start) }
    return name
  }

  private mutating func takeFlags(at start: Int) throws(RegularExpressionError) {
    var value = true
    while let flag = current, flag != ")", flag != ":" {
      switch flag {
      case "i": flags.ignoresCase = value
      case "m": flags.multiline = value
      case "s": flags.dotMatchesNewline = value
      case "U": flags.swapsGreed = value
      case "-" where value: value = false
      case "=", "!", "<": throw error("look-around is not in RE2's syntax", at: start)
      default: throw error("unknown flag '\(flag)'", at: position)
      }
      position += 1
    }
  }
}
