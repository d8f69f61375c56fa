import WorkflowCore

/// Reads a jq filter.
struct JQParser {
  private enum Token: Hashable {
    case name(String)
    case field(String)
    case number(Double)
    case text([Part])
    case sign(String)
    case end
  }

  private enum Part: Hashable { case text(String), filter(String) }

  private static let deepest = 200

  private let text: String
  private var rest: Substring
  private var token = Token.end
  private var depth = 0

  init(_ text: String) {
    self.text = text
    rest = text[...]
  }

  mutating func parse() throws(ObjectQueryError) -> JQNode {
    try advance()
    let node = try pipe()
    guard token == .end else { throw error("there is something left at its end") }
    return node
  }

  private func error(_ reason: String) -> ObjectQueryError { ObjectQueryError("the jq filter '\(text)': \(reason)") }

  // MARK: Tokens

  private mutating func advance() throws(ObjectQueryError) {
    rest = rest.drop(while: \.isWhitespace)
    guard let first = rest.first else { return token = .end }
    if first == "\"" { return token = .text(try quoted()) }
    if first.isNumber { return token = number() }
    if first.isLetter || first == "_" || first == "@" { return token = .name(word()) }
    if first == ".", let next = rest.dropFirst().first, next.isLetter || next == "_" {
      rest = rest.dropFirst()
      return token = .field(word())
    }
    for sign in ["..", "//", "==", "!=", "<=", ">="] where rest.hasPrefix(sign) {
      rest = rest.dropFirst(sign.count)
      return token = .sign(sign)
    }
    rest = rest.dropFirst()
    token = .sign(String(first))
  }

