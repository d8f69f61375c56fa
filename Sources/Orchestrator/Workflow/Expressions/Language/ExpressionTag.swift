extension Expression {
  /// The braces that close a `{{=...}}` tag: the first `}}` outside strings, comments and brackets, so that maps and
  /// predicates may end in braces too. Where brackets do not match, the first `}}` at all. No expression has `{{=`
  /// outside a string: there the next tag begins, and the search ends, so that a text of many broken tags takes no longer.
  /// - Parameter text: what follows the opening `{{=`.
  /// - Returns: nil when the tag is not closed.
  public static func closingBraces(in text: Substring) -> Range<Substring.Index>? {
    var depth = 0
    var rest = text
    while let first = rest.first {
      if depth == 0, rest.hasPrefix("}}") { return rest.startIndex..<rest.index(rest.startIndex, offsetBy: 2) }
      if rest.hasPrefix("{{"), rest.dropFirst(2).first(where: { !$0.isWhitespace }) == "=" { break }
      switch first {
      case "\"", "'", "`": rest = afterString(rest)
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      default: break
      }
      if depth < 0 { break }
      rest = rest.dropFirst()
    }
    return text.firstRange(of: "}}")
  }

  /// `text` from the quote on that closes the string it begins with; empty when none does.
  private static func afterString(_ text: Substring) -> Substring {
    var rest = text.dropFirst()
    while let next = rest.first, next != text.first {
      rest = rest.dropFirst(next == "\\" && text.first != "`" ? 2 : 1)
    }
    return rest
  }
}
