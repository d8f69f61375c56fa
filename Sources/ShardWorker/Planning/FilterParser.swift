/// Reads the text of `--where`.
struct FilterParser {
  private enum Token: Equatable {
    case word(String)
    /// A name in double quotes or backticks, which is never a keyword.
    case name(String)
    case text(String)
    case number(String)
    case symbol(String)
  }

  private let source: String
  private var tokens: [Token] = []
  private var next = 0

  init(_ source: String) {
    self.source = source
  }

  /// All conditions, which `and` joins.
  mutating func conditions() throws(WorkerError) -> [RowGroupFilter.Condition] {
    tokens = try scan()
    var conditions = [try condition()]
    while next < tokens.count {
      guard keyword("and") else { throw fault("`and` was expected") }
      conditions.append(try condition())
    }
    return conditions
  }

  private mutating func condition() throws(WorkerError) -> RowGroupFilter.Condition {
    let column: String
    switch take() {
    case .word(let name), .name(let name): column = name
    default: throw fault("the name of a column was expected")
    }
    if keyword("is") {
      let isNot = keyword("not")
      guard keyword("null") else { throw fault("`null` or `not null` was expected") }
      return .init(column: column, test: isNot ? .isNotNull : .isNull)
    }
    if keyword("in") { return .init(column: column, test: .oneOf(try list())) }
    guard case .symbol(let symbol) = take(),
      let comparison = RowGroupFilter.Comparison(rawValue: symbol == "==" ? "=" : symbol)
    else { throw fault("one of = != < <= > >= in is was expected") }
    return .init(column: column, test: .compare(comparison, try literal()))
  }

  private mutating func list() throws(WorkerError) -> [RowGroupFilter.Literal] {
    guard take() == .symbol("(") else { throw fault("`(` was expected") }
    var literals = [try literal()]
    while true {
      switch take() {
      case .symbol(","): literals.append(try literal())
      case .symbol(")"): return literals
      default: throw fault("`,` or `)` was expected")
      }
    }
  }

  private mutating func literal() throws(WorkerError) -> RowGroupFilter.Literal {
    switch take() {
    case .text(let text): return .text(text)
    case .word(let word) where word.lowercased() == "true": return .boolean(true)
    case .word(let word) where word.lowercased() == "false": return .boolean(false)
    case .number(let digits):
      if let integer = Int64(digits) { return .integer(integer) }
      if let real = Double(digits) { return .real(real) }
      throw fault("`\(digits)` is no number")
    default: throw fault("a number, a text in single quotes, true or false was expected")
    }
  }

  private mutating func take() -> Token? {
    defer { next += 1 }
    return next < tokens.count ? tokens[next] : nil
  }

  private mutating func keyword(_ word: String) -> Bool {
    guard next < tokens.count, case .word(let found) = tokens[next], found.lowercased() == word else { return false }
    next += 1
    return true
  }

  private func fault(_ reason: String) -> WorkerError {
    .usage("--where `\(source)`: \(reason) at its word \(next)", hint: "such as: date >= '2013-07-01' and x < 5")
  }

  // MARK: Tokens

  private func scan() throws(WorkerError) -> [Token] {
    var tokens: [Token] = []
    var rest = source[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "'" || first == "\"" || first == "`" {
        let quoted = try quotation(&rest)
        tokens.append(first == "'" ? .text(quoted) : .name(quoted))
      } else if first.isLetter || first == "_" {
        tokens.append(.word(prefix(of: &rest) { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }))
      } else if first.isNumber || first == "-" || first == "+" || first == "." {
        rest.removeFirst()
        let digits = prefix(of: &rest) { $0.isNumber || $0.isLetter || $0 == "." || $0 == "-" || $0 == "+" }
        tokens.append(.number(String(first) + digits))
      } else {
        tokens.append(.symbol(symbol(&rest)))
      }
    }
    return tokens
  }

  /// Between quotes; a doubled quote stands for itself.
  private func quotation(_ rest: inout Substring) throws(WorkerError) -> String {
    let quote = rest.removeFirst()
    var text = ""
    while let character = rest.first {
      rest.removeFirst()
      if character == quote {
        guard rest.first == quote else { return text }
        rest.removeFirst()
      }
      text.append(character)
    }
    throw .usage("--where `\(source)`: a \(quote) is not closed", hint: nil)
  }

  private func prefix(of rest: inout Substring, _ belongs: (Character) -> Bool) -> String {
    let word = rest.prefix(while: belongs)
    rest = rest.dropFirst(word.count)
    return String(word)
  }

  private func symbol(_ rest: inout Substring) -> String {
    for symbol in ["<=", ">=", "!=", "=="] where rest.hasPrefix(symbol) {
      rest = rest.dropFirst(2)
      return symbol
    }
    return String(rest.removeFirst())
  }
}