  private mutating func word() -> String {
    let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "@" }
    rest = rest[word.endIndex...]
    return String(word)
  }

  private mutating func number() -> Token {
    let digits = rest.prefix { $0.isNumber || $0 == "." || $0 == "e" || $0 == "E" }
    rest = rest[digits.endIndex...]
    return .number(Double(digits) ?? 0)
  }

  private mutating func quoted() throws(ObjectQueryError) -> [Part] {
    var parts = [Part.text("")]
    rest = rest.dropFirst()
    while let character = rest.popFirst() {
      if character == "\"" { return parts }
      guard character == "\\" else {
        Self.add(String(character), to: &parts)
        continue
      }
      switch rest.popFirst() {
      case "(": parts.append(.filter(try inner()))
      case "n": Self.add("\n", to: &parts)
      case "t": Self.add("\t", to: &parts)
      case "r": Self.add("\r", to: &parts)
      case let other?: Self.add(String(other), to: &parts)
      case nil: break
      }
    }
    throw error("a text is not closed")
  }

  private static func add(_ text: String, to parts: inout [Part]) {
    if case .text(let before)? = parts.last {
      parts[parts.count - 1] = .text(before + text)
    } else {
      parts.append(.text(text))
    }
  }

  /// The text up to the parenthesis that closes an interpolation.
  private mutating func inner() throws(ObjectQueryError) -> String {
    var open = 1
    for index in rest.indices {
      if rest[index] == "(" { open += 1 }
      if rest[index] == ")" { open -= 1 }
      guard open == 0 else { continue }
      defer { rest = rest[rest.index(after: index)...] }
      return String(rest[..<index])
    }
    throw error("an interpolation is not closed")
  }

  private mutating func take(_ sign: String) throws(ObjectQueryError) -> Bool {
    guard token == .sign(sign) else { return false }
    try advance()
    return true
  }

  private mutating func takeWord(_ word: String) throws(ObjectQueryError) -> Bool {
    guard token == .name(word) else { return false }
    try advance()
    return true
  }

  private mutating func expect(_ sign: String) throws(ObjectQueryError) {
    guard try take(sign) else { throw error("'\(sign)' is missing") }
  }

  // MARK: Operators, from those that bind least

  private mutating func pipe() throws(ObjectQueryError) -> JQNode {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.deepest else { throw error("it is nested too deeply") }
    let left = try comma()
    return try take("|") ? .pipe(left, try pipe()) : left
  }

  private mutating func comma() throws(ObjectQueryError) -> JQNode {
    var node = try alternative()
    while try take(",") { node = .both(node, try alternative()) }
    return node
  }

  private mutating func alternative() throws(ObjectQueryError) -> JQNode {
    let left = try disjunction()
    return try take("//") ? .alternative(left, try alternative()) : left
  }

  private mutating func disjunction() throws(ObjectQueryError) -> JQNode {
    var node = try conjunction()
    while try takeWord("or") { node = .binary("or", node, try conjunction()) }
    return node
  }

  private mutating func conjunction() throws(ObjectQueryError) -> JQNode {
    var node = try comparison()
    while try takeWord("and") { node = .binary("and", node, try comparison()) }
    return node
  }

  private mutating func comparison() throws(ObjectQueryError) -> JQNode {
    let left = try sum()
    for sign in ["==", "!=", "<=", ">=", "<", ">"] where try take(sign) { return .binary(sign, left, try sum()) }
    return left
  }

  private mutating func sum() throws(ObjectQueryError) -> JQNode {
    var node = try product()
    while case .sign(let sign) = token, sign == "+" || sign == "-" {
      try advance()
      node = .binary(sign, node, try product())
    }
    return node
  }

  private mutating func product() throws(ObjectQueryError) -> JQNode {
    var node = try suffixed()
    while case .sign(let sign) = token, sign == "*" || sign == "/" || sign == "%" {
      try advance()
      node = .binary(sign, node, try suffixed())
    }
    return node
  }

  // MARK: Terms

  private mutating func suffixed() throws(ObjectQueryError) -> JQNode {
    var node = try term()
    while true {
      switch token {
      case .field(let name):
        try advance()
        node = .field(node, .literal(.string(name)))
      case .sign("["):
        try advance()
        node = try bracket(node)
      case .sign("?"):
        try advance()
        node = .attempt(node)
      case .sign("."):
        // `.a.[0]` and `.a."b"`.
        try advance()
        if case .text(let parts) = token {
          try advance()
          node = .field(node, try interpolated(parts))
        }
      default: return node
      }
    }
  }

  private mutating func bracket(_ node: JQNode) throws(ObjectQueryError) -> JQNode {
    if try take("]") { return .iterate(node) }
    if try take(":") {
      let end = try pipe()
      try expect("]")
      return .slice(node, from: nil, to: end)
    }
    let key = try pipe()
    if try take(":") {
      let end = token == .sign("]") ? nil : try pipe()
      try expect("]")
      return .slice(node, from: key, to: end)
    }
    try expect("]")
    return .field(node, key)
  }

  private mutating func term() throws(ObjectQueryError) -> JQNode {
    let current = token
    try advance()
    switch current {
    case .field(let name): return .field(.identity, .literal(.string(name)))
    case .number(let number): return .literal(jqNumber(number))
    case .text(let parts): return try interpolated(parts)
    case .name(let name): return try named(name)
    case .sign("."):
      guard case .text(let parts) = token else { return .identity }
      try advance()
      return .field(.identity, try interpolated(parts))
    case .sign(".."): return .recursion
    case .sign("-"): return .binary("-", .literal(.int(0)), try suffixed())
    case .sign("("):
      let node = try pipe()
      try expect(")")
      return node
    case .sign("["):
      if try take("]") { return .list(nil) }
      let node = try pipe()
      try expect("]")
      return .list(node)
    case .sign("{"): return try object()
    case .sign(let sign): throw error("'\(sign)' was not expected")
    case .end: throw error("it ends too early")
    }
  }

  private func interpolated(_ parts: [Part]) throws(ObjectQueryError) -> JQNode {
    if parts.count == 1, case .text(let text) = parts[0] { return .literal(.string(text)) }
    var nodes: [JQNode] = []
    for part in parts {
      switch part {
      case .text(let text): nodes.append(.literal(.string(text)))
      case .filter(let filter):
        var parser = JQParser(filter)
        nodes.append(try parser.parse())
      }
    }
    return .interpolation(nodes)
  }

  private mutating func named(_ name: String) throws(ObjectQueryError) -> JQNode {
    switch name {
    case "null": return .literal(.null)
    case "true": return .literal(true)
    case "false": return .literal(false)
    case "if": return try condition()
    default: break
    }
    var arguments: [JQNode] = []
    if try take("(") {
      repeat { arguments.append(try pipe()) } while try take(";")
      try expect(")")
    }
    guard JQEvaluation.functions["\(name)/\(arguments.count)"] != nil else {
      throw error("there is no function '\(name)' with \(arguments.count) arguments here")
    }
    return .call(name, arguments)
  }

  private mutating func condition() throws(ObjectQueryError) -> JQNode {
    let test = try pipe()
    guard try takeWord("then") else { throw error("'then' is missing") }
    let yes = try pipe()
    if try takeWord("elif") { return .condition(test, yes, try condition()) }
    let no: JQNode = try takeWord("else") ? try pipe() : .identity
    guard try takeWord("end") else { throw error("'end' is missing") }
    return .condition(test, yes, no)
  }

  private mutating func object() throws(ObjectQueryError) -> JQNode {
    var members: [(key: JQNode, value: JQNode)] = []
    while !(try take("}")) {
      let key: JQNode
      switch token {
      case .name(let name): key = .literal(.string(name))
      case .text(let parts): key = try interpolated(parts)
      case .sign("("):
        try advance()
        key = try pipe()
        guard token == .sign(")") else { throw error("')' is missing") }
      default: throw error("a key was expected")
      }
      try advance()
      members.append((key, try take(":") ? try memberValue() : .field(.identity, key)))
      if !(try take(",")) {
        try expect("}")
        break
      }
    }
    return .object(members)
  }

  /// A comma ends the value of a member; a pipe does not.
  private mutating func memberValue() throws(ObjectQueryError) -> JQNode {
    let first = try alternative()
    return try take("|") ? .pipe(first, try memberValue()) : first
  }
}

/// A number as JSON keeps it: whole ones as integers.
func jqNumber(_ number: Double) -> Value {
  Int64(exactly: number).map(Value.int) ?? .double(number)
}
