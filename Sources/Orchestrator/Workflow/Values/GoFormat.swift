extension Value {
  /// This value as Argo prints items: `<nil>`, `[a b]`, `map[a:1 b:2]` with sorted keys, as Go's `%v`, but numbers as
  /// JSON has them, without an exponent below 1e21.
  public var goText: String {
    switch self {
    case .null: "<nil>"
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .double(let number): goFloat(number, exponentFrom: 21)
    case .string(let text): text
    case .array(let elements): "[" + elements.map(\.goText).joined(separator: " ") + "]"
    case .object(let members):
      "map[" + sortedByKey(members).map { "\($0.key):\($0.value.goText)" }.joined(separator: " ") + "]"
    }
  }
}

/// A printf format as Go reads it, taken apart once: verbs `%d %s %v %q %x %X %o %b %c %t %f %e %g %%`, flags `+-# 0`,
/// width and precision.
public struct GoFormat: Hashable, Sendable {
  enum Part: Hashable, Sendable {
    case text(String)
    case verb(FormatVerb)
  }

  public let source: String
  let parts: [Part]

  public init(parsing source: String) throws(ExpressionSyntaxError) {
    var parser = FormatParser(source)
    self.source = source
    parts = try parser.parse()
  }

  /// How many arguments the format takes.
  public var argumentCount: Int {
    parts.count { if case .verb = $0 { true } else { false } }
  }

  /// The format with its verbs replaced by `arguments`, in their order. Where verb and argument do not fit, the text
  /// says so in Go's manner: `%!d(string=x)`, `%!d(MISSING)`, `%!(EXTRA int=3)`.
  public func text(_ arguments: Value...) -> String { text(of: arguments) }

  public func text(of arguments: [Value]) -> String {
    var text = ""
    var next = 0
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .verb(let verb) where next < arguments.count:
        text += verb.text(of: arguments[next])
        next += 1
      case .verb(let verb): text += "%!\(verb.letter)(MISSING)"
      }
    }
    guard next < arguments.count else { return text }
    let extra = arguments[next...].map { "\($0.goType)=\($0.goText)" }
    return text + "%!(EXTRA " + extra.joined(separator: ", ") + ")"
  }
}

private struct FormatParser {
  /// Go refuses wider fields too: they are no formats but mistakes.
  static let maximumWidth = 1000
  let characters: [Character]
  var position = 0

  init(_ source: String) { characters = Array(source) }

  mutating func parse() throws(ExpressionSyntaxError) -> [GoFormat.Part] {
    var parts: [GoFormat.Part] = []
    var text = ""
    while position < characters.count {
      let character = characters[position]
      position += 1
      if character != "%" {
        text.append(character)
      } else if position < characters.count, characters[position] == "%" {
        text.append("%")
        position += 1
      } else {
        if !text.isEmpty { parts.append(.text(text)) }
        text = ""
        parts.append(.verb(try parseVerb()))
      }
    }
    if !text.isEmpty { parts.append(.text(text)) }
    return parts
  }

  private mutating func parseVerb() throws(ExpressionSyntaxError) -> FormatVerb {
    let start = position - 1
    var verb = FormatVerb()
    while position < characters.count, verb.setFlag(characters[position]) { position += 1 }
    verb.width = try parseNumber()
    if position < characters.count, characters[position] == "." {
      position += 1
      verb.precision = try parseNumber() ?? 0
    }
    guard position < characters.count else {
      throw ExpressionSyntaxError("the format ends inside a verb", at: start, hint: "write %% for a percent sign")
    }
    verb.letter = characters[position]
    guard FormatVerb.letters.contains(verb.letter) else {
      throw ExpressionSyntaxError(
        "unknown verb '%\(verb.letter)'", at: start, hint: "the usual ones are %d, %03d, %x, %s and %v")
    }
    position += 1
    return verb
  }

  private mutating func parseNumber() throws(ExpressionSyntaxError) -> Int? {
    let start = position
    while position < characters.count, characters[position].isASCII, characters[position].isNumber { position += 1 }
    guard position > start else { return nil }
    guard let number = Int(String(characters[start..<position])), number <= Self.maximumWidth else {
      throw ExpressionSyntaxError("a field may be at most \(Self.maximumWidth) wide", at: start)
    }
    return number
  }
}

