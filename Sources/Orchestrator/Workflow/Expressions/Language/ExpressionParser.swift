/// Reads the tokens of an expression by precedence climbing, as expr-lang ranks its operators.
struct ExpressionParser {
  static let maximumDepth = 64
  /// Chains such as `a + b + c` or `a.b.c` nest to the left; this bounds how deep an evaluation recurses.
  static let maximumHeight = 250

  let tokens: [ExpressionToken]
  var position = 0
  var depth = 0
  /// Names bound by `let` at this place, innermost last.
  var variables: [String] = []
  var predicateDepth: Int
  var references: [ExpressionReference] = []

  /// - Parameter insidePredicate: whether `#` has a meaning from the start.
  init(_ tokens: [ExpressionToken], insidePredicate: Bool = false) {
    self.tokens = tokens
    predicateDepth = insidePredicate ? 1 : 0
  }

  mutating func parseAll() throws(ExpressionSyntaxError) -> ExpressionNode {
    let node = try parseSequence()
    guard token.kind == .end else { throw unexpected() }
    return node
  }
}

// MARK: Tokens

extension ExpressionParser {
  var token: ExpressionToken { tokens[min(position, tokens.count - 1)] }

  var symbol: String? {
    guard case .symbol(let symbol) = token.kind else { return nil }
    return symbol
  }

  func unexpected() -> ExpressionSyntaxError {
    token.kind == .end
      ? ExpressionSyntaxError("unexpected end of the expression", at: token.offset)
      : ExpressionSyntaxError("unexpected \(token.shown)", at: token.offset)
  }

  mutating func take(_ wanted: String) -> Bool {
    guard symbol == wanted else { return false }
    position += 1
    return true
  }

  mutating func expect(_ wanted: String, for place: String) throws(ExpressionSyntaxError) {
    guard take(wanted) else {
      throw ExpressionSyntaxError("expected '\(wanted)' \(place), found \(token.shown)", at: token.offset)
    }
  }

  mutating func takeName(for place: String) throws(ExpressionSyntaxError) -> String {
    guard case .name(let name) = token.kind else {
      throw ExpressionSyntaxError("expected a name \(place), found \(token.shown)", at: token.offset)
    }
    position += 1
    return name
  }

  mutating func nested<Result>(
    _ parse: (inout ExpressionParser) throws(ExpressionSyntaxError) -> Result
  ) throws(ExpressionSyntaxError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw ExpressionSyntaxError("nested deeper than \(Self.maximumDepth) levels", at: token.offset)
    }
    return try parse(&self)
  }

  func check(heightOf node: ExpressionNode) throws(ExpressionSyntaxError) {
    guard node.height <= Self.maximumHeight else {
      throw ExpressionSyntaxError("more than \(Self.maximumHeight) operators in a row", at: token.offset)
    }
  }
}

// MARK: Expressions

extension ExpressionParser {
  mutating func parseSequence() throws(ExpressionSyntaxError) -> ExpressionNode {
    var nodes = [try parseExpression()]
    while take(";"), token.kind != .end { nodes.append(try parseExpression()) }
    return nodes.count == 1 ? nodes[0] : ExpressionNode(kind: .sequence(nodes), offset: nodes[0].offset)
  }

  mutating func parseExpression() throws(ExpressionSyntaxError) -> ExpressionNode {
    try nested { (parser) throws(ExpressionSyntaxError) in
      switch parser.symbol {
      case "let": return try parser.parseBinding()
      case "if": return try parser.parseIf()
      default: return try parser.parseChoice(of: parser.parseBinary(from: 0))
      }
    }
  }

  mutating func parseBinding() throws(ExpressionSyntaxError) -> ExpressionNode {
    position += 1
    let offset = token.offset
    let name = try takeName(for: "after 'let'")
    guard ExpressionFunction.named(name) == nil, PredicateFunction(rawValue: name) == nil else {
      throw ExpressionSyntaxError("cannot redeclare the builtin '\(name)'", at: offset)
    }
    guard !variables.contains(name) else {
      throw ExpressionSyntaxError("cannot redeclare the variable '\(name)'", at: offset)
    }
    try expect("=", for: "after the name of a variable")
    let value = try parseExpression()
    try expect(";", for: "after the value of a variable")
    variables.append(name)
    defer { variables.removeLast() }
    return ExpressionNode(kind: .binding(value: value, body: try parseSequence()), offset: offset)
  }

