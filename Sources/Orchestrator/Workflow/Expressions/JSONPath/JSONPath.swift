/// A path into a JSON document as Argo's `jsonpath` takes it: `$.a['b'][0]`, `[-1]`, `[0:2]`, `[0,1]`, `.*`, `..name`,
/// `[?(@.age > 42)]`, `[(@.length-1)]`.
struct JSONPath: Sendable {
  enum Step: Sendable {
    case children([Key])
    case slice(from: Int?, to: Int?, step: Int?)
    case wildcard
    /// Everything below, each value before what it holds.
    case descendants
    case filter(ExpressionNode)
    case script(ExpressionNode)
  }

  enum Key: Sendable {
    case name(String)
    case index(Int)
  }

  let steps: [Step]

  init(parsing text: String) throws(ExpressionSyntaxError) {
    var parser = JSONPathParser(text)
    steps = try parser.parse()
  }

  /// What the path leads to: one value where the path can only mean one, a list of all where it may mean several.
  func value(in document: Operand, budget: inout Budget) throws(RenderError) -> Operand {
    var search = JSONPathSearch(document: document, budget: budget)
    defer { budget = search.budget }
    for step in steps { try search.follow(step) }
    return try search.result()
  }
}

private struct JSONPathSearch {
  let document: Operand
  var budget: Budget
  private var found: [Operand]
  private var isPlural = false

  init(document: Operand, budget: Budget) {
    self.document = document
    self.budget = budget
    found = [document]
  }

  func result() throws(RenderError) -> Operand {
    if isPlural { return .list(found) }
    guard let value = found.first else { throw RenderError("the path leads nowhere") }
    return value
  }

  mutating func follow(_ step: JSONPath.Step) throws(RenderError) {
    var next: [Operand] = []
    for value in found {
      try budget.spend(work: 8)
      next += try values(step, of: value)
    }
    switch step {
    case .children(let keys): isPlural = isPlural || keys.count > 1
    case .script: break
    default: isPlural = true
    }
    found = next
  }

  private mutating func values(_ step: JSONPath.Step, of value: Operand) throws(RenderError) -> [Operand] {
    switch step {
    case .children(let keys):
      var values: [Operand] = []
      for key in keys { values += try child(key, of: value).map { [$0] } ?? [] }
      return values
    case .slice(let from, let to, let step): return try slice(value, from: from, to: to, step: step ?? 1)
    case .wildcard: return children(of: value)
    case .descendants: return try descendants(of: value)
    case .filter(let node):
      var kept: [Operand] = []
      for child in children(of: value) {
        if try isWanted(child, by: node) { kept.append(child) }
      }
      return kept
    case .script(let node): return try child(key(from: evaluate(node, at: value)), of: value).map { [$0] } ?? []
    }
  }

  private func children(of value: Operand) -> [Operand] {
    switch value {
    case .array(let list): list.elements
    case .object(let map): Array(map.members.values)
    default: []
    }
  }

  /// Nil for what is not there when several values are looked for; a single one must be there.
  private func child(_ key: JSONPath.Key, of value: Operand) throws(RenderError) -> Operand? {
    switch (key, value) {
    case (.name(let name), .object(let map)):
      if let member = map.members[name] { return member }
      if name == "length" { return .int(Int64(map.members.count)) }
    case (.name("length"), .array(let list)): return .int(Int64(list.elements.count))
    case (.name("length"), .string(let text)): return .int(Int64(text.unicodeScalars.count))
    case (.index(let index), .array(let list)):
      let place = index < 0 ? index + list.elements.count : index
      if list.elements.indices.contains(place) { return list.elements[place] }
    default: break
    }
    if isPlural { return nil }
    switch key {
    case .name(let name): throw RenderError("the path leads nowhere: there is no '\(name)' in \(value.typeName)")
    case .index(let index): throw RenderError("the path leads nowhere: there is no element \(index)")
    }
  }

  private func slice(_ value: Operand, from: Int?, to: Int?, step: Int) throws(RenderError) -> [Operand] {
    guard case .array(let list) = value else {
      if isPlural { return [] }
      throw RenderError("the path takes a range of \(value.typeName)")
    }
    guard step != 0 else { throw RenderError("the step of a range must not be 0") }
    let count = list.elements.count
    func place(_ index: Int) -> Int { min(max(index < 0 ? index + count : index, 0), count) }
    let (low, high) = (place(from ?? 0), place(to ?? count))
    guard low < high else { return [] }
    let taken = Array(list.elements[low..<high])
    let ordered = step < 0 ? taken.reversed() : taken
    return stride(from: 0, to: ordered.count, by: Int(clamping: step.magnitude)).map { ordered[$0] }
  }

  private mutating func descendants(of value: Operand) throws(RenderError) -> [Operand] {
    var all: [Operand] = []
    var pending = [value]
    while let next = pending.popLast() {
      try budget.spend(work: 8)
      all.append(next)
      pending += children(of: next).reversed()
    }
    return all.filter { !children(of: $0).isEmpty }
  }

  private mutating func isWanted(_ value: Operand, by node: ExpressionNode) throws(RenderError) -> Bool {
    do {
      switch try evaluate(node, at: value) {
      case .bool(let flag): return flag
      case .null: return false
      case .string(let text): return !text.isEmpty
      default: return true
      }
    } catch {
      // A comparison with something that is not there wants nothing, but costs what it cost.
      guard !budget.isSpent else { throw error }
      return false
    }
  }

  private mutating func evaluate(_ node: ExpressionNode, at value: Operand) throws(RenderError) -> Operand {
    var evaluator = Evaluator(environment: DocumentEnvironment(document: document), budget: budget)
    defer { budget = evaluator.budget }
    evaluator.pointers = [PredicateFrame(element: value, accumulator: nil, index: 0)]
    return try evaluator.operand(node)
  }

  private func key(from operand: Operand) throws(RenderError) -> JSONPath.Key {
    switch operand {
    case .string(let name): return .name(name)
    case .int(let index): return .index(Int(clamping: index))
    default: throw RenderError("a script of the path must give a name or an index, not \(operand.typeName)")
    }
  }
}

/// Gives filters the document as `$`.
private struct DocumentEnvironment: ExpressionEnvironment {
  let document: Operand

  func value(at path: [String]) throws(RenderError) -> Value? {
    path == ["$"] ? document.value : nil
  }
}