/// One `%...` of a format.
struct FormatVerb: Hashable, Sendable {
  static let letters: [Character] = Array("dsvqxXobctfFeEgGT")
  var letter: Character = "v"
  var plus = false, minus = false, sharp = false, space = false, zero = false
  var width: Int?
  var precision: Int?

  mutating func setFlag(_ flag: Character) -> Bool {
    switch flag {
    case "+": plus = true
    case "-": minus = true
    case "#": sharp = true
    case " ": space = true
    case "0": zero = true
    default: return false
    }
    return true
  }

  func text(of value: Value) -> String {
    switch (letter, value) {
    case ("v", .int(let number)): padded(signed(number, radix: 10), numeric: true)
    case ("v", .double(let number)): padded(withSign(goFloat(number)), numeric: true)
    case ("v", _): padded(value.goText, numeric: false)
    case ("T", _): padded(value.goType, numeric: false)
    case ("t", .bool): padded(value.goText, numeric: false)
    case (_, .string(let text)): string(text) ?? mismatch(value)
    case (_, .int(let number)): integer(number) ?? mismatch(value)
    case (_, .double(let number)): double(number) ?? mismatch(value)
    default: mismatch(value)
    }
  }

  private func mismatch(_ value: Value) -> String { "%!\(letter)(\(value.goType)=\(value.goText))" }

  private func string(_ text: String) -> String? {
    let shown = precision.map { String(text.prefix($0)) } ?? text
    switch letter {
    case "s": return padded(shown, numeric: false)
    case "q": return padded(goQuoted(shown), numeric: false)
    case "x", "X": return padded(hexadecimal(Array(shown.utf8), uppercase: letter == "X"), numeric: false)
    default: return nil
    }
  }

  private func integer(_ number: Int64) -> String? {
    switch letter {
    case "d": padded(signed(number, radix: 10), numeric: true)
    case "x", "X": padded(signed(number, radix: 16, prefix: letter == "X" ? "0X" : "0x"), numeric: true)
    case "o": padded(signed(number, radix: 8, prefix: "0"), numeric: true)
    case "b": padded(signed(number, radix: 2, prefix: "0b"), numeric: true)
    case "c", "q":
      padded(character(number), numeric: false)
    default: nil
    }
  }

  private func character(_ number: Int64) -> String {
    let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
    return letter == "q" ? "'\(scalar)'" : String(scalar)
  }

  private func double(_ number: Double) -> String? {
    guard number.isFinite else { return padded(goFloat(number), numeric: false) }
    switch letter {
    case "f", "F": return padded(withSign(fixedPoint(number, places: precision ?? 6)), numeric: true)
    case "e", "E":
      let text = scientific(number, places: precision ?? 6)
      return padded(withSign(letter == "E" ? text.uppercased() : text), numeric: true)
    case "g", "G":
      let text = precision.map { shortened(number, significant: max($0, 1)) } ?? goFloat(number)
      return padded(withSign(letter == "G" ? text.uppercased() : text), numeric: true)
    default: return nil
    }
  }

  private func signed(_ number: Int64, radix: Int, prefix: String = "") -> String {
    var digits = String(number.magnitude, radix: radix, uppercase: letter == "X")
    if let precision { digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits }
    return (number < 0 ? "-" : plus ? "+" : space ? " " : "") + (sharp ? prefix : "") + digits
  }

  private func withSign(_ text: String) -> String {
    text.hasPrefix("-") ? text : (plus ? "+" : space ? " " : "") + text
  }

  private func padded(_ text: String, numeric: Bool) -> String {
    let missing = (width ?? 0) - text.unicodeScalars.count
    guard missing > 0 else { return text }
    if minus { return text + String(repeating: " ", count: missing) }
    guard zero, !numeric || precision == nil || "fFeEgG".contains(letter) else {
      return String(repeating: " ", count: missing) + text
    }
    let sign = numeric ? text.prefix { "+- ".contains($0) } : ""
    return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
  }
}

extension Value {
  /// The name of the Go type Argo would hold this value in.
  var goType: String {
    switch self {
    case .null: "<nil>"
    case .bool: "bool"
    case .int: "int"
    case .double: "float64"
    case .string: "string"
    case .array: "[]interface {}"
    case .object: "map[string]interface {}"
    }
  }
}