  mutating func parseIf() throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    position += 1
    let condition = try parseExpression()
    let then = try parseBlock()
    try expect("else", for: "after the block of 'if'")
    let otherwise = symbol == "if" ? try parseExpression() : try parseBlock()
    return ExpressionNode(kind: .choice(condition: condition, then: then, otherwise: otherwise), offset: offset)
  }

  mutating func parseBlock() throws(ExpressionSyntaxError) -> ExpressionNode {
    try expect("{", for: "at the start of a block")
    let node = try parseSequence()
    try expect("}", for: "at the end of a block")
    return node
  }

  mutating func parseChoice(of start: ExpressionNode) throws(ExpressionSyntaxError) -> ExpressionNode {
    guard symbol == "?" else { return start }
    let offset = token.offset
    position += 1
    if take(":") {
      let otherwise = try parseExpression()
      return ExpressionNode(kind: .choice(condition: start, then: start, otherwise: otherwise), offset: offset)
    }
    let then = try parseExpression()
    try expect(":", for: "between the two outcomes of '?'")
    let otherwise = try parseExpression()
    return ExpressionNode(kind: .choice(condition: start, then: then, otherwise: otherwise), offset: offset)
  }

  mutating func parseBinary(from precedence: Int) throws(ExpressionSyntaxError) -> ExpressionNode {
    let firstReference = references.count
    var left = try parsePrefix()
    var previous: ExpressionOperator?
    while let (next, isNegated) = takeOperator(from: precedence) {
      try check(heightOf: left)
      let offset = tokens[position - 1].offset
      guard let next else {
        left = try parsePipe(into: left)
        previous = nil
        continue
      }
      try checkMixture(of: previous, with: next, at: offset)
      if next == .coalesce { guardReferences(from: firstReference) }
      left = try parseRight(of: next, after: left, at: offset)
      if isNegated { left = ExpressionNode(kind: .prefix(.not, left), offset: offset) }
      previous = next
    }
    return left
  }

  mutating func parseRight(
    of symbol: ExpressionOperator, after left: ExpressionNode, at offset: Int
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    if symbol.isComparison { return try parseComparison(symbol, after: left, at: offset) }
    let right = try parseOperand(of: symbol)
    try check(symbol, right)
    return ExpressionNode(kind: .binary(symbol, left, right), offset: offset)
  }

  mutating func parseOperand(of symbol: ExpressionOperator) throws(ExpressionSyntaxError) -> ExpressionNode {
    guard symbol == .power else { return try parseBinary(from: symbol.precedence + 1) }
    return try nested { (parser) throws(ExpressionSyntaxError) in
      try parser.parseBinary(from: ExpressionOperator.power.precedence)
    }
  }

  /// The next operator that binds at least as tightly as `precedence`. A nil operator is the pipe.
  mutating func takeOperator(from precedence: Int) -> (symbol: ExpressionOperator?, isNegated: Bool)? {
    if precedence == 0, take("|") { return (nil, false) }
    let isNegated = symbol == "not"
    let place = isNegated ? position + 1 : position
    guard place < tokens.count, case .symbol(let text) = tokens[place].kind,
      let next = ExpressionOperator(symbol: text),
      next.precedence >= precedence, !isNegated || next.takesNot
    else { return nil }
    position = place + 1
    return (next, isNegated)
  }

  func checkMixture(
    of previous: ExpressionOperator?, with next: ExpressionOperator, at offset: Int
  ) throws(ExpressionSyntaxError) {
    guard previous == .coalesce, next != .coalesce else { return }
    throw ExpressionSyntaxError(
      "'\(next.rawValue)' and '??' cannot be mixed", at: offset, hint: "put parentheses around either")
  }

  /// `1 < x < 3` is `1 < x && x < 3`.
  mutating func parseComparison(
    _ first: ExpressionOperator, after start: ExpressionNode, at place: Int
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    var left = start
    var (comparison, offset) = (first, place)
    var result: ExpressionNode?
    while true {
      let right = try parseBinary(from: comparison.precedence + 1)
      let node = ExpressionNode(kind: .binary(comparison, left, right), offset: offset)
      result = result.map { ExpressionNode(kind: .binary(.and, $0, node), offset: offset) } ?? node
      left = right
      guard let next = symbol.flatMap(ExpressionOperator.init(symbol:)), next.isComparison else { break }
      (comparison, offset) = (next, token.offset)
      position += 1
      try check(heightOf: result ?? start)
    }
    return result ?? start
  }

  /// A pattern that is written out is tried at once.
  func check(_ symbol: ExpressionOperator, _ right: ExpressionNode) throws(ExpressionSyntaxError) {
    guard symbol == .matches, case .literal(.string(let pattern)) = right.kind else { return }
    do {
      _ = try RegularExpression(pattern)
    } catch {
      throw ExpressionSyntaxError("the pattern '\(pattern)' cannot be read: \(error)", at: right.offset)
    }
  }
}
