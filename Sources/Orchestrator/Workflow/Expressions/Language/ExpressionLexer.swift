/// Cuts the text of an expression into tokens.
struct ExpressionLexer {
  private static let operatorWords: Set<String> = [
    "in", "or", "and", "not", "matches", "contains", "startsWith", "endsWith", "let", "if", "else",
  ]
  private static let pairs: Set<String> = ["**", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "..", "::"]
  private static let singles = Set("<>!?:|+-*/%^.,;#=()[]{}")

  private let characters: [Character]
  private var position: Int

  /// All tokens, the end included.
  static func tokens(of source: String) throws(ExpressionSyntaxError) -> [ExpressionToken] {
    try ExpressionSyntaxError.check(lengthOf: source)
    var lexer = ExpressionLexer(characters: Array(source), position: 0)
    var tokens: [ExpressionToken] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
    return tokens
  }

  private init(characters: [Character], position: Int) {
    self.characters = characters
    self.position = position
  }

  private var current: Character? { position < characters.count ? characters[position] : nil }

  private func starts(with text: String) -> Bool { characters[position...].starts(with: text) }

  private mutating func take(while condition: (Character) -> Bool) -> String {
    let start = position
    while let next = current, condition(next) { position += 1 }
    return String(characters[start..<position])
  }

  private mutating func next() throws(ExpressionSyntaxError) -> ExpressionToken {
    try skipBlanks()
    let start = position
    guard let first = current else { return ExpressionToken(kind: .end, offset: start) }
    return ExpressionToken(kind: try takeToken(first), offset: start)
  }

