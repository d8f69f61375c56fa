/// A function that takes the values of its arguments.
struct ExpressionFunction: Sendable {
  typealias Body = @Sendable (inout FunctionCall) throws(RenderError) -> Operand

  let name: String
  /// How many arguments it takes.
  let arity: ClosedRange<Int>
  let body: Body

  init(_ name: String, _ arity: ClosedRange<Int>, _ body: @escaping Body) {
    self.name = name
    self.arity = arity
    self.body = body
  }

  init(_ name: String, _ arity: Int, _ body: @escaping Body) { self.init(name, arity...arity, body) }

  init(_ name: String, _ arity: PartialRangeFrom<Int>, _ body: @escaping Body) {
    self.init(name, arity.lowerBound...Int.max, body)
  }

  var arityText: String {
    let (low, high) = (arity.lowerBound, arity.upperBound)
    let count = low == high ? "\(low)" : high == .max ? "\(low) or more" : "\(low) to \(high)"
    return count == "1" ? "1 argument" : count + " arguments"
  }

  /// A builtin of expr-lang or a function of Argo's.
  static func named(_ name: String) -> ExpressionFunction? { builtins[name] }

  private static let builtins = table([
    textFunctions, numberFunctions, listFunctions, mapFunctions, conversionFunctions, dateFunctions,
  ])

  static func table(_ groups: [[ExpressionFunction]]) -> [String: ExpressionFunction] {
    Dictionary(groups.joined().map { ($0.name, $0) }) { first, _ in first }
  }
}

/// One call of a function: its arguments, read with the types it wants, and what it may use.
struct FunctionCall {
  let name: String
  let arguments: [Operand]
  let now: Timestamp?
  var budget: Budget

  var count: Int { arguments.count }

  func failure(_ message: String) -> RenderError { RenderError("\(name): \(message)") }

  private func misfit(_ index: Int, _ wanted: String) -> RenderError {
    guard index < count else { return failure("argument \(index + 1) is missing") }
    return failure("argument \(index + 1) must be \(wanted), not \(arguments[index].typeName)")
  }

  /// The argument at `index`; nil beyond the last.
  subscript(index: Int) -> Operand { index < count ? arguments[index] : .null }

  func string(_ index: Int) throws(RenderError) -> String {
    switch self[index] {
    case .string(let text): return text
    case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
    default: throw misfit(index, "a string")
    }
  }

  func bytes(_ index: Int) throws(RenderError) -> [UInt8] {
    if case .bytes(let bytes) = self[index] { return bytes }
    return Array(try string(index).utf8)
  }

  func text(_ index: Int) throws(RenderError) -> ByteText { ByteText(bytes: try bytes(index)) }

  func integer(_ index: Int) throws(RenderError) -> Int64 {
    switch self[index] {
    case .int(let integer): return integer
    case .double(let double) where double == double.rounded() && abs(double) < 9e15: return Int64(double)
    default: throw misfit(index, "an integer")
    }
  }

  /// A count or width: an integer no larger than any value may be, so that arithmetic with it cannot overflow.
  func count(_ index: Int) throws(RenderError) -> Int {
    Int(min(max(try integer(index), -1 << 31), 1 << 31))
  }

  func number(_ index: Int) throws(RenderError) -> Double {
    guard let number = self[index].number else { throw misfit(index, "a number") }
    return number
  }

  func bool(_ index: Int) throws(RenderError) -> Bool {
    guard case .bool(let flag) = self[index] else { throw misfit(index, "a bool") }
    return flag
  }

  func list(_ index: Int) throws(RenderError) -> [Operand] {
    switch self[index] {
    case .array(let list): return list.elements
    case .bytes(let bytes): return bytes.map { .int(Int64($0)) }
    default: throw misfit(index, "an array")
    }
  }

  func map(_ index: Int) throws(RenderError) -> OperandMap {
    guard case .object(let map) = self[index] else { throw misfit(index, "a map") }
    return map
  }

  func date(_ index: Int) throws(RenderError) -> DateTime {
    guard case .date(let date) = self[index] else { throw misfit(index, "a date") }
    return date
  }

  func duration(_ index: Int) throws(RenderError) -> GoDuration {
    switch self[index] {
    case .duration(let duration): return duration
    case .int(let nanoseconds): return GoDuration(nanoseconds: nanoseconds)
    default: throw misfit(index, "a duration")
    }
  }

  /// The instant the environment calls now.
  func currentDate() throws(RenderError) -> DateTime {
    guard let now else { throw failure("the time may not be used here") }
    return DateTime(now)
  }
}
