import OrderedCollections

/// Computes the value of an expression. All state lives here: an expression itself never changes.
struct Evaluator<Environment: ExpressionEnvironment> {
  let environment: Environment
  var budget: Budget
  /// Values bound by `let`, innermost last.
  var variables: [Operand] = []
  /// What `#`, `#acc` and `#index` mean, innermost predicate last.
  var pointers: [PredicateFrame] = []

  init(environment: Environment, budget: Budget) {
    self.environment = environment
    self.budget = budget
  }

  /// The value of a node, which may be a scope.
  mutating func evaluate(_ node: ExpressionNode) throws(RenderError) -> Operand {
    try budget.spend()
    switch node.kind {
    case .literal(let operand): return operand
    case .name(let name): return try look(up: [name])
    case .environment: return .scope([])
    case .variable(let index): return variables[index]
    case .pointer(let pointer): return try value(of: pointer)
    case .chain(let inner): return try chained(inner) ?? .null
    case .member, .method: return try chained(node) ?? .null
    case .call(let function, let arguments): return try call(function, arguments, at: node.offset)
    case .predicateCall(let function, let list, let predicate, let last):
      return try apply(function, list: list, predicate: predicate, last: last, at: node.offset)
    default: return try evaluateCompound(node)
    }
  }

  private mutating func evaluateCompound(_ node: ExpressionNode) throws(RenderError) -> Operand {
    switch node.kind {
    case .array(let nodes): return try array(nodes)
    case .map(let members): return try map(members)
    case .prefix(let prefix, let operand): return try self.prefix(prefix, operand, at: node.offset)
    case .binary(let symbol, let left, let right): return try binary(symbol, left, right, at: node.offset)
    case .slice(let list, let from, let to): return try slice(list, from: from, to: to, at: node.offset)
    case .choice(let condition, let then, let otherwise):
      return try truth(of: condition) ? evaluate(then) : evaluate(otherwise)
    case .binding(let value, let body):
      variables.append(try evaluate(value))
      defer { variables.removeLast() }
      return try evaluate(body)
    case .sequence(let nodes):
      var result = Operand.null
      for node in nodes { result = try evaluate(node) }
      return result
    default: return .null
    }
  }

  /// The value of a node as operators and functions take it: a scope becomes what the environment has there.
  mutating func operand(_ node: ExpressionNode) throws(RenderError) -> Operand {
    try settled(evaluate(node))
  }

  func settled(_ operand: Operand) throws(RenderError) -> Operand {
    guard case .scope(let path) = operand else { return operand }
    guard path.count == 1 else { return .null }
    throw RenderError("unknown name '\(path[0])'")
  }

  mutating func truth(of node: ExpressionNode) throws(RenderError) -> Bool {
    let value = try operand(node)
    guard case .bool(let flag) = value else {
      throw misfit("expected a bool, not \(value.typeName)", at: node.offset)
    }
    return flag
  }

  func misfit(_ message: String, at offset: Int) -> RenderError {
    RenderError("\(message) (character \(offset + 1) of the expression)")
  }

  private mutating func array(_ nodes: [ExpressionNode]) throws(RenderError) -> Operand {
    var elements: [Operand] = []
    for node in nodes { elements.append(try operand(node)) }
    return try budget.admit(.list(elements))
  }

  private mutating func map(_ pairs: [(key: ExpressionNode, value: ExpressionNode)]) throws(RenderError) -> Operand {
    var members = OrderedDictionary<String, Operand>()
    for pair in pairs { members[try operand(pair.key).text] = try operand(pair.value) }
    return try budget.admit(.map(members))
  }

  private mutating func call(
    _ function: ExpressionFunction, _ nodes: [ExpressionNode], at offset: Int
  ) throws(RenderError) -> Operand {
    var arguments: [Operand] = []
    for node in nodes { arguments.append(try operand(node)) }
    let size = arguments.reduce(0) { saturatingSum($0, $1.size) }
    try budget.spend(work: size)
    var call = FunctionCall(name: function.name, arguments: arguments, now: environment.now, budget: budget)
    do {
      let result = try function.body(&call)
      budget = call.budget
      return try budget.admit(result)
    } catch {
      throw error.isAbsence ? error : misfit(error.message, at: offset)
    }
  }
}

// MARK: Names and members

