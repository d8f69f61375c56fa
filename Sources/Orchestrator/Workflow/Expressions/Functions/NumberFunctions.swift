extension ExpressionFunction {
  static let numberFunctions = [
    ExpressionFunction("abs", 1) { call throws(RenderError) in
      switch call[0] {
      case .int(let integer) where integer != .min: return .int(abs(integer))
      case .int: throw call.failure("integer overflow")
      default: return .double(abs(try call.number(0)))
      }
    },
    ExpressionFunction("ceil", 1) { call throws(RenderError) in .double(try call.number(0).rounded(.up)) },
    ExpressionFunction("floor", 1) { call throws(RenderError) in .double(try call.number(0).rounded(.down)) },
    ExpressionFunction("round", 1) { call throws(RenderError) in
      .double(try call.number(0).rounded(.toNearestOrAwayFromZero))
    },
    ExpressionFunction("max", 1...) { call throws(RenderError) in try call.extreme { $1.precedes($0) ?? false } },
    ExpressionFunction("min", 1...) { call throws(RenderError) in try call.extreme { $0.precedes($1) ?? false } },
    ExpressionFunction("mean", 1...) { call throws(RenderError) in
      let numbers = try call.numbers().compactMap(\.number)
      return .double(numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count))
    },
    ExpressionFunction("median", 1...) { call throws(RenderError) in
      let numbers = try call.numbers().compactMap(\.number).sorted()
      guard !numbers.isEmpty else { return .double(0) }
      let middle = numbers.count / 2
      return .double(numbers.count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2)
    },
    ExpressionFunction("bitand", 2) { call throws(RenderError) in .int(try call.integer(0) & call.integer(1)) },
    ExpressionFunction("bitor", 2) { call throws(RenderError) in .int(try call.integer(0) | call.integer(1)) },
    ExpressionFunction("bitxor", 2) { call throws(RenderError) in .int(try call.integer(0) ^ call.integer(1)) },
    ExpressionFunction("bitnand", 2) { call throws(RenderError) in .int(try call.integer(0) & ~call.integer(1)) },
    ExpressionFunction("bitnot", 1) { call throws(RenderError) in .int(~(try call.integer(0))) },
    ExpressionFunction("bitshl", 2) { call throws(RenderError) in .int(try call.integer(0) << call.shift()) },
    ExpressionFunction("bitshr", 2) { call throws(RenderError) in .int(try call.integer(0) >> call.shift()) },
    ExpressionFunction("bitushr", 2) { call throws(RenderError) in
      .int(Int64(bitPattern: UInt64(bitPattern: try call.integer(0)) >> UInt64(try call.shift())))
    },
  ]
}

extension FunctionCall {
  fileprivate func shift() throws(RenderError) -> Int64 {
    let distance = try integer(1)
    guard distance >= 0 else { throw failure("negative shift count \(distance)") }
    return distance
  }

  /// The numbers among the arguments, those inside lists included.
  fileprivate func numbers() throws(RenderError) -> [Operand] {
    var numbers: [Operand] = []
    var pending = Array(arguments.reversed())
    while let operand = pending.popLast() {
      if case .array(let list) = operand {
        pending += list.elements.reversed()
      } else if operand.number != nil {
        numbers.append(operand)
      } else {
        throw failure("\(operand.typeName) is not a number")
      }
    }
    return numbers
  }

  /// The first argument that none other is better than; nil without any.
  fileprivate func extreme(_ isBetter: (Operand, Operand) -> Bool) throws(RenderError) -> Operand {
    var best: Operand?
    for number in try numbers() {
      guard let current = best else {
        best = number
        continue
      }
      if isBetter(number, current) { best = number }
    }
    return best ?? .null
  }
}
