import WorkflowCore

/// A part of a jq filter.
indirect enum JQNode: Hashable, Sendable {
  case identity
  case recursion
  case literal(Value)
  /// A text with filters inside: `"\(.a) of \(.b)"`.
  case interpolation([JQNode])
  case field(JQNode, JQNode)
  case slice(JQNode, from: JQNode?, to: JQNode?)
  case iterate(JQNode)
  /// `?`: errors give nothing.
  case attempt(JQNode)
  case pipe(JQNode, JQNode)
  case both(JQNode, JQNode)
  case alternative(JQNode, JQNode)
  case binary(String, JQNode, JQNode)
  case list(JQNode?)
  case object([(key: JQNode, value: JQNode)])
  case condition(JQNode, JQNode, JQNode)
  case call(String, [JQNode])

  static func == (left: JQNode, right: JQNode) -> Bool { left.description == right.description }

  func hash(into hasher: inout Hasher) { hasher.combine(description) }

  private var description: String { String(reflecting: self) }
}

/// A filter in jq's language, as far as outputs need it: paths, iteration, pipes, `select`, `map`, arithmetic, construction,
/// conditionals and the common functions. Variables, definitions, `reduce` and assignment are not there.
struct JQFilter: Sendable {
  private let root: JQNode

  /// - Throws: `ObjectQueryError` when it cannot be read.
  init(_ text: String) throws(ObjectQueryError) {
    var parser = JQParser(text)
    root = try parser.parse()
  }

  /// The results, each on a line: texts as they are, the rest as JSON.
  func text(of object: Value) throws(ObjectQueryError) -> String {
    var evaluation = JQEvaluation()
    return try evaluation.values(root, object).map(\.tagText).joined(separator: "\n")
  }
}
