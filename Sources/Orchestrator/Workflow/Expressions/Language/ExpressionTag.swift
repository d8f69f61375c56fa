extension Expression {
  /// The braces that close a `{{=...}}` tag: the first `}}` outside strings, comments and brackets, so that maps and
  /// predicates may end in braces too. Where brackets do not match, the first `}}` at all. No expression has `{{=`
  /// outside a string: there the next tag begins, and the search ends, so that a text of many broken tags takes no longer.
  /// - Parameter text: what follows the opening `{{=`.
  /// - Returns: nil when the tag is not closed.
  public static func closingBraces(in text: Substring) -> Range<Substring.Index>? {
    let bytes = text.utf8
    var depth = 0
    var index = bytes.startIndex
    while depth >= 0, index < bytes.endIndex {
      let next = bytes.index(after: index)
      switch bytes[index] {
      case UInt8(ascii: "}") where depth == 0 && next < bytes.endIndex && bytes[next] == UInt8(ascii: "}"):
        return index..<bytes.index(after: next)
      case UInt8(ascii: "{") where beginsTag(bytes[next...]): return TemplateString.firstPair(of: closing, in: text)
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
        index = endOfString(bytes[index...])
        continue
      default: break
      }
      index = next
    }
    return TemplateString.firstPair(of: closing, in: text)
  }

  private static let closing = UInt8(ascii: "}")

  /// Whether what follows a brace makes it the beginning of another expression's tag.
  private static func beginsTag(_ bytes: Substring.UTF8View) -> Bool {
    guard bytes.first == UInt8(ascii: "{") else { return false }
    return bytes.dropFirst().first { $0 != 0x20 && !(0x09...0x0D).contains($0) } == UInt8(ascii: "=")
  }

  /// Behind the quote that closes the string the bytes begin with; their end when none does.
  private static func endOfString(_ bytes: Substring.UTF8View) -> Substring.Index {
    let quote = bytes[bytes.startIndex]
    var index = bytes.index(after: bytes.startIndex)
    while index < bytes.endIndex {
      let byte = bytes[index]
      bytes.formIndex(after: &index)
      if byte == quote { return index }
      if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`"), index < bytes.endIndex {
        bytes.formIndex(after: &index)
      }
    }
    return index
  }
}
