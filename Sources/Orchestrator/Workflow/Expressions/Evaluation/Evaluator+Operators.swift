extension Evaluator {
  mutating func prefix(
    _ prefix: ExpressionPrefix, _ node: ExpressionNode, at offset: Int
  ) throws(RenderError) -> Operand {
    let value = try operand(node)
    switch (prefix, value) {
    case (.not, .bool(let flag)): return .bool(!flag)
    case (.plus, .int), (.plus, .double): return value
    case (.minus, .double(let number)): return .double(-number)
    case (.minus, .int(let number)):
      guard number != .min else { throw misfit("integer overflow", at: offset) }
      return .int(-number)
    case (.minus, .duration(let duration)) where duration.nanoseconds != .min:
      return .duration(GoDuration(nanoseconds: -duration.nanoseconds))
    default: throw misfit("invalid operation: \(prefix.rawValue) \(value.typeName)", at: offset)
    }
  }

  mutating func binary(
    _ symbol: ExpressionOperator, _ left: ExpressionNode, _ right: ExpressionNode, at offset: Int
  ) throws(RenderError) -> Operand {
    switch symbol {
    case .and: return .bool(try truth(of: left) ? truth(of: right) : false)
    case .or: return .bool(try truth(of: left) ? true : truth(of: right))
    case .coalesce:
      if let value = try coalesced(left) { return value }
      return try operand(right)
    case .isIn: return .bool(try contains(operand(left), in: evaluate(right), at: offset))
    default: return try combine(symbol, operand(left), operand(right), at: offset)
    }
  }

  /// The value of the left side of `??`; nil when it is nil or its producer gave nothing.
  private mutating func coalesced(_ node: ExpressionNode) throws(RenderError) -> Operand? {
    do {
      let value = try operand(node)
      return value.isNull ? nil : value
    } catch {
      guard error.isAbsence else { throw error }
      return nil
    }
  }

  private mutating func contains(
    _ needle: Operand, in haystack: Operand, at offset: Int
  ) throws(RenderError) -> Bool {
    switch haystack {
    case .null: return false
    case .scope(let path):
      if case .scope = try look(up: path + [needle.text]) { return false }
      return true
    case .object(let map): return map.members[needle.text] != nil
    case .array(let list):
      try budget.spend(work: list.size)
      return list.elements.contains { $0.equals(needle) }
    default: throw misfit("operator 'in' is not defined on \(haystack.typeName)", at: offset)
    }
  }

  private mutating func combine(
    _ symbol: ExpressionOperator, _ left: Operand, _ right: Operand, at offset: Int
  ) throws(RenderError) -> Operand {
    switch symbol {
    case .equal, .notEqual:
      try budget.spend(work: min(left.size, right.size))
      return .bool(left.equals(right) == (symbol == .equal))
    case .less, .greater, .lessOrEqual, .greaterOrEqual:
      if let holds = compared(symbol, left, right) { return .bool(holds) }
    case .matches, .contains, .startsWith, .endsWith:
      if left.isNull || right.isNull { return .bool(false) }
      if case .string(let text) = left, case .string(let other) = right {
        return .bool(try compared(symbol, text, other, at: offset))
      }
    case .range: return try range(left, right, at: offset)
    default:
      if let result = try calculated(symbol, left, right, at: offset) { return result }
    }
    throw misfit("invalid operation: \(left.typeName) \(symbol.rawValue) \(right.typeName)", at: offset)
  }

  private func compared(_ symbol: ExpressionOperator, _ left: Operand, _ right: Operand) -> Bool? {
    switch symbol {
    case .less: left.precedes(right)
    case .greater: right.precedes(left)
    case .lessOrEqual: left.precedes(right).map { $0 || left.equals(right) }
    default: right.precedes(left).map { $0 || left.equals(right) }
    }
  }

  private mutating func compared(
    _ symbol: ExpressionOperator, _ text: String, _ other: String, at offset: Int
  ) throws(RenderError) -> Bool {
    try budget.spend(work: text.utf8.count + other.utf8.count)
    switch symbol {
    case .contains: return ByteText(text).firstIndex(of: ByteText(other)) != nil
    case .startsWith: return text.utf8.starts(with: other.utf8)
    case .endsWith: return text.utf8.reversed().starts(with: other.utf8.reversed())
    default: break
    }
    // A match may take many steps a character; the machine's own bound holds for each, the budget for all.
    try budget.spend(work: 8 * text.utf8.count)
    do {
      return try RegularExpression(other).matches(text)
    } catch {
      throw misfit("the pattern '\(other)': \(error)", at: offset)
    }
  }

  private mutating func range(_ left: Operand, _ right: Operand, at offset: Int) throws(RenderError) -> Operand {
    guard case .int(let low) = left, case .int(let high) = right else {
      throw misfit("invalid operation: \(left.typeName) .. \(right.typeName)", at: offset)
    }
    guard low <= high else { return .list([]) }
    let (distance, overflow) = high.subtractingReportingOverflow(low)
    try budget.check(size: overflow ? .max : Int(distance))
    return try budget.admit(.list((low...high).map(Operand.int)))
  }
}