extension Evaluator {
  /// What the environment has at `path`; the path itself where it only leads on.
  mutating func look(up path: [String]) throws(RenderError) -> Operand {
    guard let value = try environment.value(at: path) else { return .scope(path) }
    let operand = Operand(value)
    try budget.spend(work: operand.size)
    return operand
  }

  /// The value of a member, or nil when a `?.` on the way met nil.
  private mutating func chained(_ node: ExpressionNode) throws(RenderError) -> Operand? {
    switch node.kind {
    case .member(let base, let key, let isOptional):
      guard let operand = try chainedBase(base, isOptional: isOptional) else { return nil }
      return try member(self.operand(key), of: operand, at: node.offset)
    case .method(let base, let name, let arguments, let isOptional):
      guard let operand = try chainedBase(base, isOptional: isOptional) else { return nil }
      return try callMethod(name, of: settled(operand), arguments, at: node.offset)
    default: return try evaluate(node)
    }
  }

  private mutating func chainedBase(_ base: ExpressionNode, isOptional: Bool) throws(RenderError) -> Operand? {
    guard isOptional else { return try chained(base) }
    let operand: Operand?
    do {
      operand = try chained(base)
    } catch {
      guard error.isAbsence else { throw error }
      return nil
    }
    guard let operand, !operand.isNull else { return nil }
    return operand
  }

  private mutating func member(
    _ key: Operand, of base: Operand, at offset: Int
  ) throws(RenderError) -> Operand {
    switch (base, key) {
    case (.scope(let path), _): return try look(up: path + [key.text])
    case (.object(let map), _): return map.members[key.text] ?? .null
    case (.array(let list), .int(let index)):
      return list.elements[try position(index, in: list.elements.count, at: offset)]
    case (.bytes(let bytes), .int(let index)):
      return .int(Int64(bytes[try position(index, in: bytes.count, at: offset)]))
    case (.string(let text), .int(let index)):
      try budget.spend(work: text.utf8.count)
      let bytes = Array(text.utf8)
      return .int(Int64(bytes[try position(index, in: bytes.count, at: offset)]))
    default:
      throw misfit("cannot fetch '\(key.text)' from \(base.typeName)", at: offset)
    }
  }

  /// Negative indexes count from the end.
  private func position(_ index: Int64, in count: Int, at offset: Int) throws(RenderError) -> Int {
    let place = index < 0 ? index + Int64(count) : index
    guard place >= 0, place < Int64(count) else {
      throw misfit("index out of range: \(index) (array length is \(count))", at: offset)
    }
    return Int(place)
  }

  private mutating func slice(
    _ node: ExpressionNode, from: ExpressionNode?, to: ExpressionNode?, at offset: Int
  ) throws(RenderError) -> Operand {
    let base = try operand(node)
    let low = try from.map { (node) throws(RenderError) in try bound(node) } ?? 0
    let high = try to.map { (node) throws(RenderError) in try bound(node) }
    switch base {
    case .array(let list): return try budget.admit(.list(Array(list.elements[range(low, high, list.elements.count)])))
    case .bytes(let bytes): return .bytes(Array(bytes[range(low, high, bytes.count)]))
    case .string(let text):
      let bytes = Array(text.utf8)
      return try budget.admit(.string(String(decoding: bytes[range(low, high, bytes.count)], as: UTF8.self)))
    default: throw misfit("cannot slice \(base.typeName)", at: offset)
    }
  }

  private mutating func bound(_ node: ExpressionNode) throws(RenderError) -> Int64 {
    guard case .int(let integer) = try operand(node) else {
      throw misfit("the bounds of a slice must be integers", at: node.offset)
    }
    return integer
  }

  private func range(_ low: Int64, _ high: Int64?, _ count: Int) -> Range<Int> {
    func clamped(_ index: Int64) -> Int {
      Int(max(0, min(index < 0 ? index + Int64(count) : index, Int64(count))))
    }
    let end = high.map(clamped) ?? count
    return min(clamped(low), end)..<end
  }

  private mutating func callMethod(
    _ name: String, of base: Operand, _ nodes: [ExpressionNode], at offset: Int
  ) throws(RenderError) -> Operand {
    var arguments: [Operand] = []
    for node in nodes { arguments.append(try operand(node)) }
    let call = FunctionCall(name: name, arguments: arguments, now: environment.now, budget: budget)
    do {
      return try call.method(of: base)
    } catch {
      throw misfit(error.message, at: offset)
    }
  }
}
