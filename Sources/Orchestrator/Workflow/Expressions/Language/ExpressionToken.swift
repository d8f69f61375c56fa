/// A piece of an expression's text.
struct ExpressionToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case name(String)
    case number(String)
    case string(String)
    case bytes([UInt8])
    /// Operators, brackets and the words that are operators (`in`, `not`, `let`, ...).
    case symbol(String)
    case end
  }

  var kind: Kind
  /// Characters of the expression before the token.
  var offset: Int

  /// How messages call the token.
  var shown: String {
    switch kind {
    case .name(let text), .number(let text), .symbol(let text): "'\(text)'"
    case .string: "a string"
    case .bytes: "bytes"
    case .end: "the end"
    }
  }
}