// MARK: Arithmetic

extension Evaluator {
  /// Nil when the operator is not defined on the operands.
  private mutating func calculated(
    _ symbol: ExpressionOperator, _ left: Operand, _ right: Operand, at offset: Int
  ) throws(RenderError) -> Operand? {
    switch (left, right) {
    case (.int(let a), .int(let b)): return try calculated(symbol, a, b, at: offset)
    case (.string(let a), .string(let b)) where symbol == .add:
      try budget.check(size: a.utf8.count + b.utf8.count)
      return try budget.admit(.string(a + b))
    case (.date, _), (_, .date), (.duration, _), (_, .duration):
      return try calculatedTime(symbol, left, right, at: offset)
    default:
      guard let a = left.number, let b = right.number else { return nil }
      return calculated(symbol, a, b)
    }
  }

  private func calculated(
    _ symbol: ExpressionOperator, _ a: Int64, _ b: Int64, at offset: Int
  ) throws(RenderError) -> Operand? {
    let result: (partialValue: Int64, overflow: Bool)
    switch symbol {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .remainder:
      guard b != 0 else { throw misfit("integer divide by zero", at: offset) }
      result = b == -1 ? (0, false) : (a % b, false)
    default: return calculated(symbol, Double(a), Double(b))
    }
    guard !result.overflow else { throw misfit("integer overflow", at: offset) }
    return .int(result.partialValue)
  }

  private func calculated(_ symbol: ExpressionOperator, _ a: Double, _ b: Double) -> Operand? {
    switch symbol {
    case .add: .double(a + b)
    case .subtract: .double(a - b)
    case .multiply: .double(a * b)
    case .divide: .double(a / b)
    case .power: .double(raised(a, to: b))
    default: nil
    }
  }

  private func calculatedTime(
    _ symbol: ExpressionOperator, _ left: Operand, _ right: Operand, at offset: Int
  ) throws(RenderError) -> Operand? {
    switch (symbol, left, right) {
    case (.add, .date(let date), .duration(let duration)), (.add, .duration(let duration), .date(let date)):
      return .date(date.advanced(by: duration))
    case (.subtract, .date(let date), .duration(let duration)):
      return .date(date.advanced(by: GoDuration(nanoseconds: 0 - max(duration.nanoseconds, .min + 1))))
    case (.subtract, .date(let date), .date(let other)): return .duration(date.since(other))
    case (_, .duration(let a), .duration(let b)):
      guard case .int(let sum)? = try calculated(symbol, a.nanoseconds, b.nanoseconds, at: offset) else { return nil }
      return .duration(GoDuration(nanoseconds: sum))
    case (.multiply, .duration(let duration), .int(let factor)), (.multiply, .int(let factor), .duration(let duration)):
      guard case .int(let product)? = try calculated(.multiply, duration.nanoseconds, factor, at: offset) else {
        return nil
      }
      return .duration(GoDuration(nanoseconds: product))
    case (.multiply, .duration(let duration), .double(let factor)),
      (.multiply, .double(let factor), .duration(let duration)):
      return .duration(GoDuration(nanoseconds: Int64(saturating: Double(duration.nanoseconds) * factor)))
    default: return nil
    }
  }
}
