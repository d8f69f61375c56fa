extension SprigFunctions {
  static let text = [
    ExpressionFunction("hello", 0) { _ throws(RenderError) in .string("Hello!") },
    ExpressionFunction("trim", 1) { call throws(RenderError) in
      .string(trimmedScalars(try call.string(0)) { $0.properties.isWhitespace })
    },
    ExpressionFunction("trimAll", 2, trimAll), ExpressionFunction("trimall", 2, trimAll),
    ExpressionFunction("trimPrefix", 2) { call throws(RenderError) in
      let (prefix, text) = (try call.text(0), try call.text(1))
      return .string(text.hasPrefix(prefix) ? text.piece(prefix.bytes.count..<text.bytes.count) : text.string)
    },
    ExpressionFunction("trimSuffix", 2) { call throws(RenderError) in
      let (suffix, text) = (try call.text(0), try call.text(1))
      return .string(text.hasSuffix(suffix) ? text.piece(0..<(text.bytes.count - suffix.bytes.count)) : text.string)
    },
    ExpressionFunction("upper", 1) { call throws(RenderError) in
      .string(mappedScalars(try call.string(0), \.uppercaseMapping))
    },
    ExpressionFunction("lower", 1) { call throws(RenderError) in
      .string(mappedScalars(try call.string(0), \.lowercaseMapping))
    },
    ExpressionFunction("repeat", 2) { call throws(RenderError) in
      try call.repeating(call.string(1), times: call.integer(0))
    },
    ExpressionFunction("replace", 3) { call throws(RenderError) in
      try call.replacing(call.text(0), in: call.text(2), with: call.text(1))
    },
    ExpressionFunction("contains", 2) { call throws(RenderError) in
      .bool(try call.text(1).firstIndex(of: call.text(0)) != nil)
    },
    ExpressionFunction("hasPrefix", 2) { call throws(RenderError) in .bool(try call.text(1).hasPrefix(call.text(0))) },
    ExpressionFunction("hasSuffix", 2) { call throws(RenderError) in .bool(try call.text(1).hasSuffix(call.text(0))) },
    ExpressionFunction("nospace", 1) { call throws(RenderError) in
      let kept = try call.string(0).unicodeScalars.filter { !$0.properties.isWhitespace }
      return .string(String(String.UnicodeScalarView(kept)))
    },
    ExpressionFunction("quote", 0...) { call throws(RenderError) in
      .string(call.arguments.filter { !$0.isNull }.map { goQuoted($0.text) }.joined(separator: " "))
    },
    ExpressionFunction("squote", 0...) { call throws(RenderError) in
      .string(call.arguments.filter { !$0.isNull }.map { "'\($0.text)'" }.joined(separator: " "))
    },
    ExpressionFunction("cat", 0...) { call throws(RenderError) in
      .string(call.arguments.filter { !$0.isNull }.map(\.text).joined(separator: " "))
    },
    ExpressionFunction("plural", 3) { call throws(RenderError) in
      .string(try call.string(try call.integer(2) == 1 ? 0 : 1))
    },
    ExpressionFunction("toString", 1) { call throws(RenderError) in .string(call[0].text) },
    ExpressionFunction("toStrings", 1) { call throws(RenderError) in .strings(call.castTexts(0)) },
    ExpressionFunction("join", 2) { call throws(RenderError) in
      try call.joining(call.castTexts(1), by: call.string(0))
    },
    ExpressionFunction("split", 2) { call throws(RenderError) in
      numbered(try call.text(1).split(by: call.text(0)))
    },
    ExpressionFunction("splitn", 3) { call throws(RenderError) in
      numbered(try call.text(2).split(by: call.text(0), limit: call.count(1)))
    },
    ExpressionFunction("splitList", 2) { call throws(RenderError) in .strings(try call.text(1).split(by: call.text(0)))
    },
  ]

  private static func trimAll(_ call: inout FunctionCall) throws(RenderError) -> Operand {
    let dropped = Set(try call.string(0).unicodeScalars)
    return .string(trimmedScalars(try call.string(1)) { dropped.contains($0) })
  }

  /// Sprig's split makes a map: `_0`, `_1`, ...
  private static func numbered(_ pieces: [String]) -> Operand {
    .map(.init(uniqueKeysWithValues: pieces.enumerated().map { ("_\($0.offset)", .string($0.element)) }))
  }
}

// MARK: Shapes

