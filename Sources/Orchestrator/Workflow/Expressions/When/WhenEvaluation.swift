extension WhenNode {
  func value(in source: some TagSource) throws(RenderError) -> WhenValue {
    switch self {
    case .operand(let operand):
      let text = try operand.rendered(in: source)
      return operand.isQuoted ? .string(text) : WhenValue(word: text)
    case .list(let nodes):
      var values: [WhenValue] = []
      for node in nodes { values.append(try node.value(in: source)) }
      return .list(values)
    case .prefix(let prefix, let node): return try prefix.applied(to: node.value(in: source))
    case .binary(let symbol, let left, let right):
      return try symbol.applied(to: left.value(in: source), right.value(in: source))
    case .all(let nodes):
      for node in nodes where try !node.truth(of: "&&", in: source) { return .bool(false) }
      return .bool(true)
    case .any(let nodes):
      for node in nodes where try node.truth(of: "||", in: source) { return .bool(true) }
      return .bool(false)
    case .choice(let condition, let then, let otherwise):
      return try condition.truth(of: "?", in: source) ? then.value(in: source) : otherwise.value(in: source)
    }
  }

  private func truth(of symbol: String, in source: some TagSource) throws(RenderError) -> Bool {
    let value = try value(in: source)
    guard case .bool(let flag) = value else {
      throw RenderError("Value '\(value.shown)' cannot be used with the operator '\(symbol)', it is not a bool")
    }
    return flag
  }
}

extension WhenPrefix {
  func applied(to value: WhenValue) throws(RenderError) -> WhenValue {
    switch (self, value) {
    case (.not, .bool(let flag)): return .bool(!flag)
    case (.negate, .number(let number)): return .number(-number)
    case (.complement, .number(let number)):
      return .number(Double(~Int64(saturating: number)))
    default: throw RenderError("Value '\(value.shown)' cannot be used with the prefix '\(rawValue)'")
    }
  }
}

extension WhenOperator {
  func applied(to left: WhenValue, _ right: WhenValue) throws(RenderError) -> WhenValue {
    switch self {
    case .equal: return .bool(left == right)
    case .notEqual: return .bool(left != right)
    case .less, .lessOrEqual, .greater, .greaterOrEqual: return .bool(try compared(left, right))
    case .matches: return .bool(try matched(left, right))
    case .matchesNot: return .bool(try !matched(left, right))
    case .isIn:
      guard case .list(let values) = right else { throw misfit(right, "a list") }
      return .bool(values.contains(left))
    case .add where left.isString || right.isString: return .string(left.shown + right.shown)
    default: return .number(try calculated(left, right))
    }
  }

  private func misfit(_ value: WhenValue, _ wanted: String) -> RenderError {
    RenderError("Value '\(value.shown)' cannot be used with the operator '\(rawValue)', it is not \(wanted)")
  }

  /// Numbers by size, texts byte by byte; anything else cannot be ordered.
  private func compared(_ left: WhenValue, _ right: WhenValue) throws(RenderError) -> Bool {
    switch (left, right) {
    case (.number(let a), .number(let b)):
      return ordered(a < b, equal: a == b)
    case (.string(let a), .string(let b)):
      return ordered(goLess(a, b), equal: a == b)
    default:
      let odd: WhenValue = if case .number = left { right } else { left }
      throw RenderError(
        "Value '\(odd.shown)' cannot be used with the comparator '\(rawValue)', it is not a number "
          + "(compared: '\(left.shown)' \(rawValue) '\(right.shown)')")
    }
  }

  private func ordered(_ less: Bool, equal: Bool) -> Bool {
    switch self {
    case .less: less
    case .lessOrEqual: less || equal
    case .greater: !less && !equal
    default: !less
    }
  }

  private func matched(_ left: WhenValue, _ right: WhenValue) throws(RenderError) -> Bool {
    if case .list = left { throw misfit(left, "text") }
    do {
      return try RegularExpression(right.shown).matches(left.shown)
    } catch {
      throw RenderError("Unable to compile regexp pattern '\(right.shown)': \(error)")
    }
  }

  private func calculated(_ left: WhenValue, _ right: WhenValue) throws(RenderError) -> Double {
    guard case .number(let a) = left else { throw misfit(left, "a number") }
    guard case .number(let b) = right else { throw misfit(right, "a number") }
    let (m, n) = (Int64(saturating: a), Int64(saturating: b))
    switch self {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    case .remainder: return a.truncatingRemainder(dividingBy: b)
    case .power: return raised(a, to: b)
    case .bitAnd: return Double(m & n)
    case .bitOr: return Double(m | n)
    case .bitXor: return Double(m ^ n)
    case .shiftLeft: return Double(UInt64(bitPattern: m) << UInt64(bitPattern: n))
    default: return Double(UInt64(bitPattern: m) >> UInt64(bitPattern: n))
    }
  }
}

extension WhenValue {
  fileprivate var isString: Bool { if case .string = self { true } else { false } }
}

extension Int64 {
  /// The whole part of `number`; the nearest bound beyond 64 bits, 0 for what is no number.
  init(saturating number: Double) {
    if number.isNaN {
      self = 0
    } else {
      self = Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
    }
  }
}
