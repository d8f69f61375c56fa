/// An expression of the language of `{{=...}}`, retry and hook conditions and `valueFrom.expression`: expr-lang with
/// its builtins, Argo's functions (`asInt`, `asFloat`, `toJson`, `jsonpath`) and sprig's (`sprig.trim(...)`).
///
/// Parsed once, when the workflow is read; evaluation is pure. What it differs in from Argo: maps keep the order in
/// which they were made, integers overflow as an error, time zones are UTC or fixed offsets, and functions that need
/// randomness, a network or a machine's environment are refused when the expression is read.
public struct Expression: Hashable, Sendable {
  /// The text as it was written.
  public let source: String
  /// Every name of the environment that the expression mentions, in the order of the text.
  public let references: [ExpressionReference]
  let root: ExpressionNode

  public init(parsing source: String) throws(ExpressionSyntaxError) {
    var parser = ExpressionParser(try ExpressionLexer.tokens(of: source))
    root = try parser.parseAll()
    references = parser.references
    self.source = source
  }

  public static func == (left: Self, right: Self) -> Bool { left.source == right.source }
  public func hash(into hasher: inout Hasher) { hasher.combine(source) }

  /// The value of the expression; an error says what is wrong and where.
  ///
  /// An error of the environment is passed on as it is, unless it is an absence and the expression answers for it with
  /// `??` or `?.`.
  public func value(
    in environment: some ExpressionEnvironment, limits: ExpressionLimits = ExpressionLimits()
  ) throws(RenderError) -> Value {
    var evaluator = Evaluator(environment: environment, budget: Budget(limits))
    return try evaluator.settled(evaluator.evaluate(root)).value
  }

  /// The text a `{{=...}}` tag is replaced by: strings as they are, other values as JSON. An expression without a value
  /// is an absence, for which a default may answer.
  public func text(
    in environment: some ExpressionEnvironment, limits: ExpressionLimits = ExpressionLimits()
  ) throws(RenderError) -> String {
    let value = try value(in: environment, limits: limits)
    guard value != .null else {
      throw RenderError("the expression '\(source)' has no value (it is nil)", isAbsence: true)
    }
    return value.tagText
  }

  /// The truth of a condition (`retryStrategy.expression`, hooks, `stopStrategy`).
  public func holds(
    in environment: some ExpressionEnvironment, limits: ExpressionLimits = ExpressionLimits()
  ) throws(RenderError) -> Bool {
    let value = try value(in: environment, limits: limits)
    guard case .bool(let flag) = value else {
      throw RenderError("unable to cast expression result '\(value.goText)' to bool (expression: '\(source)')")
    }
    return flag
  }
}

/// A name of the environment in an expression: `inputs.parameters['a-b']`, `steps.x.outputs.result`, `item.k`.
public struct ExpressionReference: Hashable, Sendable {
  /// The names from the outside in, as far as they are written out: `inputs.parameters[x]` gives two.
  public let path: [String]
  /// Characters of the expression before the reference.
  public let offset: Int
  /// The expression answers for its absence with `??` or `?.`.
  public let isGuarded: Bool
  /// A further name is computed, so the path alone does not say which value is meant.
  public let isPartial: Bool

  /// The tag that means the same, or that means the value of which the path takes a part; nil for an unknown scope.
  public var reference: Reference? {
    for length in stride(from: path.count, to: 0, by: -1) {
      if let reference = Reference(tag: path.prefix(length).joined(separator: ".")) { return reference }
    }
    return nil
  }
}

/// Where the names of an expression get their values.
public protocol ExpressionEnvironment {
  /// The value at a path of names, asked for from the outside in: `["inputs"]`, `["inputs", "parameters"]`, ...
  ///
  /// Nil for a path that only leads to others. A group that an expression may use as a whole, as in
  /// `toJson(inputs.parameters)`, is given as an object. Throws where a value should be but is not.
  func value(at path: [String]) throws(RenderError) -> Value?

  /// The instant of `now()`; nil where expressions may not depend on it.
  var now: Timestamp? { get }
}

extension ExpressionEnvironment {
  public var now: Timestamp? { nil }
}

/// What one evaluation may use before it is given up.
public struct ExpressionLimits: Hashable, Sendable {
  /// Nodes visited, each element of a predicate's list anew.
  public var steps: Int
  /// The size of any one value: bytes of its text, about that of its JSON.
  public var size: Int

  public init(steps: Int = 10_000, size: Int = 1 << 20) {
    self.steps = steps
    self.size = size
  }
}
