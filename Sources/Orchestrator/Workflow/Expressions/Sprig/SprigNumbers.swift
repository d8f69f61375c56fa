extension SprigFunctions {
  static let numbers = [
    ExpressionFunction("add", 0...) { call throws(RenderError) in
      .int(try call.folded(from: 0, { $0.addingReportingOverflow($1) }))
    },
    ExpressionFunction("add1", 1) { call throws(RenderError) in
      .int(try call.folded(from: 1, { $0.addingReportingOverflow($1) }))
    },
    ExpressionFunction("sub", 2) { call throws(RenderError) in
      .int(try call.checked(call.castInteger(0).subtractingReportingOverflow(call.castInteger(1))))
    },
    ExpressionFunction("mul", 1...) { call throws(RenderError) in
      .int(try call.folded(from: 1, { $0.multipliedReportingOverflow(by: $1) }))
    },
    ExpressionFunction("div", 2) { call throws(RenderError) in
      guard call.castInteger(1) != 0 else { throw call.failure("division by zero") }
      return .int(try call.checked(call.castInteger(0).dividedReportingOverflow(by: call.castInteger(1))))
    },
    ExpressionFunction("mod", 2) { call throws(RenderError) in
      guard call.castInteger(1) != 0 else { throw call.failure("division by zero") }
      return .int(call.castInteger(0).remainderReportingOverflow(dividingBy: call.castInteger(1)).partialValue)
    },
    ExpressionFunction("max", 1...) { call throws(RenderError) in .int(call.castIntegers.max() ?? 0) },
    ExpressionFunction("biggest", 1...) { call throws(RenderError) in .int(call.castIntegers.max() ?? 0) },
    ExpressionFunction("min", 1...) { call throws(RenderError) in .int(call.castIntegers.min() ?? 0) },
    ExpressionFunction("maxf", 1...) { call throws(RenderError) in .double(call.castNumbers.max() ?? 0) },
    ExpressionFunction("minf", 1...) { call throws(RenderError) in .double(call.castNumbers.min() ?? 0) },
    ExpressionFunction("atoi", 1) { call throws(RenderError) in .int(Int64(try call.string(0)) ?? 0) },
    ExpressionFunction("int", 1) { call throws(RenderError) in .int(call.castInteger(0)) },
    ExpressionFunction("int64", 1) { call throws(RenderError) in .int(call.castInteger(0)) },
    ExpressionFunction("float64", 1) { call throws(RenderError) in .double(call.castNumber(0)) },
    ExpressionFunction("toDecimal", 1) { call throws(RenderError) in .int(Int64(call[0].text, radix: 8) ?? 0) },
    ExpressionFunction("until", 1) { call throws(RenderError) in
      let count = try call.count(0)
      return .list(try call.integers(from: 0, to: count, by: count < 0 ? -1 : 1).map { .int(Int64($0)) })
    },
    ExpressionFunction("untilStep", 3) { call throws(RenderError) in
      let integers = try call.integers(from: call.count(0), to: call.count(1), by: call.count(2))
      return .list(integers.map { .int(Int64($0)) })
    },
    ExpressionFunction("seq", 0...3) { call throws(RenderError) in
      .string(try call.sequence().map { String($0) }.joined(separator: " "))
    },
  ]

  static let fractions = [
    ExpressionFunction("addf", 0...) { call throws(RenderError) in
      .double(call.castNumbers.reduce(ExactDecimal(0)) { $0 + ExactDecimal($1) }.double)
    },
    ExpressionFunction("add1f", 1) { call throws(RenderError) in
      .double((ExactDecimal(call.castNumber(0)) + ExactDecimal(1)).double)
    },
    ExpressionFunction("subf", 1...) { call throws(RenderError) in call.foldedDecimal { $0 + -$1 } },
    ExpressionFunction("mulf", 1...) { call throws(RenderError) in call.foldedDecimal { $0 * $1 } },
    ExpressionFunction("divf", 1...) { call throws(RenderError) in
      guard !call.castNumbers.dropFirst().contains(0) else { throw call.failure("division by zero") }
      return call.foldedDecimal { $0 / $1 }
    },
    ExpressionFunction("floor", 1) { call throws(RenderError) in .double(call.castNumber(0).rounded(.down)) },
    ExpressionFunction("ceil", 1) { call throws(RenderError) in .double(call.castNumber(0).rounded(.up)) },
    ExpressionFunction("round", 2...3) { call throws(RenderError) in
      let power = raised(10, to: Double(try call.count(1)))
      let digit = power * call.castNumber(0)
      let fraction = digit - digit.rounded(.towardZero)
      let limit = call.count == 3 ? call.castNumber(2) : 0.5
      return .double(digit.rounded(fraction >= limit ? .up : .down) / power)
    },
  ]
}

