// Literals, prefixes, lists and maps.
extension ExpressionParser {
  mutating func parsePrefix() throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    switch symbol {
    case "!", "not": return try parsePrefix(.not, operandFrom: 50, at: offset)
    case "-": return try parsePrefix(.minus, operandFrom: 90, at: offset)
    case "+": return try parsePrefix(.plus, operandFrom: 90, at: offset)
    default: return try parsePostfix(of: try parsePrimary())
    }
  }

  mutating func parsePrefix(
    _ prefix: ExpressionPrefix, operandFrom precedence: Int, at offset: Int
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    position += 1
    let operand = try nested { (parser) throws(ExpressionSyntaxError) in try parser.parseBinary(from: precedence) }
    return ExpressionNode(kind: .prefix(prefix, operand), offset: offset)
  }

  mutating func parsePrimary() throws(ExpressionSyntaxError) -> ExpressionNode {
    let start = token
    switch start.kind {
    case .number(let text):
      position += 1
      return ExpressionNode(kind: .literal(try number(text, at: start.offset)), offset: start.offset)
    case .string(let text):
      position += 1
      return ExpressionNode(kind: .literal(.string(text)), offset: start.offset)
    case .bytes(let bytes):
      position += 1
      return ExpressionNode(kind: .literal(.bytes(bytes)), offset: start.offset)
    case .name(let name):
      position += 1
      return try parseName(name, at: start.offset)
    case .symbol("("):
      position += 1
      let node = try parseSequence()
      try expect(")", for: "to close the one at character \(start.offset + 1)")
      return node
    case .symbol("["): return try parseArray()
    case .symbol("{"): return try parseMap()
    case .symbol("#"), .symbol("."): return try parsePointer()
    case .symbol("::"):
      position += 1
      return try parseCall(of: takeName(for: "after '::'"), first: nil, at: start.offset)
    default: throw unexpected()
    }
  }

  func number(_ text: String, at offset: Int) throws(ExpressionSyntaxError) -> Operand {
    let lowercase = text.lowercased()
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where lowercase.hasPrefix(prefix) {
      guard let integer = Int64(lowercase.dropFirst(2), radix: radix) else {
        throw ExpressionSyntaxError("invalid integer literal '\(text)'", at: offset)
      }
      return .int(integer)
    }
    if !lowercase.contains(where: { ".e".contains($0) }) {
      guard let integer = Int64(text) else {
        throw ExpressionSyntaxError("the integer '\(text)' does not fit in 64 bits", at: offset)
      }
      return .int(integer)
    }
    guard let double = Double(text.hasSuffix(".") ? text + "0" : text), double.isFinite else {
      throw ExpressionSyntaxError("invalid float literal '\(text)'", at: offset)
    }
    return .double(double)
  }

  mutating func parsePointer() throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    guard predicateDepth > 0 else {
      throw ExpressionSyntaxError("\(token.shown) has a meaning only inside a predicate", at: offset)
    }
    var pointer = PredicatePointer.element
    if take("#"), case .name(let name) = token.kind, token.offset == offset + 1 {
      guard let named = PredicatePointer(rawValue: name) else {
        throw ExpressionSyntaxError("unknown pointer '#\(name)'", at: offset, hint: "there are #, #acc and #index")
      }
      pointer = named
      position += 1
    }
    return ExpressionNode(kind: .pointer(pointer), offset: offset)
  }

  mutating func parseArray() throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    position += 1
    return ExpressionNode(kind: .array(try parseList(until: "]")), offset: offset)
  }

  /// Expressions separated by commas, a last comma allowed, and the closing bracket.
  mutating func parseList(until close: String) throws(ExpressionSyntaxError) -> [ExpressionNode] {
    var nodes: [ExpressionNode] = []
    while !take(close) {
      if !nodes.isEmpty {
        guard take(",") else { throw unexpected() }
        if take(close) { break }
      }
      nodes.append(try parseExpression())
    }
    return nodes
  }

  mutating func parseMap() throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    position += 1
    var members: [(key: ExpressionNode, value: ExpressionNode)] = []
    while !take("}") {
      if !members.isEmpty {
        guard take(",") else { throw unexpected() }
        if take("}") { break }
      }
      let key = try parseKey()
      try expect(":", for: "after a map's key")
      members.append((key, try parseExpression()))
    }
    return ExpressionNode(kind: .map(members), offset: offset)
  }

  mutating func parseKey() throws(ExpressionSyntaxError) -> ExpressionNode {
    let start = token
    switch start.kind {
    case .name(let text), .number(let text), .string(let text):
      position += 1
      return ExpressionNode(kind: .literal(.string(text)), offset: start.offset)
    case .symbol("("): return try parseExpression()
    default:
      throw ExpressionSyntaxError(
        "a map's key must be a name, a string, a number or an expression in parentheses", at: start.offset)
    }
  }
}
