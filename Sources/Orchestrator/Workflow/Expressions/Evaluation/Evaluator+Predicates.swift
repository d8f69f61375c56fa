import OrderedCollections

/// What `#`, `#acc` and `#index` mean in one turn of a predicate.
struct PredicateFrame {
  var element: Operand
  var accumulator: Operand?
  var index: Int
}

extension Evaluator {
  func value(of pointer: PredicatePointer) throws(RenderError) -> Operand {
    guard let frame = pointers.last else { throw RenderError("there is no element here") }
    switch pointer {
    case .element: return frame.element
    case .index: return .int(Int64(frame.index))
    case .accumulator:
      guard let accumulator = frame.accumulator else { throw RenderError("#acc has a meaning only in reduce") }
      return accumulator
    }
  }

  mutating func apply(
    _ function: PredicateFunction, list node: ExpressionNode, predicate: ExpressionNode?, last: ExpressionNode?,
    at offset: Int
  ) throws(RenderError) -> Operand {
    let list = try operand(node)
    guard case .array(let elements) = list else {
      throw misfit("\(function.rawValue) needs an array, not \(list.typeName)", at: offset)
    }
    let predicate = Predicate(function: function, node: predicate, offset: offset)
    switch function {
    case .all, .none, .any, .one, .count: return try count(elements.elements, predicate)
    case .find, .findIndex: return try first(elements.elements.indices, of: elements.elements, predicate)
    case .findLast, .findLastIndex:
      return try first(elements.elements.indices.reversed(), of: elements.elements, predicate)
    case .filter: return try filter(elements.elements, predicate)
    case .map: return try budget.admit(.list(results(elements.elements, predicate)))
    case .sum: return try sum(elements.elements, predicate)
    case .groupBy: return try group(elements.elements, predicate)
    case .sortBy: return try sort(elements.elements, predicate, order: last)
    case .reduce: return try reduce(elements.elements, predicate, start: last)
    }
  }

  private struct Predicate {
    let function: PredicateFunction
    /// Nil takes the elements as they are.
    let node: ExpressionNode?
    let offset: Int
  }

  private mutating func result(
    _ predicate: Predicate, _ element: Operand, _ index: Int, accumulator: Operand? = nil
  ) throws(RenderError) -> Operand {
    guard let node = predicate.node else {
      try budget.spend()
      return element
    }
    pointers.append(PredicateFrame(element: element, accumulator: accumulator, index: index))
    defer { pointers.removeLast() }
    return try operand(node)
  }

  private mutating func holds(
    _ predicate: Predicate, _ element: Operand, _ index: Int
  ) throws(RenderError) -> Bool {
    let value = try result(predicate, element, index)
    guard case .bool(let flag) = value else {
      throw misfit(
        "the predicate of \(predicate.function.rawValue) must give a bool, not \(value.typeName)", at: predicate.offset)
    }
    return flag
  }

  private mutating func results(_ elements: [Operand], _ predicate: Predicate) throws(RenderError) -> [Operand] {
    var results: [Operand] = []
    var size = 0
    for (index, element) in elements.enumerated() {
      let value = try result(predicate, element, index)
      size = saturatingSum(size, value.size)
      try budget.check(size: size)
      results.append(value)
    }
    return results
  }

  private mutating func count(_ elements: [Operand], _ predicate: Predicate) throws(RenderError) -> Operand {
    var count = 0
    for (index, element) in elements.enumerated() {
      let holds = try holds(predicate, element, index)
      count += holds ? 1 : 0
      switch predicate.function {
      case .all where !holds: return .bool(false)
      case .any where holds: return .bool(true)
      case .none where holds: return .bool(false)
      default: break
      }
    }
    switch predicate.function {
    case .all, .none: return .bool(true)
    case .any: return .bool(false)
    case .one: return .bool(count == 1)
    default: return .int(Int64(count))
    }
  }

  private mutating func first(
    _ indices: some Sequence<Int>, of elements: [Operand], _ predicate: Predicate
  ) throws(RenderError) -> Operand {
    let wantsIndex = predicate.function == .findIndex || predicate.function == .findLastIndex
    for index in indices {
      if try holds(predicate, elements[index], index) { return wantsIndex ? .int(Int64(index)) : elements[index] }
    }
    return wantsIndex ? .int(-1) : .null
  }

  private mutating func filter(_ elements: [Operand], _ predicate: Predicate) throws(RenderError) -> Operand {
    var kept: [Operand] = []
    for (index, element) in elements.enumerated() {
      if try holds(predicate, element, index) { kept.append(element) }
    }
    return try budget.admit(.list(kept))
  }

  private mutating func sum(_ elements: [Operand], _ predicate: Predicate) throws(RenderError) -> Operand {
    var integer: Int64 = 0
    var fraction: Double?
    for value in try results(elements, predicate) {
      guard let number = value.number else {
        throw misfit("cannot sum \(value.typeName)", at: predicate.offset)
      }
      if let sum = fraction {
        fraction = sum + number
      } else if case .int(let term) = value {
        let (sum, overflow) = integer.addingReportingOverflow(term)
        guard !overflow else { throw misfit("integer overflow", at: predicate.offset) }
        integer = sum
      } else {
        fraction = Double(integer) + number
      }
    }
    return fraction.map(Operand.double) ?? .int(integer)
  }

  private mutating func group(_ elements: [Operand], _ predicate: Predicate) throws(RenderError) -> Operand {
    var groups = OrderedDictionary<String, [Operand]>()
    for (element, key) in zip(elements, try results(elements, predicate)) {
      groups[key.text, default: []].append(element)
    }
    return try budget.admit(.map(groups.mapValues(Operand.list)))
  }

  private mutating func sort(
    _ elements: [Operand], _ predicate: Predicate, order: ExpressionNode?
  ) throws(RenderError) -> Operand {
    let keys = try results(elements, predicate)
    let isDescending = try order.map { (node) throws(RenderError) in try descending(operand(node)) } ?? false
    let sorted = try sortedIndices(of: keys, descending: isDescending)
    return try budget.admit(.list(sorted.map { elements[$0] }))
  }

  private mutating func reduce(
    _ elements: [Operand], _ predicate: Predicate, start: ExpressionNode?
  ) throws(RenderError) -> Operand {
    var accumulator = try start.map { (node) throws(RenderError) in try operand(node) }
    for (index, element) in elements.enumerated() {
      guard let value = accumulator else {
        accumulator = element
        continue
      }
      accumulator = try result(predicate, element, index, accumulator: value)
    }
    guard let accumulator else {
      throw misfit("reduce of empty array with no initial value", at: predicate.offset)
    }
    return accumulator
  }
}

/// Reads `"asc"` or `"desc"`.
func descending(_ order: Operand) throws(RenderError) -> Bool {
  switch order {
  case .string("asc"): return false
  case .string("desc"): return true
  default: throw RenderError("invalid order '\(order.text)', expected asc or desc")
  }
}

/// The places of `keys` in their order; equal keys keep theirs.
func sortedIndices(of keys: [Operand], descending: Bool) throws(RenderError) -> [Int] {
  for (key, next) in zip(keys, keys.dropFirst()) where key.precedes(next) == nil {
    throw RenderError("cannot compare \(key.typeName) with \(next.typeName)")
  }
  return keys.indices.sorted { left, right in
    let (first, second) = descending ? (right, left) : (left, right)
    if keys[first].precedes(keys[second]) == true { return true }
    return keys[second].precedes(keys[first]) == false && left < right
  }
}