extension FunctionCall {
  fileprivate var castIntegers: [Int64] { arguments.indices.map(castInteger) }
  fileprivate var castNumbers: [Double] { arguments.indices.map(castNumber) }

  fileprivate func checked(_ result: (partialValue: Int64, overflow: Bool)) throws(RenderError) -> Int64 {
    guard !result.overflow else { throw failure("integer overflow") }
    return result.partialValue
  }

  fileprivate func folded(
    from start: Int64, _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
  ) throws(RenderError) -> Int64 {
    var result = start
    for integer in castIntegers { result = try checked(operation(result, integer)) }
    return result
  }

  fileprivate func foldedDecimal(_ operation: (ExactDecimal, ExactDecimal) -> ExactDecimal) -> Operand {
    let numbers = castNumbers.map { ExactDecimal($0) }
    return .double(numbers.dropFirst().reduce(numbers[0], operation).double)
  }

  /// `start`, `start + step`, ... before `stop`; none when the step leads away from it.
  fileprivate func integers(from start: Int, to stop: Int, by step: Int) throws(RenderError) -> [Int] {
    guard step != 0, (stop < start) == (step < 0) else { return [] }
    try budget.check(size: abs(stop - start) / abs(step))
    return Array(stride(from: start, to: stop, by: step))
  }

  /// `seq(last)`, `seq(first, last)` or `seq(first, step, last)`, the last included.
  fileprivate func sequence() throws(RenderError) -> [Int] {
    guard count > 0 else { return [] }
    let start = count == 1 ? 1 : try count(0)
    let end = try count(count - 1)
    let direction = end < start ? -1 : 1
    let step = count == 3 ? try count(1) : direction
    if direction < 0, step > 0 { return [] }
    return try integers(from: start, to: end + direction, by: step)
  }
}

/// A decimal fraction on which sums and products are exact, so that 0.1 + 0.2 is 0.3. What outgrows 128 bits goes on in
/// binary.
struct ExactDecimal {
  private var digits: Int128
  private var places: Int
  /// Set once the number no longer fits.
  private var approximation: Double?

  init(_ number: Double) {
    let decimal = DecimalDigits(shortest: number.isFinite ? number : 0)
    places = decimal.digits.count - decimal.point
    digits = decimal.digits.reduce(0) { $0 * 10 + Int128($1) } * (number < 0 ? -1 : 1)
    // Scaling beyond 30 places would overflow at the first sum.
    if !number.isFinite || abs(places) > 30 { approximation = number }
  }

  private init(digits: Int128, places: Int) {
    self.digits = digits
    self.places = places
  }

  private init(approximation: Double) {
    self.init(digits: 0, places: 0)
    self.approximation = approximation
  }

  var double: Double { approximation ?? Double("\(digits)e\(-places)") ?? 0 }

  static prefix func - (operand: Self) -> Self {
    var result = operand
    result.digits = 0 - operand.digits
    result.approximation = operand.approximation.map { -$0 }
    return result
  }

  static func + (left: Self, right: Self) -> Self {
    let places = max(left.places, right.places)
    guard left.approximation == nil, right.approximation == nil, let a = left.scaled(to: places),
      let b = right.scaled(to: places), case let (sum, overflow) = a.addingReportingOverflow(b), !overflow
    else { return Self(approximation: left.double + right.double) }
    return Self(digits: sum, places: places)
  }

  static func * (left: Self, right: Self) -> Self {
    guard left.approximation == nil, right.approximation == nil,
      case let (product, overflow) = left.digits.multipliedReportingOverflow(by: right.digits), !overflow
    else { return Self(approximation: left.double * right.double) }
    return Self(digits: product, places: left.places + right.places)
  }

  /// To 16 places, as sprig's decimal library.
  static func / (left: Self, right: Self) -> Self {
    guard left.approximation == nil, right.approximation == nil, right.digits != 0,
      let dividend = left.scaled(to: right.places + 16)
    else { return Self(approximation: left.double / right.double) }
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: right.digits)
    let isHalf = remainder.magnitude >= right.digits.magnitude - remainder.magnitude
    let away: Int128 = (dividend < 0) == (right.digits < 0) ? 1 : -1
    return Self(digits: isHalf ? quotient + away : quotient, places: 16)
  }

  /// The digits of this number with `places` places; nil beyond 128 bits or when digits would be lost.
  private func scaled(to wanted: Int) -> Int128? {
    guard wanted >= places else { return nil }
    var result = digits
    for _ in places..<wanted {
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      result = product
    }
    return result
  }
}