  private mutating func skipBlanks() throws(ExpressionSyntaxError) {
    while let next = current {
      if next.isWhitespace {
        position += 1
      } else if starts(with: "//") {
        _ = take { !$0.isNewline }
      } else if starts(with: "/*") {
        try skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(ExpressionSyntaxError) {
    let start = position
    position += 2
    while current != nil, !starts(with: "*/") { position += 1 }
    guard current != nil else { throw ExpressionSyntaxError("this comment is not closed", at: start) }
    position += 2
  }

  private mutating func takeToken(_ first: Character) throws(ExpressionSyntaxError) -> ExpressionToken.Kind {
    if first == "'" || first == "\"" { return .string(try takeString(quote: first)) }
    if first == "`" { return .string(try takeRawString()) }
    let second = position + 1 < characters.count ? characters[position + 1] : " "
    if first == "b" || first == "B", second == "'" || second == "\"" {
      position += 1
      return .bytes(try takeBytes(quote: second))
    }
    if isDigit(first) || first == "." && isDigit(second) { return .number(try takeNumber()) }
    if isNameCharacter(first) {
      let word = take(while: isNameCharacter)
      return Self.operatorWords.contains(word) ? .symbol(word) : .name(word)
    }
    let pair = String([first, second])
    if Self.pairs.contains(pair) {
      position += 2
      return .symbol(pair)
    }
    guard Self.singles.contains(first) else { throw unknown(first) }
    position += 1
    return .symbol(String(first))
  }

  private func unknown(_ character: Character) -> ExpressionSyntaxError {
    ExpressionSyntaxError(
      "unrecognized character '\(character)'", at: position,
      hint: character == "&" ? "'and' is written && or and" : nil)
  }

  private mutating func takeNumber() throws(ExpressionSyntaxError) -> String {
    let start = position
    if starts(with: "0x") || starts(with: "0X") || starts(with: "0b") || starts(with: "0o") {
      position += 2
      _ = take { $0.isASCII && $0.isHexDigit || $0 == "_" }
    } else {
      takeDecimal()
    }
    let text = String(characters[start..<position])
    guard current.map(isNameCharacter) != true else {
      throw ExpressionSyntaxError("bad number syntax: '\(text)\(current ?? " ")'", at: start)
    }
    return text.filter { $0 != "_" }
  }

  private mutating func takeDecimal() {
    _ = take { isDigit($0) || $0 == "_" }
    // `1..3` is a range.
    if current == ".", !starts(with: "..") {
      position += 1
      _ = take { isDigit($0) || $0 == "_" }
    }
    guard current == "e" || current == "E" else { return }
    position += 1
    if current == "+" || current == "-" { position += 1 }
    _ = take(while: isDigit)
  }

  private mutating func takeRawString() throws(ExpressionSyntaxError) -> String {
    let start = position
    position += 1
    let text = take { $0 != "`" }
    guard current != nil else { throw ExpressionSyntaxError("this string is not closed", at: start) }
    position += 1
    return text
  }
}

private func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

private func isNameCharacter(_ character: Character) -> Bool {
  character == "_" || character == "$" || character.isLetter || character.isNumber
}

// MARK: Escapes

extension ExpressionLexer {
  private mutating func takeString(quote: Character) throws(ExpressionSyntaxError) -> String {
    let start = position
    position += 1
    var text = ""
    while let next = current, next != quote {
      position += 1
      if next == "\\" {
        text.unicodeScalars.append(try takeEscape())
      } else {
        text.append(next)
      }
    }
    guard current != nil else { throw ExpressionSyntaxError("this string is not closed", at: start) }
    position += 1
    return text
  }

  private mutating func takeBytes(quote: Character) throws(ExpressionSyntaxError) -> [UInt8] {
    let start = position
    position += 1
    var bytes: [UInt8] = []
    while let next = current, next != quote {
      position += 1
      if next != "\\" {
        bytes += String(next).utf8
      } else if let letter = current, letter == "u" || letter == "U" {
        throw ExpressionSyntaxError("bytes take no \\\(letter) escapes, only \\x", at: position - 1)
      } else {
        bytes.append(UInt8(truncatingIfNeeded: try takeEscape().value))
      }
    }
    guard current != nil else { throw ExpressionSyntaxError("these bytes are not closed", at: start) }
    position += 1
    return bytes
  }

  private mutating func takeEscape() throws(ExpressionSyntaxError) -> Unicode.Scalar {
    let start = position - 1
    guard let letter = current else { throw ExpressionSyntaxError("this string is not closed", at: start) }
    position += 1
    switch letter {
    case "a": return "\u{7}"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{B}"
    case "\\", "'", "\"", "`": return letter.unicodeScalars.first ?? "\\"
    case "x": return try takeCode(digits: 2, radix: 16, from: start)
    case "u": return try takeUnicodeEscape(from: start)
    case "U": return try takeCode(digits: 8, radix: 16, from: start)
    case "0"..."7":
      position -= 1
      return try takeCode(digits: 3, radix: 8, from: start)
    default: throw ExpressionSyntaxError("unknown escape '\\\(letter)'", at: start, hint: "write \\\\ for a backslash")
    }
  }

  private mutating func takeUnicodeEscape(from start: Int) throws(ExpressionSyntaxError) -> Unicode.Scalar {
    guard current == "{" else { return try takeCode(digits: 4, radix: 16, from: start) }
    position += 1
    let digits = take { $0.isASCII && $0.isHexDigit }
    guard current == "}", digits.count <= 6, let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else {
      throw ExpressionSyntaxError("invalid escape", at: start)
    }
    position += 1
    return scalar
  }

  private mutating func takeCode(
    digits count: Int, radix: Int, from start: Int
  ) throws(ExpressionSyntaxError) -> Unicode.Scalar {
    let end = min(position + count, characters.count)
    let digits = String(characters[position..<end])
    position = end
    guard digits.count == count, digits.allSatisfy(\.isHexDigit),
      let scalar = UInt32(digits, radix: radix).flatMap(Unicode.Scalar.init)
    else { throw ExpressionSyntaxError("invalid escape", at: start) }
    return scalar
  }
}