extension SprigFunctions {
  static let textShapes = [
    ExpressionFunction("trunc", 2) { call throws(RenderError) in
      let (count, text) = (try call.count(0), try call.text(1))
      let length = text.bytes.count
      if count < 0, length + count > 0 { return .string(text.piece((length + count)..<length)) }
      return .string(count >= 0 && length > count ? text.piece(0..<count) : text.string)
    },
    ExpressionFunction("substr", 3) { call throws(RenderError) in
      let (start, end, text) = (try call.count(0), try call.count(1), try call.text(2))
      let upper = end < 0 || end > text.bytes.count ? text.bytes.count : end
      let lower = max(start, 0)
      guard lower <= upper else { throw call.failure("start \(start) lies after end \(end)") }
      return .string(text.piece(lower..<upper))
    },
    ExpressionFunction("abbrev", 2) { call throws(RenderError) in
      .string(abbreviated(try call.text(1), width: try call.count(0), from: 0))
    },
    ExpressionFunction("abbrevboth", 3) { call throws(RenderError) in
      .string(abbreviated(try call.text(2), width: try call.count(1), from: try call.count(0)))
    },
    ExpressionFunction("indent", 2) { call throws(RenderError) in
      try call.indented(call.text(1), by: call.count(0))
    },
    ExpressionFunction("nindent", 2) { call throws(RenderError) in
      .string("\n" + (try call.indented(call.text(1), by: call.count(0))).text)
    },
    ExpressionFunction("wrap", 2) { call throws(RenderError) in
      .string(wrapped(try call.string(1), width: try call.count(0), separator: "\n", breaksWords: false))
    },
    ExpressionFunction("wrapWith", 3) { call throws(RenderError) in
      let (width, separator) = (try call.count(0), try call.string(1))
      let text = try call.string(2)
      let (size, overflow) = separator.utf8.count.multipliedReportingOverflow(by: text.utf8.count / max(width, 1) + 1)
      try call.budget.check(size: overflow ? .max : size)
      return .string(wrapped(text, width: width, separator: separator, breaksWords: true))
    },
    ExpressionFunction("title", 1) { call throws(RenderError) in
      .string(mapWordStarts(try call.string(0), \.titlecaseMapping))
    },
    ExpressionFunction("untitle", 1) { call throws(RenderError) in
      .string(mapWordStarts(try call.string(0), \.lowercaseMapping, wordsEndAtBlanks: true))
    },
    ExpressionFunction("initials", 1) { call throws(RenderError) in
      .string(String(try call.string(0).split(whereSeparator: \.isWhitespace).compactMap(\.first)))
    },
    ExpressionFunction("swapcase", 1) { call throws(RenderError) in
      .string(String(String.UnicodeScalarView(try call.string(0).unicodeScalars.map(swappedCase))))
    },
    ExpressionFunction("snakecase", 1) { call throws(RenderError) in
      .string(words(of: try call.string(0)).map { $0.lowercased() }.joined(separator: "_"))
    },
    ExpressionFunction("kebabcase", 1) { call throws(RenderError) in
      .string(words(of: try call.string(0)).map { $0.lowercased() }.joined(separator: "-"))
    },
    ExpressionFunction("camelcase", 1) { call throws(RenderError) in
      .string(words(of: try call.string(0)).map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined())
    },
  ]
}

extension FunctionCall {
  fileprivate func indented(_ text: ByteText, by count: Int) throws(RenderError) -> Operand {
    try budget.check(size: count)
    let margin = String(repeating: " ", count: max(count, 0))
    let lines = try replacing(ByteText("\n"), in: text, with: ByteText("\n" + margin))
    return .string(margin + lines.text)
  }
}

/// `text` cut to `width` bytes, dots for what is left out on either side. Texts too narrow for dots stay whole.
private func abbreviated(_ text: ByteText, width: Int, from offset: Int) -> String {
  let length = text.bytes.count
  guard width >= (offset > 0 ? 7 : 4), length > width else { return text.string }
  let start = min(offset, length - (width - 3))
  guard start > 4 else { return text.piece(0..<(width - 3)) + "..." }
  guard start + width - 3 < length else { return "..." + text.piece((length - (width - 3))..<length) }
  return "..." + text.piece(start..<(start + width - 6)) + "..."
}

/// `text` in lines of at most `width` characters, parted at blanks. A longer word keeps a line of its own or is broken.
private func wrapped(_ text: String, width: Int, separator: String, breaksWords: Bool) -> String {
  let width = max(width, 1)
  let scalars = Array(text.unicodeScalars)
  var lines: [String] = []
  var start = 0
  func line(to end: Int) -> String { String(String.UnicodeScalarView(scalars[start..<end])) }
  while scalars.count - start > width {
    if scalars[start] == " " {
      start += 1
    } else if let blank = scalars[start...(start + width)].lastIndex(of: " ") {
      lines.append(line(to: blank))
      start = blank + 1
    } else if breaksWords {
      lines.append(line(to: start + width))
      start += width
    } else if let blank = scalars[(start + width)...].firstIndex(of: " ") {
      lines.append(line(to: blank))
      start = blank + 1
    } else {
      break
    }
  }
  return (lines + [line(to: scalars.count)]).joined(separator: separator)
}

private func mapWordStarts(
  _ text: String, _ mapping: KeyPath<Unicode.Scalar.Properties, String>, wordsEndAtBlanks: Bool = false
) -> String {
  var result = String.UnicodeScalarView()
  var isStart = true
  for scalar in text.unicodeScalars {
    let mapped = scalar.properties[keyPath: mapping].unicodeScalars
    result.append(isStart && mapped.count == 1 ? mapped.first ?? scalar : scalar)
    isStart = wordsEndAtBlanks ? scalar.properties.isWhitespace : !isWordScalar(scalar)
  }
  return String(result)
}

private func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
  scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
}

private func swappedCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  let properties = scalar.properties
  let mapped = (properties.isLowercase ? properties.uppercaseMapping : properties.lowercaseMapping).unicodeScalars
  return mapped.count == 1 ? mapped.first ?? scalar : scalar
}

/// The words of an identifier: `HTTPServer20x_ok` is HTTP, Server, 20x, ok.
private func words(of text: String) -> [String] {
  var words: [String] = []
  var word = ""
  let characters = Array(text)
  for (index, character) in characters.enumerated() {
    let next = index + 1 < characters.count ? characters[index + 1] : " "
    if " _-".contains(character) || startsWord(character, after: word.last, before: next) {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    if !" _-".contains(character) { word.append(character) }
  }
  return word.isEmpty ? words : words + [word]
}

private func startsWord(_ character: Character, after previous: Character?, before next: Character) -> Bool {
  guard let previous else { return false }
  if character.isUppercase { return !previous.isUppercase || next.isLowercase }
  return character.isNumber && !previous.isNumber
}
