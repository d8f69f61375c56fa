// Pipes, functions and predicates.
extension ExpressionParser {
  mutating func parsePipe(into first: ExpressionNode) throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    let name = try takeName(for: "after '|'")
    if name == "sprig", take(".") {
      let place = token.offset
      let function = try SprigFunctions.function(try takeName(for: "after 'sprig.'"), at: place)
      return try parsePostfix(of: parseArguments(of: function, first: first, at: offset))
    }
    return try parsePostfix(of: parseCall(of: name, first: first, at: offset))
  }

  mutating func parseCall(
    of name: String, first: ExpressionNode?, at offset: Int
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    if let predicate = PredicateFunction(rawValue: name) {
      return try parsePredicateCall(predicate, list: first, at: offset)
    }
    guard let function = ExpressionFunction.named(name) else {
      throw ExpressionSyntaxError(
        "unknown function '\(name)'", at: offset,
        hint: SprigFunctions.knows(name) ? "write sprig.\(name)(...)" : nil)
    }
    return try parseArguments(of: function, first: first, at: offset)
  }

  mutating func parseArguments(
    of function: ExpressionFunction, first: ExpressionNode?, at offset: Int
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    try expect("(", for: "after '\(function.name)'")
    let arguments = (first.map { [$0] } ?? []) + (try parseList(until: ")"))
    guard function.arity.contains(arguments.count) else {
      throw ExpressionSyntaxError(
        "\(function.name) takes \(function.arityText), not \(arguments.count)", at: offset)
    }
    return ExpressionNode(kind: .call(function, arguments), offset: offset)
  }

  mutating func parsePredicateCall(
    _ function: PredicateFunction, list first: ExpressionNode?, at offset: Int
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    try expect("(", for: "after '\(function.rawValue)'")
    let list: ExpressionNode
    if let first {
      list = first
    } else {
      list = try parseExpression()
      if symbol != ")" { try expect(",", for: "after the list of \(function.rawValue)") }
    }
    var predicate: ExpressionNode?
    if symbol != ")" {
      predicate = try parsePredicate()
    } else if !function.predicateIsOptional {
      throw ExpressionSyntaxError("\(function.rawValue) needs a predicate", at: offset)
    }
    var last: ExpressionNode?
    if take(","), symbol != ")", function.takesLast {
      last = try parseExpression()
      _ = take(",")
    }
    try expect(")", for: "after the arguments of \(function.rawValue)")
    return ExpressionNode(
      kind: .predicateCall(function, list: list, predicate: predicate, last: last), offset: offset)
  }

  mutating func parsePredicate() throws(ExpressionSyntaxError) -> ExpressionNode {
    predicateDepth += 1
    defer { predicateDepth -= 1 }
    guard take("{") else {
      let node = try parseExpression()
      guard symbol != ";" else {
        throw ExpressionSyntaxError("a predicate of several parts needs braces { }", at: token.offset)
      }
      return node
    }
    let node = try parseSequence()
    try expect("}", for: "after a predicate")
    return node
  }
}
