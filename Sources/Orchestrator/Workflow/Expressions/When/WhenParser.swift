/// Reads the tokens of a `when` by precedence climbing.
struct WhenParser {
  static let maximumDepth = 64
  /// Chains of operators nest to the left; this bounds how deep an evaluation recurses.
  static let maximumTokens = 1000

  private let tokens: [WhenToken]
  private let length: Int
  private var position = 0
  private var depth = 0

  /// - Parameter length: characters of the whole text, the place of errors at its end.
  init(_ tokens: [WhenToken], length: Int) throws(ExpressionSyntaxError) {
    guard tokens.count <= Self.maximumTokens else {
      throw ExpressionSyntaxError(
        "longer than \(Self.maximumTokens) words and symbols", at: tokens[Self.maximumTokens].offset)
    }
    self.tokens = tokens
    self.length = length
  }

  mutating func parseAll() throws(ExpressionSyntaxError) -> WhenNode? {
    guard !tokens.isEmpty else { return nil }
    let node = try parseChoice()
    guard position == tokens.count else { throw unexpected() }
    return node
  }

  private var offset: Int { position < tokens.count ? tokens[position].offset : length }

  private var symbol: String? {
    guard position < tokens.count, case .symbol(let symbol) = tokens[position].kind else { return nil }
    return symbol
  }

  private mutating func take(_ wanted: String) -> Bool {
    guard symbol == wanted else { return false }
    position += 1
    return true
  }

  private func unexpected() -> ExpressionSyntaxError {
    guard position < tokens.count else {
      return ExpressionSyntaxError("the expression ends where a value is expected", at: length)
    }
    switch tokens[position].kind {
    case .symbol(let symbol): return ExpressionSyntaxError("unexpected '\(symbol)'", at: offset)
    case .operand:
      return ExpressionSyntaxError(
        "two values without an operator between them", at: offset,
        hint: "text with blanks must be wrapped in quotes (\")")
    }
  }

  private mutating func parseChoice() throws(ExpressionSyntaxError) -> WhenNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw ExpressionSyntaxError("nested deeper than \(Self.maximumDepth) levels", at: offset)
    }
    let condition = try parseAny()
    guard take("?") else { return condition }
    let then = try parseChoice()
    guard take(":") else { throw ExpressionSyntaxError("expected ':' after '?'", at: offset) }
    return .choice(condition: condition, then: then, otherwise: try parseChoice())
  }

  private mutating func parseAny() throws(ExpressionSyntaxError) -> WhenNode {
    var nodes = [try parseAllOf()]
    while take("||") { nodes.append(try parseAllOf()) }
    return nodes.count == 1 ? nodes[0] : .any(nodes)
  }

  private mutating func parseAllOf() throws(ExpressionSyntaxError) -> WhenNode {
    var nodes = [try parseBinary(from: 1)]
    while take("&&") { nodes.append(try parseBinary(from: 1)) }
    return nodes.count == 1 ? nodes[0] : .all(nodes)
  }

  private mutating func parseBinary(from precedence: Int) throws(ExpressionSyntaxError) -> WhenNode {
    var left = try parsePrefix()
    while let symbol = symbol.flatMap(WhenOperator.init), symbol.precedence >= precedence {
      let place = offset
      position += 1
      let right = symbol == .isIn ? try parseList() : try parseBinary(from: symbol.precedence + 1)
      try check(symbol, left, right, at: place)
      left = .binary(symbol, left, right)
    }
    return left
  }

  private mutating func parseList() throws(ExpressionSyntaxError) -> WhenNode {
    guard take("(") else {
      throw ExpressionSyntaxError("expected a list after 'in'", at: offset, hint: "write: x in (a, b)")
    }
    var nodes = [try parseChoice()]
    while take(",") { nodes.append(try parseChoice()) }
    guard take(")") else { throw ExpressionSyntaxError("expected ',' or ')' in the list", at: offset) }
    return .list(nodes)
  }

  private mutating func parsePrefix() throws(ExpressionSyntaxError) -> WhenNode {
    guard let prefix = symbol.flatMap(WhenPrefix.init) else { return try parseOperand() }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw ExpressionSyntaxError("nested deeper than \(Self.maximumDepth) levels", at: offset)
    }
    position += 1
    return .prefix(prefix, try parsePrefix())
  }

  private mutating func parseOperand() throws(ExpressionSyntaxError) -> WhenNode {
    guard position < tokens.count else { throw unexpected() }
    let open = offset
    if case .operand(let operand) = tokens[position].kind {
      position += 1
      return .operand(operand)
    }
    guard take("(") else { throw unexpected() }
    let node = try parseChoice()
    if take(")") { return node }
    guard position == tokens.count else { throw unexpected() }
    throw ExpressionSyntaxError("this '(' is not closed", at: open)
  }

  /// What can be known before any tag has a value.
  private func check(
    _ symbol: WhenOperator, _ left: WhenNode, _ right: WhenNode, at place: Int
  ) throws(ExpressionSyntaxError) {
    if symbol == .matches || symbol == .matchesNot, case .operand(let pattern) = right, let text = pattern.literal {
      do {
        _ = try RegularExpression(text)
      } catch {
        throw ExpressionSyntaxError("the pattern '\(text)' cannot be read: \(error)", at: pattern.offset)
      }
    }
    guard symbol.isArithmetic, symbol != .add else { return }
    for case .operand(let operand) in [left, right] {
      guard let text = operand.literal else { continue }
      if case .number = WhenValue(word: text), !operand.isQuoted { continue }
      throw ExpressionSyntaxError(
        "'\(text)' is not a number, so '\(symbol.rawValue)' cannot be used with it", at: operand.offset,
        hint: "try wrapping the affected text in quotes (\")")
    }
  }
}
