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

  public var description: String {
    "\(message) at character \(offset + 1)" + (hint.map { " (hint: \($0))" } ?? "")
  }
}
