// Names, members, indexes and slices, and which of them refer to the environment.
extension ExpressionParser {
  mutating func parseName(_ name: String, at offset: Int) throws(ExpressionSyntaxError) -> ExpressionNode {
    switch name {
    case "true": return ExpressionNode(kind: .literal(.bool(true)), offset: offset)
    case "false": return ExpressionNode(kind: .literal(.bool(false)), offset: offset)
    case "nil": return ExpressionNode(kind: .literal(.null), offset: offset)
    case "$env": return ExpressionNode(kind: .environment, offset: offset)
    default: break
    }
    if symbol == "(" { return try parseCall(of: name, first: nil, at: offset) }
    if let index = variables.lastIndex(of: name) { return ExpressionNode(kind: .variable(index), offset: offset) }
    if name == "sprig", take(".") { return try parseSprigCall(at: offset) }
    return ExpressionNode(kind: .name(name), offset: offset)
  }

  mutating func parseSprigCall(at offset: Int) throws(ExpressionSyntaxError) -> ExpressionNode {
    let place = token.offset
    var name = ""
    // `sprig.contains` is spelled as the operator is.
    if case .symbol(let word) = token.kind, word.allSatisfy(\.isLetter) {
      name = word
      position += 1
    } else {
      name = try takeName(for: "after 'sprig.'")
    }
    let function = try SprigFunctions.function(name, at: place)
    return try parseArguments(of: function, first: nil, at: offset)
  }

  mutating func parsePostfix(of start: ExpressionNode) throws(ExpressionSyntaxError) -> ExpressionNode {
    var node = start
    var path = ReferencePath(start)
    var hasOptional = false
    while let next = symbol, next == "." || next == "?." || next == "[" {
      try check(heightOf: node)
      // `.5` after a value cannot be a member: the lexer has read it as a number.
      let isOptional = take("?.")
      hasOptional = hasOptional || isOptional
      path.note(isOptional: isOptional)
      if symbol == "[" {
        node = try parseIndex(of: node, isOptional: isOptional, noting: &path)
      } else {
        if !isOptional { position += 1 }
        node = try parseMember(of: node, isOptional: isOptional, noting: &path)
      }
    }
    if let reference = path.reference { references.append(reference) }
    return hasOptional ? ExpressionNode(kind: .chain(node), offset: node.offset) : node
  }

  private mutating func parseMember(
    of node: ExpressionNode, isOptional: Bool, noting path: inout ReferencePath
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    let name: String
    if case .symbol(let word) = token.kind, word.allSatisfy(\.isLetter) {
      name = word
      position += 1
    } else {
      name = try takeName(for: "after '.'")
    }
    if take("(") {
      path.end()
      let arguments = try parseList(until: ")")
      return ExpressionNode(
        kind: .method(node, name: name, arguments: arguments, isOptional: isOptional), offset: offset)
    }
    path.append(name)
    let key = ExpressionNode(kind: .literal(.string(name)), offset: offset)
    return ExpressionNode(kind: .member(node, key: key, isOptional: isOptional), offset: offset)
  }

  /// `[key]`, `[from:to]` and what may be left out of it.
  private mutating func parseIndex(
    of node: ExpressionNode, isOptional: Bool, noting path: inout ReferencePath
  ) throws(ExpressionSyntaxError) -> ExpressionNode {
    let offset = token.offset
    position += 1
    let from = symbol == ":" ? nil : try parseExpression()
    if take(":") {
      path.end()
      let to = symbol == "]" ? nil : try parseExpression()
      try expect("]", for: "after a slice")
      return ExpressionNode(kind: .slice(node, from: from, to: to), offset: offset)
    }
    guard let key = from else { throw unexpected() }
    try expect("]", for: "after an index")
    if case .literal(.string(let name)) = key.kind { path.append(name) } else { path.endPartial() }
    return ExpressionNode(kind: .member(node, key: key, isOptional: isOptional), offset: offset)
  }

  mutating func guardReferences(from first: Int) {
    for index in references.indices[first...] { references[index] = references[index].guarded }
  }
}

/// Follows members from a name of the environment for as long as they are written out.
private struct ReferencePath {
  private var path: [String] = []
  private var offset = 0
  private var isOpen = false
  private var isGuarded = false
  private var isPartial = false

  init(_ node: ExpressionNode) {
    offset = node.offset
    switch node.kind {
    case .name(let name): (path, isOpen) = ([name], true)
    case .environment: isOpen = true
    default: break
    }
  }

  mutating func append(_ name: String) {
    if isOpen { path.append(name) }
  }

  mutating func end() { isOpen = false }

  mutating func endPartial() {
    isPartial = isPartial || isOpen
    isOpen = false
  }

  mutating func note(isOptional: Bool) {
    isGuarded = isGuarded || isOptional && isOpen
  }

  var reference: ExpressionReference? {
    path.isEmpty
      ? nil : ExpressionReference(path: path, offset: offset, isGuarded: isGuarded, isPartial: isPartial)
  }
}

extension ExpressionReference {
  fileprivate var guarded: ExpressionReference {
    ExpressionReference(path: path, offset: offset, isGuarded: true, isPartial: isPartial)
  }
}
