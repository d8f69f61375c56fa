/// A parsed expression.
struct ExpressionNode: Sendable {
  indirect enum Kind: Sendable {
    case literal(Operand)
    case array([ExpressionNode])
    case map([(key: ExpressionNode, value: ExpressionNode)])
    /// A name of the environment.
    case name(String)
    /// All of the environment: `$env`.
    case environment
    /// A variable bound by `let`, by its place among those in scope.
    case variable(Int)
    /// `#`, `#acc` or `#index` of the innermost predicate.
    case pointer(PredicatePointer)
    case prefix(ExpressionPrefix, ExpressionNode)
    case binary(ExpressionOperator, ExpressionNode, ExpressionNode)
    case member(ExpressionNode, key: ExpressionNode, isOptional: Bool)
    case method(ExpressionNode, name: String, arguments: [ExpressionNode], isOptional: Bool)
    case slice(ExpressionNode, from: ExpressionNode?, to: ExpressionNode?)
    /// The extent of a `?.`: inside, nil ends everything at once.
    case chain(ExpressionNode)
    case choice(condition: ExpressionNode, then: ExpressionNode, otherwise: ExpressionNode)
    case call(ExpressionFunction, [ExpressionNode])
    case predicateCall(PredicateFunction, list: ExpressionNode, predicate: ExpressionNode?, last: ExpressionNode?)
    case binding(value: ExpressionNode, body: ExpressionNode)
    case sequence([ExpressionNode])
  }

  let kind: Kind
  /// Characters of the expression before the place an error should point at.
  let offset: Int
  /// Levels of nodes, this one included: how deep an evaluation recurses.
  let height: Int

  init(kind: Kind, offset: Int) {
    self.kind = kind
    self.offset = offset
    height = 1 + (kind.children.map(\.height).max() ?? 0)
  }
}

extension ExpressionNode.Kind {
  var children: [ExpressionNode] {
    switch self {
    case .literal, .name, .environment, .variable, .pointer: []
    case .array(let nodes), .sequence(let nodes), .call(_, let nodes): nodes
    case .map(let members): members.flatMap { [$0.key, $0.value] }
    case .prefix(_, let node), .chain(let node): [node]
    case .binary(_, let left, let right): [left, right]
    case .member(let node, let key, _): [node, key]
    case .method(let node, _, let arguments, _): [node] + arguments
    case .slice(let node, let from, let to): [node, from, to].compactMap { $0 }
    case .choice(let condition, let then, let otherwise): [condition, then, otherwise]
    case .predicateCall(_, let list, let predicate, let last): [list, predicate, last].compactMap { $0 }
    case .binding(let value, let body): [value, body]
    }
  }
}

enum PredicatePointer: String, Sendable {
  case element = ""
  case accumulator = "acc"
  case index
}

enum ExpressionPrefix: String, Sendable {
  case not = "!"
  case minus = "-"
  case plus = "+"
}

enum ExpressionOperator: String, Sendable {
  case or = "||", and = "&&"
  case equal = "==", notEqual = "!=", less = "<", greater = ">", lessOrEqual = "<=", greaterOrEqual = ">="
  case isIn = "in", matches, contains, startsWith, endsWith
  case range = ".."
  case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%"
  case power = "**"
  case coalesce = "??"

  init?(symbol: String) {
    switch symbol {
    case "or": self = .or
    case "and": self = .and
    case "^": self = .power
    default: self.init(rawValue: symbol)
    }
  }

  /// Tighter operators have higher numbers; only `**` groups from the right.
  var precedence: Int {
    switch self {
    case .or: 10
    case .and: 15
    case .equal, .notEqual, .less, .greater, .lessOrEqual, .greaterOrEqual: 20
    case .isIn, .matches, .contains, .startsWith, .endsWith: 20
    case .range: 25
    case .add, .subtract: 30
    case .multiply, .divide, .remainder: 60
    case .power: 100
    case .coalesce: 500
    }
  }

  var isComparison: Bool {
    switch self {
    case .less, .greater, .lessOrEqual, .greaterOrEqual: true
    default: false
    }
  }

  /// Whether `not` may stand before it: `not in`.
  var takesNot: Bool {
    switch self {
    case .isIn, .matches, .contains, .startsWith, .endsWith: true
    default: false
    }
  }
}

/// A builtin that runs an expression for each element of a list.
enum PredicateFunction: String, Sendable {
  case all, none, any, one, filter, map, count, sum, find, findIndex, findLast, findLastIndex, groupBy, sortBy, reduce

  /// Whether the predicate may be left out.
  var predicateIsOptional: Bool { self == .count || self == .sum }

  /// Whether an argument may follow the predicate: the order of `sortBy`, the start of `reduce`.
  var takesLast: Bool { self == .sortBy || self == .reduce }
}
