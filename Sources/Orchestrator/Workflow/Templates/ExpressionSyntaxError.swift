/// Why a `when`, a `depends` or an `{{=...}}` cannot be read.
public struct ExpressionSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  /// Characters of the expression's text before the place in question.
  public let offset: Int
  /// What to do about it, where that is known.
  public let hint: String?

  public init(_ message: String, at offset: Int, hint: String? = nil) {
    self.message = message
    self.offset = offset
    self.hint = hint
  }

  /// Bytes no expression a person writes is longer than; a longer one is refused before it is taken apart.
  static let maximumLength = 1 << 16

  static func check(lengthOf source: String) throws(ExpressionSyntaxError) {
    guard source.utf8.count <= maximumLength else {
      throw ExpressionSyntaxError("the expression is longer than \(maximumLength) bytes", at: 0)
    }
  }

  public var description: String {
    "\(message) at character \(offset + 1)" + (hint.map { " (hint: \($0))" } ?? "")
  }
}
