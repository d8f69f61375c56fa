// Escapes and bracketed classes.
extension RegexParser {
  mutating func parseEscape(at start: Int) throws(RegularExpressionError) -> RegexNode? {
    guard let letter = current else { throw error("the pattern ends with '\\'", at: start) }
    if let assertion = takeAssertion(letter) { return .assertion(assertion) }
    if let set = try takeClassEscape(at: start) {
      var set = set
      set.foldsCase = flags.ignoresCase
      return .scalar(set)
    }
    return literal(try takeScalarEscape(at: start))
  }

  private mutating func takeAssertion(_ letter: Unicode.Scalar) -> RegexAssertion? {
    let assertion: RegexAssertion
    switch letter {
    case "A": assertion = .textStart
    case "z": assertion = .textEnd
    case "b": assertion = .wordBoundary
    case "B": assertion = .noWordBoundary
    default: return nil
    }
    position += 1
    return assertion
  }

  /// `\d`, `\pL` and the like; nil when the escape is of a single scalar.
  private mutating func takeClassEscape(at start: Int) throws(RegularExpressionError) -> RegexClass? {
    guard let letter = current else { return nil }
    if letter == "p" || letter == "P" {
      position += 1
      return try takeCategory(isNegated: letter == "P", at: start)
    }
    guard var set = perlClass(letter) else { return nil }
    set.isNegated = ("A"..."Z").contains(letter)
    position += 1
    return set
  }

  private mutating func takeCategory(isNegated: Bool, at start: Int) throws(RegularExpressionError) -> RegexClass {
    var negated = isNegated
    var name = ""
    if take("{") {
      if take("^") { negated.toggle() }
      while let next = current, next != "}" {
        name.unicodeScalars.append(next)
        position += 1
      }
      guard take("}") else { throw error("this class is not closed", at: start) }
    } else if let next = current {
      name.unicodeScalars.append(next)
      position += 1
    }
    guard let category = RegexCategory(name: name, isNegated: negated) else {
      throw error("unknown Unicode category '\(name)'", at: start)
    }
    var set = RegexClass()
    set.categories = [category]
    return set
  }

  private mutating func takeScalarEscape(at start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
    guard let letter = current else { throw error("the pattern ends with '\\'", at: start) }
    position += 1
    switch letter {
    case "a": return "\u{7}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{B}"
    case "x": return try takeHexadecimal(at: start)
    case "0"..."7": return try takeOctal(letter, at: start)
    case _ where letter.isASCII && !letter.isASCIIWord: return letter
    default: throw error("unknown escape '\\\(letter)'", at: start)
    }
  }

  private mutating func takeHexadecimal(at start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
    let braced = take("{")
    var digits = ""
    while let next = current, next.properties.isASCIIHexDigit, digits.count < (braced ? 6 : 2) {
      digits.unicodeScalars.append(next)
      position += 1
    }
    guard !braced || take("}"), braced || digits.count == 2,
      let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
    else { throw error("invalid hexadecimal escape", at: start) }
    return scalar
  }

  /// `\123`. Without three digits `\1` would be a back reference, which no linear engine has.
  private mutating func takeOctal(
    _ first: Unicode.Scalar, at start: Int
  ) throws(RegularExpressionError) -> Unicode.Scalar {
    var digits = String(first)
    while let next = current, ("0"..."7").contains(next), digits.count < 3 {
      digits.unicodeScalars.append(next)
      position += 1
    }
    guard first == "0" || digits.count > 1, let scalar = UInt32(digits, radix: 8).flatMap(Unicode.Scalar.init)
    else { throw error("back references are not in RE2's syntax", at: start) }
    return scalar
  }
}

// MARK: Brackets

extension RegexParser {
  /// The rest of `[...]` after its bracket.
  mutating func parseBrackets(at start: Int) throws(RegularExpressionError) -> RegexClass {
    var set = RegexClass()
    set.foldsCase = flags.ignoresCase
    set.isNegated = take("^")
    var isFirst = true
    while isFirst || current != "]" {
      guard current != nil else { throw error("this '[' is not closed", at: start) }
      isFirst = false
      if let named = try takeNamedClass() {
        set.formUnion(named)
      } else {
        try parseRange(into: &set, at: start)
      }
    }
    position += 1
    return set
  }

  /// `[:alpha:]`, `\d` or `\pL` inside brackets.
  private mutating func takeNamedClass() throws(RegularExpressionError) -> RegexClass? {
    let start = position
    if take("[:") {
      let isNegated = take("^")
      var name = ""
      while let next = current, next.isASCIIWord {
        name.unicodeScalars.append(next)
        position += 1
      }
      guard take(":]"), var set = posixClass(name) else {
        throw error("unknown class '[:\(name):]'", at: start)
      }
      set.isNegated = isNegated
      return set
    }
    guard take("\\") else { return nil }
    let set = try takeClassEscape(at: start)
    if set == nil { position = start }
    return set
  }

  private mutating func parseRange(into set: inout RegexClass, at start: Int) throws(RegularExpressionError) {
    let low = try takeClassScalar(at: start)
    guard current == "-", position + 1 < pattern.count, pattern[position + 1] != "]" else {
      set.ranges.append(low.value...low.value)
      return
    }
    let dash = position
    position += 1
    let high = try takeClassScalar(at: start)
    guard low <= high else { throw error("invalid range '\(low)-\(high)'", at: dash) }
    set.ranges.append(low.value...high.value)
  }

  private mutating func takeClassScalar(at start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
    guard let next = current else { throw error("this '[' is not closed", at: start) }
    position += 1
    return next == "\\" ? try takeScalarEscape(at: position - 1) : next
  }
}

private func perlClass(_ letter: Unicode.Scalar) -> RegexClass? {
  switch letter {
  case "d", "D": RegexClass(0x30...0x39)
  case "s", "S": RegexClass(9...10, 12...13, 32...32)
  case "w", "W": RegexClass(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
  default: nil
  }
}

private func posixClass(_ name: String) -> RegexClass? {
  switch name {
  case "alnum": RegexClass(0x30...0x39, 0x41...0x5A, 0x61...0x7A)
  case "alpha": RegexClass(0x41...0x5A, 0x61...0x7A)
  case "ascii": RegexClass(0...0x7F)
  case "blank": RegexClass(9...9, 32...32)
  case "cntrl": RegexClass(0...0x1F, 0x7F...0x7F)
  case "digit": RegexClass(0x30...0x39)
  case "graph": RegexClass(0x21...0x7E)
  case "lower": RegexClass(0x61...0x7A)
  case "print": RegexClass(0x20...0x7E)
  case "punct": RegexClass(0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E)
  case "space": RegexClass(9...13, 32...32)
  case "upper": RegexClass(0x41...0x5A)
  case "word": perlClass("w")
  case "xdigit": RegexClass(0x30...0x39, 0x41...0x46, 0x61...0x66)
  default: nil
  }
}
