/// Reads a JSONPath.
struct JSONPathParser {
  private let characters: [Character]
  private var position = 0

  init(_ text: String) { characters = Array(text) }

  mutating func parse() throws(ExpressionSyntaxError) -> [JSONPath.Step] {
    guard take("$") else { throw ExpressionSyntaxError("a path begins with $", at: position) }
    var steps: [JSONPath.Step] = []
    while position < characters.count {
      guard steps.count < 64 else { throw ExpressionSyntaxError("the path has too many steps", at: position) }
      if take("..") {
        steps.append(.descendants)
        if current != "[" { steps.append(try parseName()) }
      } else if take(".") {
        steps.append(try parseName())
      } else if take("[") {
        steps.append(try parseBracket(from: position - 1))
      } else {
        throw ExpressionSyntaxError("expected '.' or '['", at: position)
      }
    }
    return steps
  }

  private var current: Character? { position < characters.count ? characters[position] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard characters[position...].starts(with: text) else { return false }
    position += text.count
    return true
  }

  private mutating func skipBlanks() {
    while current == " " { position += 1 }
  }

  private mutating func parseName() throws(ExpressionSyntaxError) -> JSONPath.Step {
    if take("*") { return .wildcard }
    let start = position
    while let next = current, next != ".", next != "[" { position += 1 }
    guard position > start else { throw ExpressionSyntaxError("expected a name", at: start) }
    return .children([.name(String(characters[start..<position]))])
  }

  private mutating func parseBracket(from start: Int) throws(ExpressionSyntaxError) -> JSONPath.Step {
    skipBlanks()
    if take("?") { return .filter(try parseScript(from: start)) }
    if current == "(" { return .script(try parseScript(from: start)) }
    if take("*") {
      try close(from: start)
      return .wildcard
    }
    if current == "'" || current == "\"" { return try parseKeys(from: start, first: parseKey()) }
    let first = takeInteger()
    skipBlanks()
    if current == ":" { return try parseSlice(from: first, start) }
    guard let first else { throw ExpressionSyntaxError("expected a name in quotes, a number or a range", at: position) }
    return try parseKeys(from: start, first: .index(first))
  }

  private mutating func parseKeys(
    from start: Int, first: JSONPath.Key
  ) throws(ExpressionSyntaxError) -> JSONPath.Step {
    var keys = [first]
    skipBlanks()
    while take(",") {
      keys.append(try parseKey())
      skipBlanks()
    }
    try close(from: start)
    return .children(keys)
  }

  private mutating func parseKey() throws(ExpressionSyntaxError) -> JSONPath.Key {
    skipBlanks()
    if let index = takeInteger() { return .index(index) }
    guard let quote = current, quote == "'" || quote == "\"" else {
      throw ExpressionSyntaxError("expected a name in quotes or a number", at: position)
    }
    let start = position
    position += 1
    var name = ""
    while let next = current, next != quote {
      if next == "\\", position + 1 < characters.count { position += 1 }
      name.append(characters[position])
      position += 1
    }
    guard current != nil else { throw ExpressionSyntaxError("this quote is not closed", at: start) }
    position += 1
    return .name(name)
  }

  private mutating func takeInteger() -> Int? {
    var end = position
    if end < characters.count, characters[end] == "-" { end += 1 }
    while end < characters.count, characters[end].isASCII, characters[end].isNumber { end += 1 }
    guard let integer = Int(String(characters[position..<end])) else { return nil }
    position = end
    return integer
  }

  private mutating func parseSlice(from first: Int?, _ start: Int) throws(ExpressionSyntaxError) -> JSONPath.Step {
    var bounds: [Int?] = [first]
    while take(":"), bounds.count < 3 {
      skipBlanks()
      bounds.append(takeInteger())
      skipBlanks()
    }
    try close(from: start)
    return .slice(from: first, to: bounds[1], step: bounds.count > 2 ? bounds[2] : nil)
  }

  private mutating func close(from start: Int) throws(ExpressionSyntaxError) {
    skipBlanks()
    guard take("]") else { throw ExpressionSyntaxError("this '[' is not closed", at: start) }
  }

  /// The expression in parentheses: that of expr-lang, with `@` for the value at hand.
  private mutating func parseScript(from start: Int) throws(ExpressionSyntaxError) -> ExpressionNode {
    skipBlanks()
    guard current == "(" else { throw ExpressionSyntaxError("expected '('", at: position) }
    let begin = position
    guard let end = closingParenthesis() else { throw ExpressionSyntaxError("this '(' is not closed", at: begin) }
    position = end + 1
    try close(from: start)
    do {
      let text = JSONPathScript.expression(for: characters[(begin + 1)..<end])
      var parser = ExpressionParser(
        JSONPathScript.adapted(try ExpressionLexer.tokens(of: text)), insidePredicate: true)
      return try parser.parseAll()
    } catch {
      throw ExpressionSyntaxError(error.message, at: begin, hint: error.hint)
    }
  }

  private func closingParenthesis() -> Int? {
    var depth = 0
    var quote: Character?
    for index in characters.indices[position...] {
      let character = characters[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "(" {
        depth += 1
      } else if character == ")" {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }
}

/// Turns the scripts of a path into expressions.
private enum JSONPathScript {
  /// `@` becomes `#`, and `=~` becomes `matches`, outside quotes.
  static func expression(for script: ArraySlice<Character>) -> String {
    var text = ""
    var quote: Character?
    for character in script {
      if let open = quote {
        if character == open { quote = nil }
        text.append(character)
      } else if character == "~", text.last == "=" {
        text.removeLast()
        text += " matches "
      } else {
        if character == "'" || character == "\"" { quote = character }
        text.append(character == "@" ? "#" : character)
      }
    }
    return text
  }

  /// `null` becomes `nil`, and `#.list.length` a call of `len`.
  static func adapted(_ tokens: [ExpressionToken]) -> [ExpressionToken] {
    var result: [ExpressionToken] = []
    for token in tokens {
      if token.kind == .name("null") {
        result.append(ExpressionToken(kind: .name("nil"), offset: token.offset))
      } else if token.kind == .name("length"), let start = pathStart(in: result) {
        result.removeLast()
        let call = [.name("len"), .symbol("(")].map { ExpressionToken(kind: $0, offset: token.offset) }
        result.insert(contentsOf: call, at: start)
        result.append(ExpressionToken(kind: .symbol(")"), offset: token.offset))
      } else {
        result.append(token)
      }
    }
    return result
  }

  /// Where the path begins that these tokens end in, a dot at its end; nil when they do not end so.
  private static func pathStart(in tokens: [ExpressionToken]) -> Int? {
    var end = tokens.count - 1
    while end > 0, tokens[end].kind == .symbol(".") || tokens[end].kind == .symbol("]") {
      if tokens[end].kind == .symbol("]") {
        guard let open = tokens[..<end].lastIndex(where: { $0.kind == .symbol("[") }) else { return nil }
        end = open
      }
      if tokens[end - 1].kind == .symbol("#") || tokens[end - 1].kind == .name("$") { return end - 1 }
      guard end >= 2, case .name = tokens[end - 1].kind else {
        end -= 1
        continue
      }
      end -= 2
    }
    return nil
  }
}
