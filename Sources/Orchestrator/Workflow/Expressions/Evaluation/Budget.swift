/// What is left of an evaluation's means.
struct Budget {
  /// Deep enough for any JSON that can be read, with a few levels made around it.
  static let maximumNesting = 100

  private var steps: Int
  private let maximumSize: Int
  /// Bytes that may still be read or made: bounds the time of functions that do much in one step.
  private var work: Int

  init(_ limits: ExpressionLimits) {
    steps = limits.steps
    maximumSize = limits.size
    work = 32 * limits.size
  }

  /// Whether nothing is left, so that no error may be passed over any more.
  var isSpent: Bool { steps <= 0 || work <= 0 }

  mutating func spend(steps count: Int = 1) throws(RenderError) {
    steps -= count
    guard steps >= 0 else { throw RenderError("the expression takes too many steps") }
  }

  mutating func spend(work bytes: Int) throws(RenderError) {
    work -= min(bytes, work + 1)
    guard work >= 0 else { throw RenderError("the expression takes too much work") }
  }

  /// Refuses a size before anything of that size is made.
  func check(size: Int) throws(RenderError) {
    guard size <= maximumSize else {
      throw RenderError("the expression makes a value larger than \(maximumSize) bytes")
    }
  }

  mutating func admit(_ operand: Operand) throws(RenderError) -> Operand {
    try check(size: operand.size)
    try spend(work: operand.size)
    guard operand.nesting <= Self.maximumNesting else {
      throw RenderError("the expression nests lists deeper than \(Self.maximumNesting) levels")
    }
    return operand
  }
}
