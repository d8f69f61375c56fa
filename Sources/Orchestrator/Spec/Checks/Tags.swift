import WorkflowCore

/// A `{{tag}}` inside a text.
struct TemplateTag {
  /// With its braces, as it was written.
  let source: String
  /// Between the braces, without blanks.
  let name: String

  var isExpression: Bool { name.hasPrefix("=") }
}

/// The tags of a text in their order. As in Argo, a tag ends at the first `}}` after its `{{`; one that holds an
/// expression ends at the first that is not a part of it.
///
/// Searched byte by byte: comparing characters would take most of the time that a large file needs.
func tags(in text: String) -> [TemplateTag] {
  var tags: [TemplateTag] = []
  var rest = text.utf8[...]
  while let open = firstPair(of: UInt8(ascii: "{"), in: rest) {
    let start = text.utf8.index(open, offsetBy: 2)
    guard let close = closingBraces(of: rest[start...], in: text) else { break }
    let end = text.utf8.index(close, offsetBy: 2)
    let name = withoutBlanks(text.utf8[start..<close])
    tags.append(TemplateTag(source: String(text[open..<end]), name: String(name) ?? ""))
    rest = rest[end...]
  }
  return tags
}

private func closingBraces(of tag: Substring.UTF8View, in text: String) -> String.Index? {
  let body = tag.drop(while: isBlank)
  guard body.first == UInt8(ascii: "=") else { return firstPair(of: UInt8(ascii: "}"), in: tag) }
  return Expression.closingBraces(in: Substring(body.dropFirst()))?.lowerBound
}

private func withoutBlanks(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
  var rest = bytes
  while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
  while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
  return rest
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

/// Where a byte first stands twice in a row.
private func firstPair(of byte: UInt8, in bytes: Substring.UTF8View) -> String.Index? {
  var before: String.Index?
  var index = bytes.startIndex
  while index < bytes.endIndex {
    if bytes[index] != byte {
      before = nil
    } else if let before {
      return before
    } else {
      before = index
    }
    bytes.formIndex(after: &index)
  }
  return nil
}

/// Bytes of a `when` or `depends` that are read.
let longestExpression = 1 << 16

extension SpecCursor {
  /// Whether an expression is short enough to be read; a diagnostic when not.
  var isOfReadableLength: Bool {
    guard text.utf8.count > longestExpression else { return true }
    report(.limit, "an expression of more than \(longestExpression) bytes is not read")
    return false
  }

  /// Calls `visit` for every text below this node, keys left out, in the order of the file.
  func forEachText(skipping: Set<String> = [], _ visit: (SpecCursor) -> Void) {
    switch node.content {
    case .scalar(let scalar): if case .string = scalar.value { visit(self) }
    case .list: for element in elements { element.forEachText(visit) }
    case .object:
      for member in members where !skipping.contains(member.key.value) { member.value.forEachText(visit) }
    }
  }

  /// Where a piece of this text stands; the text's own place when it cannot be found as it is (escapes, folded lines).
  func position(of fragment: String) -> Position { source.find(fragment, from: position) ?? position }

  /// Where the character `offset` of this text stands, for texts written on one line.
  func position(ofCharacter offset: Int) -> Position {
    guard let start = source.find(text, from: position), start.line == position.line else { return position }
    return Position(line: Int(start.line), column: Int(start.column) + offset)
  }
}
