/// A piece of a `when`: an operand, or a symbol.
struct WhenToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case operand(WhenOperand)
    case symbol(String)
  }

  var kind: Kind
  var offset: Int
}

/// Cuts a `when` into tokens. Only the author's text is looked at; a tag is always part of an operand.
struct WhenLexer {
  private enum Cell {
    case character(Character)
    case tag(TemplateString.Segment)
  }

  /// Longer symbols first, so that `<=` is not read as `<`.
  private static let symbols = [
    "**", "==", "!=", "<=", ">=", "<<", ">>", "=~", "!~", "&&", "||", "??", "<", ">", "!", "&", "|", "^", "~",
    "+", "-", "*", "/", "%", "(", ")", ",", "?", ":",
  ]

  private var cells: [(cell: Cell, offset: Int)] = []
  private var position = 0

  static func tokens(of text: TemplateString) throws(ExpressionSyntaxError) -> [WhenToken] {
    try ExpressionSyntaxError.check(lengthOf: text.source)
    var lexer = WhenLexer(text)
    var tokens: [WhenToken] = []
    while let token = try lexer.next() { tokens.append(token) }
    return tokens
  }

  private init(_ text: TemplateString) {
    var rest = text.source[...]
    var offset = 0
    for segment in text.segments {
      let length: Int
      if case .text(let literal) = segment {
        length = literal.count
        for (index, character) in literal.enumerated() { cells.append((.character(character), offset + index)) }
      } else {
        let close = TemplateString.closingBraces(after: rest.dropFirst(2))
        length = close.map { rest.distance(from: rest.startIndex, to: $0.upperBound) } ?? 0
        cells.append((.tag(segment), offset))
      }
      rest = rest.dropFirst(length)
      offset += length
    }
  }

  private var current: Character? { character(at: position) }

  private func character(at index: Int) -> Character? {
    guard index < cells.count, case .character(let character) = cells[index].cell else { return nil }
    return character
  }

  private mutating func next() throws(ExpressionSyntaxError) -> WhenToken? {
    while let character = current, character.isWhitespace { position += 1 }
    guard position < cells.count else { return nil }
    let offset = cells[position].offset
    if let quote = current, quote == "'" || quote == "\"" || quote == "[" {
      return WhenToken(kind: .operand(try takeQuoted(until: quote == "[" ? "]" : quote)), offset: offset)
    }
    if isWordPart(at: position) {
      let word = takeWord()
      let isOperator = word.literal == "in" || word.literal == "IN"
      return WhenToken(kind: isOperator ? .symbol("in") : .operand(word), offset: offset)
    }
    guard let symbol = takeSymbol() else { throw unknownSymbol(at: offset) }
    return WhenToken(kind: .symbol(symbol), offset: offset)
  }

  private func isWordPart(at index: Int) -> Bool {
    guard index < cells.count else { return false }
    switch cells[index].cell {
    case .tag: return true
    case .character(let character): return character.isLetter || character.isNumber || "_.\\".contains(character)
    }
  }

  private mutating func takeWord() -> WhenOperand {
    var word = WhenOperand(parts: [], isQuoted: false, offset: cells[position].offset)
    while isWordPart(at: position) || isHyphenOfWord(word) {
      if current == "\\" { position += 1 }
      guard position < cells.count else { break }
      word.append(segment(at: position))
      position += 1
    }
    return word
  }

  /// A hyphen with no blanks around it belongs to the word, unless what stands there is `{{n}}-1`: a subtraction.
  private func isHyphenOfWord(_ word: WhenOperand) -> Bool {
    guard current == "-", isWordPart(at: position + 1) else { return false }
    guard word.parts.count == 1, case .reference = word.parts[0] else { return true }
    var end = position + 1
    while let digit = character(at: end), digit.isNumber || digit == "." { end += 1 }
    return end == position + 1 || isWordPart(at: end) || character(at: end) == "-"
  }

  private func segment(at index: Int) -> TemplateString.Segment {
    switch cells[index].cell {
    case .tag(let segment): segment
    case .character(let character): .text(String(character))
    }
  }

  private mutating func takeQuoted(until close: Character) throws(ExpressionSyntaxError) -> WhenOperand {
    var operand = WhenOperand(parts: [.text("")], isQuoted: true, offset: cells[position].offset)
    position += 1
    while position < cells.count {
      if current == close {
        position += 1
        return operand
      }
      if current == "\\", position + 1 < cells.count { position += 1 }
      operand.append(segment(at: position))
      position += 1
    }
    throw ExpressionSyntaxError(
      close == "]" ? "this '[' is not closed" : "this quote is not closed", at: operand.offset)
  }

  private mutating func takeSymbol() -> String? {
    let match = Self.symbols.first { symbol in
      symbol.enumerated().allSatisfy { character(at: position + $0.offset) == $0.element }
    }
    position += match?.count ?? 0
    return match
  }

  private func unknownSymbol(at offset: Int) -> ExpressionSyntaxError {
    let found = current.map(String.init) ?? ""
    return ExpressionSyntaxError(
      "Invalid token: '\(found)'", at: offset,
      hint: found == "=" ? "equality is written ==" : "try wrapping the affected text in quotes (\")")
  }
}

extension WhenOperand {
  /// Adds a part, joining text to text.
  fileprivate mutating func append(_ segment: TemplateString.Segment) {
    if case .text(let more) = segment, case .text(let text)? = parts.last {
      parts[parts.count - 1] = .text(text + more)
    } else {
      parts.append(segment)
    }
  }
}
