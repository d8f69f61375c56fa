/// A parsed `when`.
indirect enum WhenNode: Hashable, Sendable {
  case operand(WhenOperand)
  case list([WhenNode])
  case prefix(WhenPrefix, WhenNode)
  case binary(WhenOperator, WhenNode, WhenNode)
  case all([WhenNode])
  case any([WhenNode])
  case choice(condition: WhenNode, then: WhenNode, otherwise: WhenNode)
}

enum WhenPrefix: String, Hashable, Sendable {
  case not = "!"
  case negate = "-"
  case complement = "~"
}

enum WhenOperator: String, CaseIterable, Hashable, Sendable {
  case equal = "==", notEqual = "!="
  case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  case matches = "=~", matchesNot = "!~", isIn = "in"
  case bitAnd = "&", bitOr = "|", bitXor = "^"
  case shiftLeft = "<<", shiftRight = ">>"
  case add = "+", subtract = "-"
  case multiply = "*", divide = "/", remainder = "%"
  case power = "**"

  /// Tighter operators have higher numbers; all of them group from the left, as in govaluate.
  var precedence: Int {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 1
    case .matches, .matchesNot, .isIn: 1
    case .bitAnd, .bitOr, .bitXor: 2
    case .shiftLeft, .shiftRight: 3
    case .add, .subtract: 4
    case .multiply, .divide, .remainder: 5
    case .power: 6
    }
  }

  var isArithmetic: Bool { precedence >= 2 }
}

/// Text and tags that together make one value.
struct WhenOperand: Hashable, Sendable {
  var parts: [TemplateString.Segment]
  /// Quoted text is never read as a number or a truth value.
  var isQuoted: Bool
  var offset: Int

  /// The whole text, when it holds no tag.
  var literal: String? {
    var text = ""
    for part in parts {
      guard case .text(let literal) = part else { return nil }
      text += literal
    }
    return text
  }

  func rendered(in source: some TagSource) throws(RenderError) -> String {
    var text = ""
    for part in parts { text += try part.rendered(in: source) }
    return text
  }
}

/// What an operand or an operator yields.
enum WhenValue: Hashable, Sendable {
  case bool(Bool)
  case number(Double)
  case string(String)
  case list([WhenValue])

  /// Reads `text` as a bare word: `true`, `false`, a decimal or 0x number, or text.
  init(word text: String) {
    if text == "true" || text == "false" {
      self = .bool(text == "true")
    } else if let number = parsedNumber(text) {
      self = .number(number)
    } else {
      self = .string(text)
    }
  }

  /// The value as messages and concatenations show it.
  var shown: String {
    switch self {
    case .bool(let flag): flag ? "true" : "false"
    case .number(let number): goFloat(number)
    case .string(let text): text
    case .list(let values): "(" + values.map(\.shown).joined(separator: ", ") + ")"
    }
  }
}

private func parsedNumber(_ text: String) -> Double? {
  let digits = text.first == "-" ? text.dropFirst() : text[...]
  if digits.hasPrefix("0x") {
    return UInt64(digits.dropFirst(2), radix: 16).map { text.first == "-" ? -Double($0) : Double($0) }
  }
  let allowed = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || ".eE+-".utf8.contains($0) }
  guard allowed, let first = digits.first, first.isNumber || first == ".",
    let number = Double(digits), number.isFinite
  else { return nil }
  return text.first == "-" ? -number : number
}
